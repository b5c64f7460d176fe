import AMQP
import Contracts
import Sealing

/// A delivery that has been read: who it is, what it carries, and whether its fate is sealed already.
///
/// A reference, because a batch is sorted, split and put beside rows and endings: each copy of the fields would count
/// a dozen references.
final class Arrived: Sendable {
    let envelope: Envelope
    let key: UniqueID
    /// SHA-256 of the payload.
    let hash: [UInt8]
    /// Set when the handler is not to be called: the envelope is at fault, the attempt has failed.
    let preset: Rejection?

    var id: String { envelope.id ?? key.description }
    var tenant: String { envelope.tenant }
    var turn: Int { envelope.turn }
    /// Where this delivery's own answer goes, if its producer asked for one.
    var replyTo: String? { envelope.replyTo }

    init(envelope: Envelope, key: UniqueID, hash: [UInt8], preset: Rejection?) {
        self.envelope = envelope
        self.key = key
        self.hash = hash
        self.preset = preset
    }

    /// Reads a delivery for one command.
    convenience init(_ delivery: Delivery, for handler: Handler) {
        let envelope = Envelope.read(WireMessage(delivery))
        let hash = Digest.sha256(envelope.payload)
        self.init(
            envelope: envelope,
            key: Self.key(of: envelope, hash: hash, command: handler.name, identity: handler.identity),
            hash: hash,
            preset: Self.preset(of: envelope, for: handler))
    }

    /// The same delivery, its fate sealed.
    func ending(with rejection: Rejection) -> Arrived {
        Arrived(envelope: envelope, key: key, hash: hash, preset: rejection)
    }
}

extension Arrived {
    /// The same delivery under a key of its own: its id belongs to another body.
    func reusingID(command: CommandName) -> Arrived {
        let id = envelope.id ?? ""
        let parts = [command.rawValue, tenant, id, "id-reused", Hex.text(hash)]
        return Arrived(
            envelope: envelope, key: .ledgerKey(hashing: parts, near: id), hash: hash,
            preset: .failed("id-reused", "The id was used before, with another payload."))
    }

    /// What the message says it is, when that is not the command of the queue it came to. It goes back to this queue
    /// under its own kind: a deploy may bring a worker that knows it.
    func foreignKind(to handler: Handler) -> String? {
        guard envelope.name != handler.name else { return nil }
        return envelope.version == 1 ? envelope.kind : "\(envelope.kind).v\(envelope.version)"
    }

    /// A command without an id has no identity of its own: equal bytes are the same rejected message.
    ///
    /// Neither has one whose id or tenant cannot be read. Its key has the fault in it, so that it takes the id of no
    /// command that is well, and gets no answer but its own.
    ///
    /// - Parameter identity: whether the command demands an id.
    static func key(of envelope: Envelope, hash: [UInt8], command: CommandName, identity: Identity) -> UniqueID {
        if let id = envelope.id, envelope.isIdentified { return .ledgerKey(command.rawValue, envelope.tenant, id) }
        // Where none is demanded the message may be well, and comes back from the schedule without its id.
        let fault = envelope.fault(demanding: identity)?.code ?? .idMissing
        var parts = [command.rawValue, envelope.tenant, fault.rawValue, Hex.text(hash)]
        if let id = envelope.id { parts.append(id) }
        return UniqueID(bytes: Digest.key(parts))
    }

    private static func preset(of envelope: Envelope, for handler: Handler) -> Rejection? {
        if let fault = envelope.fault(demanding: handler.identity) {
            return .failed(fault.code.rawValue, fault.message, pointer: fault.pointer)
        }
        if envelope.name != handler.name || envelope.version > handler.version {
            let kind = "\(envelope.kind) version \(envelope.version)"
            return Rejection(.park, Reason(reason: "unknown-kind", message: "This worker does not know \(kind)."))
        }
        return nil
    }
}
