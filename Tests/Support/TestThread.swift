import Foundation
import Synchronization

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

    /// Waits for its end; once.
    package func join() { done.wait() }
}

/// A value shared by threads of a test.
package final class SharedBox<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    package init(_ value: Value) {
        self.value = Mutex(value)
    }

    package func withLock<R: Sendable>(_ body: (inout Value) throws -> R) rethrows -> R {
        try value.withLock { value in try body(&value) }
    }
}
