#if FAULTS
import Glibc

// What a test build does to its own connections: cut, as a network does it. Who uses one finds out by itself.

extension Publisher {
    /// Cuts the connection, if there is one.
    package func cut() { core.link.withLock { $0?.cut() } }

    /// Waits until what was accepted is on the wire or reported, for five seconds at most.
    package func awaitSent() {
        let end = MonotonicClock.now + .seconds(5)
        while MonotonicClock.now < end {
            let status = status
            if status.backlog == status.unconfirmed || status.backlog == 0 { return }
            usleep(1000)
        }
    }
}

extension Consumer {
    /// Cuts the connection, if there is one.
    package func cut() { core.link.withLock { $0?.cut() } }

    /// Waits until every settlement so far has been handed to the socket, for five seconds at most.
    package func awaitSettled() {
        let end = MonotonicClock.now + .seconds(5)
        while !core.hasSettled, MonotonicClock.now < end { usleep(1000) }
    }
}
#endif
