package import AMQP
package import Contracts
package import Runtime

/// A message that a producer is about to publish: what will tell it from every other, and how it may end.
///
/// One promise of the cluster is one (command, tenant, id, body). Publishing the same again is the same promise; the
/// same id with another body is another one, and all but the first of them must end `failed: id-reused`.
package struct Intention: Sendable {
    /// The command whose queue it goes to.
    package let command: CommandName
    /// How the ledger will know it.
    package let identity: LedgerIdentity
    /// How it may end; anything else is an imbalance.
    package var endings: Set<Outcome>

    /// A well-formed command of this id.
    ///
    /// - Parameters:
    ///   - body: the payload, byte for byte.
    ///   - endings: how it may end; every outcome when the producer does not know.
    package init(
        _ command: CommandName, id: String, tenant: String = Topology.defaultTenant, body: [UInt8],
        endings: Set<Outcome> = Set(Outcome.allCases)
    ) {
        let message = WireMessage(
            exchange: Topology.commandExchange, routingKey: Topology.routingKey(for: command),
            contentType: Topology.commandContentType, messageID: id,
            headers: [(Topology.tenantHeader, .text(tenant))], body: body)
        self.command = command
        identity = LedgerIdentity(message, of: command)
        self.endings = endings
    }

    /// Whatever this message is: malformed, without an id, a CloudEvent.
    ///
    /// - Parameter identity: whether the command demands an id.
    package init(
        _ message: OutgoingMessage, to command: CommandName, identity: Identity = .required,
        endings: Set<Outcome> = Set(Outcome.allCases)
    ) {
        let delivery = Delivery(
            queue: Topology.queue(for: command), exchange: message.exchange, routingKey: message.routingKey,
            properties: message.properties, body: message.body)
        self.command = command
        self.identity = LedgerIdentity(WireMessage(delivery), of: command, identity: identity)
        self.endings = endings
    }
}

extension Outcome {
    /// A bit of its own, for sets of outcomes in the database.
    var mask: Int { 1 << Outcome.allCases.firstIndex(of: self)! }
}
