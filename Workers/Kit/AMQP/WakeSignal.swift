import CRabbitMQ
import Glibc

/// Wakes a thread out of `poll`: an eventfd.
final class WakeSignal: Sendable {
    /// Readable after `raise` until `clear`.
    let descriptor: Int32

    init() {
        descriptor = ruche_eventfd()
        precondition(descriptor >= 0, "no file descriptor is left for an eventfd")
    }

    deinit { close(descriptor) }

    /// Ends the current or the next `poll`.
    func raise() {
        var one: UInt64 = 1
        _ = unsafe write(descriptor, &one, 8)
    }

    /// Makes `poll` sleep again.
    func clear() {
        var count: UInt64 = 0
        _ = unsafe read(descriptor, &count, 8)
    }

    /// Sleeps until `raise` or the time is over.
    func wait(upTo limit: Duration) {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        _ = unsafe poll(&entry, 1, limit.milliseconds)
        clear()
    }
}
