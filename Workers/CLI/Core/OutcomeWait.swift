import AMQP
import Contracts

/// Waits for how a command ends.
struct OutcomeWait {
    private let connection: AMQP.Connection
    private let id: String

    /// Subscribes before the command is published, so that no outcome can be missed.
    init(_ connection: AMQP.Connection, command: any Command.Type, id: String) throws {
        self.connection = connection
        self.id = id
        let queue = try connection.declareQueue("", durable: false, exclusive: true, autoDelete: true, arguments: [:])
        for kind in EventKind.allCases {
            let key = Topology.routingKey(for: command.name, kind)
            try connection.bind(queue: queue.name, exchange: Topology.eventExchange, routingKey: key)
        }
        _ = try connection.consume(queue.name, prefetch: 0, noAck: true, exclusive: true)
    }

    /// The final event; progress on the way is passed to `progress`. Throws ``ExitCode/timedOut``.
    func outcome(within timeout: Duration, progress: (CompletionEvent) -> Void) throws -> CompletionEvent {
        let deadline = ContinuousClock.now + timeout
        var waiting = Progress("waiting for the outcome of \(id)")
        defer { waiting.end() }
        while true {
            waiting.update()
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else {
                throw Failure(.timedOut, "`\(id)` has no outcome yet", "look later with: ruche jobs show \(id)")
            }
            guard let delivery = try connection.receive(within: min(left, .milliseconds(250))) else { continue }
            guard let event = try? CompletionEvent(parsing: delivery.body), event.subject == id else { continue }
            if event.kind.isFinal { return event }
            waiting.end()
            progress(event)
        }
    }
}
