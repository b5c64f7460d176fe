import Glibc
import Synchronization

/// The request to stop, seen by every thread: a flag that can be waited for.
package final class Stop: Sendable {
    /// When it was requested, in nanoseconds of ``Monotonic``; `notYet` before.
    private let requested = Atomic(Stop.notYet)
    private static let notYet = Int64.max
    /// A pipe that becomes readable at the request: it can be polled beside sockets.
    private let pipe: (reading: Int32, writing: Int32)

    package init() {
        var ends: [Int32] = [-1, -1]
        let status = unsafe Glibc.pipe(&ends)
        precondition(status == 0, "no descriptor is left")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        pipe = (ends[0], ends[1])
    }

    deinit {
        close(pipe.reading)
        close(pipe.writing)
    }

    /// Whether somebody asked.
    package var isRequested: Bool { requestedAt != nil }

    /// When somebody asked first.
    package var requestedAt: Monotonic? {
        let time = requested.load(ordering: .acquiring)
        return time == Self.notYet ? nil : Monotonic(nanoseconds: time)
    }

    /// Asks. Idempotent, from any thread.
    package func request() {
        let now = Monotonic.now.nanoseconds
        guard requested.compareExchange(expected: Self.notYet, desired: now, ordering: .acquiringAndReleasing).exchanged
        else { return }
        var one: UInt8 = 1
        _ = unsafe write(pipe.writing, &one, 1)
    }

    /// Sleeps until the request or for `duration`. Returns whether it was requested.
    @discardableResult
    package func wait(for duration: Duration) -> Bool {
        let deadline = Monotonic.now + duration
        while !isRequested {
            let left = deadline - .now
            guard left > .zero else { break }
            var entry = pollfd(fd: pipe.reading, events: Int16(POLLIN), revents: 0)
            // Rounded up: a wait must not end before its time, nor be asked for again and again in its last
            // millisecond.
            _ = unsafe poll(&entry, 1, Int32(clamping: left.milliseconds + 1))
        }
        return isRequested
    }
}
