import AMQP
package import Contracts
import Runtime

/// One message that came to an ``EventBook``.
package enum ReceivedEvent: Sendable {
    /// An event of the contract.
    case event(Receipt)
    /// No event, or one that came under another's routing key: why.
    case unreadable(String)

    /// What is kept of an event.
    package struct Receipt: Sendable {
        /// The event's id.
        package let id: UniqueID
        /// The CloudEvents type, such as `ruche.lease-ip.succeeded.v1`.
        package let type: String
        /// The message id of the command.
        package let subject: String
        /// Whose the command is.
        package let tenant: String
        /// The event's number within its job.
        package let sequence: Int
        /// The first eight bytes of SHA-256 of the document: they tell two documents apart, not an attacker.
        package let digest: Int64
    }

    init(_ delivery: Delivery) {
        do throws(Fault) {
            let event = try CompletionEvent(parsing: delivery.body)
            guard event.routingKey == delivery.routingKey else {
                self = .unreadable("\(event.type) of \(event.subject) under \(delivery.routingKey)")
                return
            }
            self = .event(
                Receipt(
                    id: event.id, type: event.type, subject: event.subject, tenant: event.tenant,
                    sequence: event.sequence, digest: Self.digest(delivery.body)))
        } catch {
            self = .unreadable("under \(delivery.routingKey): \(error)")
        }
    }

    /// A line that a subscriber kept: an event as it was published, or a line of an ``EventBook``.
    package init(line: [UInt8]) throws(Fault) {
        guard let event = try? CompletionEvent(parsing: line) else {
            self = try ReceivedEvent(parsing: line)
            return
        }
        self = .event(
            Receipt(
                id: event.id, type: event.type, subject: event.subject, tenant: event.tenant, sequence: event.sequence,
                digest: Self.digest(line)))
    }

    init(parsing line: [UInt8]) throws(Fault) {
        let wire = try ReceiptDocument(json: line, strict: true)
        if let fault = wire.fault {
            self = .unreadable(fault)
        } else if let id = wire.event, let type = wire.type, let subject = wire.subject, let tenant = wire.tenant,
            let sequence = wire.sequence, let digest = wire.digest
        {
            self = .event(
                Receipt(
                    id: id, type: type, subject: subject, tenant: tenant, sequence: sequence, digest: Int64(digest)))
        } else {
            throw Fault(.missingField, "Expected an event, or why it is none.")
        }
    }

    /// One line of the file, without its end.
    var line: [UInt8] {
        var writer = JSONWriter(capacity: 256)
        writer.beginObject()
        switch self {
        case .unreadable(let fault):
            writer.key("fault")
            writer.write(fault)
        case .event(let event):
            writer.key("event")
            writer.write(event.id)
            writer.key("type")
            writer.write(event.type)
            writer.key("subject")
            writer.write(event.subject)
            writer.key("tenant")
            writer.write(event.tenant)
            writer.key("sequence")
            writer.write(event.sequence)
            writer.key("digest")
            writer.write(Int(event.digest))
        }
        writer.endObject()
        return writer.bytes
    }

    /// The first eight bytes of SHA-256 as one number; the checker's statements compute the same.
    private static func digest(_ body: [UInt8]) -> Int64 {
        Int64(bitPattern: Digest.sha256(body).prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }
}

/// The members of a line.
private struct ReceiptDocument: Message {
    var event: UniqueID?
    var type: String?
    var subject: String?
    var tenant: String?
    var sequence: Int?
    var digest: Int?
    var fault: String?

    static let fields: FieldTable<ReceiptDocument> = [
        .optional("event", \.event, .uniqueID, "The event's id."),
        .optional("type", \.type, .text(1...255), "What happened."),
        .optional("subject", \.subject, .text(0...255), "The message id of the command."),
        .optional("tenant", \.tenant, .text(0...255), "Whose the command is."),
        .optional("sequence", \.sequence, .integer(), "The event's number within its job."),
        .optional("digest", \.digest, .integer(), "What tells the document from others."),
        .optional("fault", \.fault, .text(0 ... .max), "Why the message is no event."),
    ]
}
