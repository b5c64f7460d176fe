/// What `NOTIFY` sent to a channel this session listens to.
package struct Notification: Sendable, Equatable {
    /// The channel's name.
    package let channel: String

    /// The text that came with it; empty when there was none.
    package let payload: String

    /// The backend that sent it.
    package let backendPID: Int32
}

extension Connection {
    /// Subscribes this session to a channel. Notifications sent from now on arrive; earlier ones do not.
    package func listen(
        _ channel: String, file: StaticString = #fileID, line: UInt = #line
    ) throws(PostgresError) {
        try execute("LISTEN \(identifier: channel)", file: file, line: line)
    }

    /// The notifications that have arrived, waiting for the first of them.
    ///
    /// Returns early and empty when `wakeup` becomes readable (it is left to the caller to drain it) or a signal-free
    /// `waitingUpTo` has passed. Throws when the connection is lost: then the caller listens again and looks at the
    /// state itself, because notifications in between are gone.
    package func notifications(
        waitingUpTo timeout: Duration, wakeup: Int32? = nil, file: StaticString = #fileID, line: UInt = #line
    ) throws(PostgresError) -> [Notification] {
        let location = SourceLocation(file: file, line: line)
        if let breakage { throw breakage.located(at: location) }
        let deadline = ContinuousClock.now + timeout
        while true {
            let isOpen = link.isAlive()
            var arrived: [Notification] = []
            while let notification = link.nextNotification() { arrived.append(notification) }
            guard arrived.isEmpty else { return arrived }
            guard isOpen else {
                lose(link.message, at: location)
                throw breakage ?? PostgresError(.connection, "lost", at: location, isConnectionLost: true)
            }
            let left = deadline - ContinuousClock.now
            guard left > .zero else { return [] }
            switch link.waitForInput(or: wakeup, upTo: left) {
            case .input: break
            case .wakeupOrTimeout: return []
            case .failed(let reason): lose(reason, at: location)
            }
            if let breakage { throw breakage }
        }
    }
}
