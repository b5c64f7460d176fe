package import AMQP
package import Books
package import Contracts
import Runtime

/// Publishes commands as a producer does, and remembers which of them the broker confirmed.
package final class Load {
    private let connection: AMQP.Connection
    private let window = 500
    private var pending: [UInt64: String] = [:]
    private var next: UInt64 = 1
    /// Where it writes down what it publishes, for a ``Checker``.
    private let ledger: ProducerLedger?
    /// The ids the promise holds for.
    package private(set) var confirmed: [String] = []

    package init(_ cluster: Cluster, ledger: ProducerLedger? = nil) throws {
        connection = try cluster.broker("load", heartbeat: .zero)
        self.ledger = ledger
    }

    deinit { connection.close() }

    /// Publishes a command; waits only when the window of unconfirmed ones is full, and for the disk of the ledger.
    ///
    /// - Parameter endings: how it may end, for the ledger.
    package func publish(
        _ command: CommandName, id: String?, body: [UInt8], endings: Set<Outcome> = Set(Outcome.allCases),
        change: (inout Properties) -> Void = { _ in }
    ) throws {
        var properties = Properties()
        properties.contentType = "application/json"
        properties.isPersistent = true
        properties.messageID = id
        change(&properties)
        var message = OutgoingMessage(
            exchange: Topology.commandExchange, routingKey: Topology.routingKey(for: command),
            properties: properties, body: body, mandatory: true)
        if let ledger {
            next = UInt64(try ledger.intend([Intention(message, to: command, endings: endings)]).lowerBound)
        }
        message.token = next
        pending[next] = id ?? ""
        next += 1
        try connection.publish(message)
        if pending.count >= window { try settle() }
    }

    package func publish<C: Command>(_ command: C, id: String) throws {
        try publish(C.name, id: id, body: command.json())
    }

    /// Waits for every confirm.
    package func settle() throws {
        var numbers: [Int] = []
        for report in try connection.waitForConfirms(within: .seconds(60)) {
            guard let id = pending.removeValue(forKey: report.token) else { continue }
            guard report.outcome == .confirmed else { throw TestFailure("\(id): \(report.outcome)") }
            confirmed.append(id)
            numbers.append(Int(report.token))
        }
        try ledger?.confirm(numbers)
        guard pending.isEmpty else { throw TestFailure("\(pending.count) commands were not confirmed") }
    }
}
