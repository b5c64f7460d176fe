import AMQP
import Contracts

/// A producer that an outage does not stop: what the broker has not confirmed it publishes again, with the same id.
package final class OutageProducer {
    private let publisher: Publisher
    private var commands: [[UInt8]] = []
    /// The ids the promise holds for.
    package private(set) var confirmed: Set<String> = []

    package init(amqpURL: String) throws {
        publisher = Publisher(uri: try AMQPURI(parsing: amqpURL), name: "producer", whenUnavailable: .hold)
        publisher.start()
    }

    deinit { publisher.close(within: .zero) }

    /// How many commands it was given.
    package var count: Int { commands.count }

    /// Publishes commands of the tests' own kind, and waits for nothing.
    package func publish(_ bodies: [[UInt8]]) {
        let first = commands.count
        commands += bodies
        publisher.publish((first..<commands.count).map(message))
    }

    /// Waits until every command is confirmed.
    package func settle(within seconds: Int = 60) throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while confirmed.count < commands.count {
            guard ContinuousClock.now < deadline else {
                throw TestFailure("\(commands.count - confirmed.count) commands were not confirmed")
            }
            var again: [OutgoingMessage] = []
            for report in publisher.waitForReports(upTo: .milliseconds(100)) {
                switch report.outcome {
                case .confirmed: confirmed.insert(Self.id(Int(report.token)))
                // A broker that is starting may refuse, or know the exchange and not yet the queue.
                case .nacked, .returned, .unknown: again.append(message(Int(report.token)))
                }
            }
            publisher.publish(again)
        }
    }

    private static func id(_ number: Int) -> String { "job-\(number)" }

    private func message(_ number: Int) -> OutgoingMessage {
        let properties = Properties(
            contentType: Topology.commandContentType, isPersistent: true, messageID: Self.id(number))
        return OutgoingMessage(
            exchange: Topology.commandExchange, routingKey: Topology.routingKey(for: Cluster.probe),
            properties: properties, body: commands[number], mandatory: true, token: UInt64(number))
    }
}
