import Contracts

/// A line in which a producer noted a command, as `ruche enqueue --ndjson` answers it. Other members are passed over.
struct ConfirmedLine: Message {
    var id: String?
    var command: String?
    var tenant: String?
    var outcome: String?

    static let fields: FieldTable<ConfirmedLine> = [
        .optional("id", \.id, .text(1...255), "The message id."),
        .optional("command", \.command, .text(1...64), "The command."),
        .optional("tenant", \.tenant, .text(1...128), "Whose it is; that of the command line when absent."),
        .optional("outcome", \.outcome, .text(0...64), "Only what was confirmed counts; absent means that it was."),
    ]
}
