import Glibc

/// State behind a lock that threads can wait on: a mutex and a condition variable, for threads that may block.
///
/// `Synchronization.Mutex` has no condition variable, and `take` must sleep until there is something to take.
@safe
package final class Monitor<State>: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var state: State

    /// Nobody waits yet.
    package init(_ state: State) {
        self.state = state
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        unsafe pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    /// Runs `body` alone.
    package func withLock<Result>(_ body: (inout State) -> Result) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return body(&state)
    }

    /// Wakes every thread in `wait`.
    package func broadcast() { unsafe pthread_cond_broadcast(condition) }

    /// Wakes one thread in `wait`, if there is one.
    package func signal() { unsafe pthread_cond_signal(condition) }

    /// Runs `body` alone, again after each wake-up, until it gives a result or the time is over.
    package func wait<Result>(upTo limit: Duration, _ body: (inout State) -> Result?) -> Result? {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        if let result = body(&state) { return result }
        if limit <= .zero { return nil }
        var deadline = (MonotonicClock.now + min(limit, .seconds(86_400 * 365))).timespec
        while true {
            let status = unsafe pthread_cond_timedwait(condition, mutex, &deadline)
            if let result = body(&state) { return result }
            if status == ETIMEDOUT { return nil }
        }
    }
}
