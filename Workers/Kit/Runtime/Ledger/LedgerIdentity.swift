package import Contracts
import Sealing

/// What the ledger will know a message by, found as a worker finds it. For whoever compares a producer's account with
/// the ledger, and publishes what no producer of good will would.
package struct LedgerIdentity: Sendable {
    /// Where the identity comes from.
    package enum Source: String, CaseIterable, Sendable {
        /// The message's own id: every further message with it is a duplicate, or has another body.
        case id
        /// The bytes of a message that has no id and needs one, or whose id cannot be read: it fails.
        case bytes
        /// Drawn when it is first delivered: equal messages are several.
        case delivery
    }

    /// Where the identity comes from.
    package let source: Source
    /// The message id as far as it can be read.
    package let id: String?
    /// Whose command it is; `default` when that cannot be read.
    package let tenant: String
    /// SHA-256 of the payload.
    package let hash: [UInt8]
    /// The row of the ledger; of no meaning when the identity is drawn at delivery.
    package let key: UniqueID
    /// The row of the ledger when the id belongs to another body.
    package let reusedKey: UniqueID

    /// Reads a message that goes to the queue of `command`. What a body has beyond the limit is left out, as a worker
    /// leaves it on the wire.
    package init(_ message: WireMessage, of command: CommandName, identity: Identity = .required) {
        var message = message
        message.body = Array(message.body.prefix(Topology.bodyLimit + 1))
        let envelope = Envelope.read(message)
        hash = Digest.sha256(envelope.payload)
        let arrived = Arrived(
            envelope: envelope, key: Arrived.key(of: envelope, hash: hash, command: command, identity: identity),
            hash: hash, preset: nil)
        id = envelope.id
        tenant = envelope.tenant
        key = arrived.key
        reusedKey = arrived.reusingID(command: command).key
        source =
            envelope.id == nil && identity == .optional
            ? .delivery : envelope.id == nil || !envelope.isIdentified ? .bytes : .id
    }
}
