/// Who sent a command, what it asks for and what is known about it, whichever way the message spells that: AMQP
/// properties, CloudEvents in binary mode, or CloudEvents in structured mode.
///
/// Reading one never fails. A message that is at fault still has all that could be read, so that its end can be
/// announced to whoever waits for it; ``fault`` says what is wrong.
public struct Envelope: Sendable {
    /// The identity within (command, tenant): `message_id`, else CloudEvents `id`; nothing if there is none.
    public internal(set) var id: String?
    /// The command, if ``kind`` is the name of one, known here or not.
    public internal(set) var name: CommandName?
    /// What the message says that it is, without `ruche.` in front and without its version.
    public internal(set) var kind = ""
    /// The version of the payload.
    public internal(set) var version = 1
    /// For whom it is done; `default` if the message does not say.
    public internal(set) var tenant = Topology.defaultTenant
    /// When the command becomes pointless: then it must have no effect.
    public internal(set) var expiresAt: Timestamp?
    /// What the sender recognises the answer by.
    public internal(set) var correlationID: String?
    /// The queue that gets the event too; nothing if the message names a queue that replies may not go to.
    public internal(set) var replyTo: String?
    /// The application that sent it.
    public internal(set) var appID: String?
    /// The trace it belongs to (W3C); nothing if it is not well-formed.
    public internal(set) var traceparent: String?
    /// The vendors' part of the trace.
    public internal(set) var tracestate: String?
    /// When the sender says it was sent: in milliseconds where the id is a UUID of version 7 of the same second.
    public internal(set) var enqueuedAt: Timestamp?
    /// Which turn of the command this is: 0 as sent, more when the schedule sent it again.
    public internal(set) var turn = 0
    /// The command's own JSON, as it was sent; for CloudEvents in structured mode, the bytes of `data`.
    public internal(set) var payload: [UInt8] = []
    /// Whether ``id`` and ``tenant`` are what the sender meant. What could not be read may have been anything: such a
    /// message must not pass for the one that has this id in this tenant.
    public internal(set) var isIdentified = true
    /// The first thing found wrong with the message around its payload.
    public internal(set) var fault: Fault?

    /// What is wrong with the message for a command with this demand: ``fault``, or the lack of an id.
    public func fault(demanding identity: Identity) -> Fault? {
        if let fault { return fault }
        guard identity == .required, id == nil else { return nil }
        return Fault(.idMissing, "The message has no id: set message_id, or the CloudEvents attribute id.")
    }

    /// The same message under an id that its sender did not give it.
    public func identified(as id: UniqueID) -> Envelope {
        var copy = self
        copy.id = id.description
        return copy
    }

    /// Notes a fault, unless there was one before.
    mutating func note(_ fault: Fault) {
        if self.fault == nil { self.fault = fault }
    }
}
