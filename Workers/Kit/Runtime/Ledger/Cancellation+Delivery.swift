package import AMQP
package import Contracts
import Postgres
package import Sealing

extension Cancellation.Arrival {
    /// A delivery of this command, identified as a worker would.
    ///
    /// - Parameter keys: seals the payload, which is kept: what was cancelled can be run again.
    package init(_ delivery: Delivery, of command: CommandName, keys: KeyRing) {
        let envelope = Envelope.read(WireMessage(delivery))
        let hash = Digest.sha256(envelope.payload)
        let identity = Catalogue.command(named: command)?.identity ?? .required
        let key = Arrived.key(of: envelope, hash: hash, command: command, identity: identity)
        var subject = Cancellation.Subject(
            key: key, id: envelope.id ?? key.description, command: command, tenant: envelope.tenant)
        subject.correlationID = envelope.correlationID
        subject.trace = envelope.trace
        subject.enqueuedAt = envelope.enqueuedAt
        subject.payload = Bytes(keys.seal(envelope.payload, context: SealContext.job))
        self.init(subject: subject, turn: Int32(clamping: envelope.turn), hash: hash)
    }
}
