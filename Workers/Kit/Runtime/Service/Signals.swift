import Glibc

/// The signals that ask a process to stop: SIGTERM and SIGINT, received by one thread that waits for them.
package enum Signals {
    /// Blocks the stop signals in this thread and in every thread it starts from now on; call it before any other
    /// thread runs. SIGPIPE is ignored: a lost connection is an error of the call that meets it.
    package static func block() {
        signal(SIGPIPE, SIG_IGN)
        var set = stopSet()
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Waits for the next stop signal. Returns its number.
    package static func wait() -> Int32 {
        var set = stopSet()
        var number: Int32 = 0
        unsafe sigwait(&set, &number)
        return number
    }

    private static func stopSet() -> sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        unsafe sigaddset(&set, SIGTERM)
        unsafe sigaddset(&set, SIGINT)
        return set
    }
}
