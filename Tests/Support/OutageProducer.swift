import AMQP
import Books
package import Contracts

/// A producer of the tests' own command that an outage does not stop, with its ledger.
package final class OutageProducer {
    private let producer: LedgerProducer
    /// Where its ledger lies.
    package let ledger: String

    package init(_ cluster: Cluster, amqpURL: String) throws {
        ledger = cluster.directory + "/producer.jsonl"
        producer = try LedgerProducer(try AMQPURI(parsing: amqpURL), name: "producer", ledger: ledger)
    }

    /// How many commands it was given.
    package var count: Int { producer.published }

    /// Publishes commands, each with the only outcome that it may have, and waits for nothing but the disk.
    package func publish(_ commands: [(body: [UInt8], ending: Outcome)]) throws {
        let first = count
        try producer.publish(
            commands.enumerated().map { number, command in
                let properties = Properties(
                    contentType: Topology.commandContentType, isPersistent: true, messageID: "job-\(first + number)")
                let message = OutgoingMessage(
                    exchange: Topology.commandExchange, routingKey: Topology.routingKey(for: Cluster.probe),
                    properties: properties, body: command.body, mandatory: true)
                let intention = Intention(message, to: Cluster.probe, endings: [command.ending])
                return LedgerProducer.Draft(message, intention)
            })
    }

    /// Waits until every command is confirmed.
    package func settle(within seconds: Int = 60) throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while producer.unconfirmed > 0 {
            guard ContinuousClock.now < deadline else {
                throw TestFailure("\(producer.unconfirmed) commands were not confirmed")
            }
            try producer.collect(upTo: .milliseconds(100))
        }
    }
}
