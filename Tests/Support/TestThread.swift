import Foundation

/// A thread of a test, for what blocks: clients, supervisors, the one who kills.
package final class TestThread: Sendable {
    private let done = DispatchSemaphore(value: 0)

    package init(_ body: @escaping @Sendable () -> Void) {
        let thread = Thread { [done] in
            body()
            done.signal()
        }
        thread.start()
    }

    /// Waits for its end.
    package func join() {
        done.wait()
        done.signal()
    }
}

/// A value shared by threads of a test.
///
/// `NSLock`, not `Mutex`: the thread sanitizer does not see that the latter orders anything, and reports races that are
/// none.
package final class SharedBox<Value: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var value: Value

    package init(_ value: Value) {
        self.value = value
    }

    package func withLock<R>(_ body: (inout Value) throws -> R) rethrows -> R {
        lock.lock()
        defer { lock.unlock() }
        return try body(&value)
    }
}
