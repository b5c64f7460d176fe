package import Synchronization
import Glibc

/// The request to stop, seen by every thread: a flag that can be waited for.
package final class Stop: Sendable {
    private let requested = Atomic(false)
    private let descriptor: Int32

    package init() {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        precondition(descriptor >= 0, "no descriptor is left")
    }

    deinit { close(descriptor) }

    /// Whether somebody asked.
    package var isRequested: Bool { requested.load(ordering: .acquiring) }

    /// Asks. Idempotent, from any thread.
    package func request() {
        requested.store(true, ordering: .releasing)
        var one: UInt64 = 1
        _ = unsafe write(descriptor, &one, 8)
    }

    /// Sleeps until the request or for `duration`. Returns whether it was requested.
    @discardableResult
    package func wait(for duration: Duration) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        _ = unsafe poll(&entry, 1, Int32(clamping: max(0, duration.milliseconds)))
        return isRequested
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    package var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
