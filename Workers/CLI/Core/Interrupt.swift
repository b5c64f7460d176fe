import Glibc

/// Ctrl-C and SIGTERM for verbs that have something to leave in order. The others die of the signal, as programs do,
/// and the shell says 130 or 143.
///
/// The signals are held back and asked for between two steps, so that no step is cut in half. A step must be short:
/// under half a second.
struct Interrupt: ~Copyable {
    /// Holds both signals back from now on.
    init() {
        var set = Self.stopSet()
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    deinit { Self.release() }

    /// The exit code of the signal that has come, if one has. Asked for once; a second signal then ends the process.
    func requested() -> ExitCode? {
        var (set, pending, number) = (Self.stopSet(), Self.stopSet(), Int32(0))
        // Not by `sigtimedwait`: which module is the home of `timespec` changes with what is compiled together.
        guard unsafe sigpending(&pending) == 0,
            unsafe sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1,
            unsafe sigwait(&set, &number) == 0
        else { return nil }
        Self.release()
        return number == SIGTERM ? .terminated : .interrupted
    }

    /// Lets both signals through again. A parent that holds them back hands that down, and its child could then not be
    /// stopped: called first of all.
    static func release() {
        var set = stopSet()
        unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }

    private static func stopSet() -> sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        unsafe sigaddset(&set, SIGTERM)
        unsafe sigaddset(&set, SIGINT)
        return set
    }
}
