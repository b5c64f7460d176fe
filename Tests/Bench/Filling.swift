import AMQP
import Contracts
import Foundation
import Runtime
import TestSupport

/// A quorum queue that gets the events of one command.
struct EventQueue {
    let name = "bench.events"

    init(_ broker: AMQP.Connection, of command: CommandName) throws {
        try broker.declareQueue(name, arguments: ["x-queue-type": .string("quorum")])
        try broker.bind(queue: name, exchange: Topology.eventExchange, routingKey: "\(command.rawValue).*")
    }

    /// Events that lie in it.
    func count(_ broker: AMQP.Connection) throws -> Int { try broker.inspectQueue(name)?.messages ?? 0 }
}

/// Publishes commands as a producer of this house does: durable, mandatory, confirmed.
struct Filling {
    let publisher: Publisher

    init(_ cluster: Cluster) throws {
        publisher = Publisher(uri: try AMQPURI(parsing: cluster.environment["AMQP_URL"]!), name: "bench")
        publisher.start()
    }

    /// Publishes the commands of these numbers. Returns the seconds from the first to the last confirm.
    func run(_ workload: DrainWorkload, _ numbers: Range<Int>) throws -> Double {
        var generator = UniqueID.Generator()
        let begin = Monotonic.now
        var next = numbers.lowerBound
        var confirmed = 0
        while confirmed < numbers.count {
            if next < numbers.upperBound, publisher.backlog < 4000 {
                let end = min(numbers.upperBound, next + 500)
                publisher.publish(
                    (next..<end).map {
                        Self.message(workload.command, id: "\(generator.next())", body: workload.body($0))
                    })
                next = end
            }
            for report in publisher.waitForReports(upTo: next < numbers.upperBound ? .milliseconds(1) : .seconds(30)) {
                guard report.outcome == .confirmed else { throw TestFailure("not confirmed: \(report.outcome)") }
                confirmed += 1
            }
        }
        publisher.close(within: .seconds(5))
        return (Monotonic.now - begin).seconds
    }

    static func message(
        _ command: CommandName, id: String, body: [UInt8], correlationID: String? = nil
    ) -> OutgoingMessage {
        var properties = Properties(
            contentType: Topology.commandContentType, isPersistent: true, messageID: id,
            type: Topology.messageType(of: command))
        properties.correlationID = correlationID
        return OutgoingMessage(
            exchange: Topology.commandExchange, routingKey: Topology.routingKey(for: command), properties: properties,
            body: body)
    }
}
