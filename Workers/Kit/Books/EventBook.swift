package import AMQP
package import Contracts
import Runtime

/// What a subscriber received: every event of some commands, in a durable queue of its own, and from there in a file.
///
/// **Guarantee.** From ``declare(on:)`` on the broker keeps every event it confirms to a worker or to the relay, also
/// while nobody reads. ``collect(from:)`` moves what is there into the file, and acknowledges it when the disk has it:
/// an event may stand in the file twice, and none gets lost. Costs about 250 bytes of disk an event, one `fdatasync`
/// for 500 of them, and constant memory.
///
/// Its queue must not be named `ruche.…`: the policies of command queues would bound it.
package struct EventBook: Sendable {
    /// The queue.
    package let queue: String
    /// The commands whose events it wants.
    package let commands: [CommandName]
    /// The file.
    package let path: String

    /// Nothing is made yet.
    package init(queue: String, commands: [CommandName], path: String) {
        self.queue = queue
        self.commands = commands
        self.path = path
    }

    /// Makes the queue and binds it. Again is no change.
    ///
    /// - Throws: ``BooksError/Code/broker``.
    package func declare(on broker: AMQP.Connection) throws(BooksError) {
        try asking { () throws(AMQPError) in
            try broker.declareQueue(
                queue, durable: true, exclusive: false, autoDelete: false, arguments: ["x-queue-type": "quorum"])
            for command in commands {
                try broker.bind(
                    queue: queue, exchange: Topology.eventExchange, routingKey: "\(Topology.routingKey(for: command)).*"
                )
            }
        }
    }

    /// Deletes the queue with what is in it; the file stays.
    package func remove(on broker: AMQP.Connection) throws(BooksError) {
        try asking { () throws(AMQPError) in _ = try broker.deleteQueue(queue) }
    }

    /// Moves everything that is in the queue into the file. Returns how many messages that were.
    ///
    /// - Throws: ``BooksError/Code/broker`` when the broker does not hand out what it says it has within 20 s, or is
    ///   away; what is in the file stays there, and the rest stays in the queue.
    @discardableResult
    package func collect(from broker: AMQP.Connection) throws(BooksError) -> Int {
        let file = try LineFile(appending: path)
        var total = 0
        while true {
            let waiting = try asking { () throws(AMQPError) in try broker.inspectQueue(queue)?.messages ?? 0 }
            guard waiting > 0 else { return total }
            let consumer = try asking { () throws(AMQPError) in try broker.consume(queue, prefetch: 1000) }
            var received = 0
            while received < waiting {
                let count = try take(500, waiting: .seconds(20), from: broker, into: file)
                guard count > 0 else { throw BooksError(.broker, "\(queue) does not hand out its messages") }
                received += count
            }
            // What was on its way belongs to us until the connection ends.
            try asking { () throws(AMQPError) in try broker.cancel(consumer) }
            while case let late = try take(500, waiting: .zero, from: broker, into: file), late > 0 { received += late }
            total += received
        }
    }

    /// Receives up to `limit` messages, writes them down, and acknowledges them.
    private func take(
        _ limit: Int, waiting: Duration, from broker: AMQP.Connection, into file: borrowing LineFile
    ) throws(BooksError) -> Int {
        var deliveries: [Delivery] = []
        while deliveries.count < limit {
            let patience = deliveries.isEmpty ? waiting : .zero
            let next = try asking { () throws(AMQPError) in try broker.receive(within: patience) }
            guard let next else { break }
            deliveries.append(next)
        }
        var lines: [UInt8] = []
        for delivery in deliveries {
            lines += ReceivedEvent(delivery).line
            lines.append(0x0A)
        }
        try file.append(lines)
        try asking { () throws(AMQPError) in
            for delivery in deliveries { try broker.settle(delivery, .acknowledge) }
        }
        return deliveries.count
    }

    /// Hands out what was collected, in the order in which it came.
    ///
    /// - Throws: ``BooksError/Code/malformed`` for a line that is none of this book's.
    package func read(_ body: (ReceivedEvent) throws(BooksError) -> Void) throws(BooksError) {
        var line = 0
        try LineFile.read(path) { (bytes) throws(BooksError) in
            line += 1
            let event: ReceivedEvent
            do throws(Fault) { event = try ReceivedEvent(parsing: bytes) } catch {
                throw BooksError(.malformed, "\(path), line \(line): \(error)")
            }
            try body(event)
        }
    }

    private func asking<Value>(_ body: () throws(AMQPError) -> Value) throws(BooksError) -> Value {
        do throws(AMQPError) { return try body() } catch {
            throw BooksError(.broker, "the queue \(queue)", underlying: error)
        }
    }
}
