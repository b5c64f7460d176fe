import Contracts

/// A line that says more than the payload: whose it is, and under which id.
struct BulkEnvelope: Message {
    var id: String?
    var command: String?
    var tenant: String?
    var correlationId: String?
    var expiresAt: Timestamp?
    var payload: [UInt8] = []

    static let fields: FieldTable<BulkEnvelope> = [
        .optional("id", \.id, .text(1...255, .line), "The message id; the same id twice has one effect."),
        .optional("command", \.command, .text(1...64, .kebab), "The command; that of the command line when absent."),
        .optional("tenant", \.tenant, .text(1...128, .line), "Whose it is."),
        .optional("correlationId", \.correlationId, .text(1...255, .line), "Comes back in the events."),
        .optional("expiresAt", \.expiresAt, .timestamp, "Refused when it is not done by then."),
        .required("payload", \.payload, .json, "The command's payload."),
    ]
}
