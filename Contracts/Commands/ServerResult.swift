/// What came of one server in a run.
public struct ServerResult: Message, Hashable {
    /// What can come of it.
    public enum Outcome: String, Sendable, CaseIterable {
        /// The recipe came to its end on it.
        case configured
        /// It did not.
        case failed
        /// The server was not for this run.
        case skipped
    }

    /// How many characters of a message a completion has.
    public static let messageLimit = 300

    /// The server.
    public var server = 0
    /// Its address.
    public var ip = ""
    /// What came of it.
    public var outcome = Outcome.skipped
    /// How many tasks changed something.
    public var changed = 0
    /// Why it failed or was skipped, in kebab case.
    public var reason: String?
    /// The same in a sentence for people; it never contains a secret.
    public var message: String?

    /// A result of defaults.
    public init() {}

    /// What came of a server. A message that is too long loses its end.
    public init(
        server: Int, ip: String, outcome: Outcome, changed: Int = 0, reason: String? = nil, message: String? = nil
    ) {
        self.server = server
        self.ip = ip
        self.outcome = outcome
        self.changed = changed
        self.reason = reason
        self.message = message.map { String(String.UnicodeScalarView($0.unicodeScalars.prefix(Self.messageLimit))) }
    }

    /// The fields of a result.
    public static let fields: FieldTable<ServerResult> = [
        .required("server", \.server, Limits.server, "The server."),
        .required("ip", \.ip, Limits.address, "Its address."),
        .required("outcome", \.outcome, .choice, "What came of it."),
        .defaulted("changed", \.changed, Limits.count, "How many tasks changed something."),
        .optional("reason", \.reason, .text(1...128, .kebab), "Why it failed or was skipped: a word in kebab case."),
        .optional("message", \.message, .text(0...messageLimit), "The same in a sentence, for people."),
    ]
}
