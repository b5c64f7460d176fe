/// Why a command did not succeed: the `data` of an event whose kind is neither `succeeded` nor `progressed`.
public struct Reason: Message, Hashable {
    /// A word in kebab case that programs may compare: a ``Fault/Code``, or the refusal's own.
    public var reason = ""
    /// The same in a sentence for people; it never contains a secret.
    public var message = ""
    /// Where, if it is a matter of one place: see ``Fault/pointer``.
    public var pointer: String?
    /// The version in force, when the command named another one.
    public var version: Int?
    /// When many places are at fault, as in a list of rows: each of them, or the first hundred.
    public var errors: [RowError]?
    /// Whether there were more.
    public var errorsTruncated: Bool?

    /// An empty reason.
    public init() {}

    /// A reason with its word and its sentence.
    public init(reason: String, message: String, pointer: String? = nil, version: Int? = nil) {
        self.reason = reason
        self.message = message
        self.pointer = pointer
        self.version = version
    }

    /// The reason that a fault is.
    public init(_ fault: Fault) {
        self.init(reason: fault.code.rawValue, message: fault.message, pointer: fault.pointer)
    }

    /// The fields of a reason.
    public static let fields: FieldTable<Reason> = [
        .required("reason", \.reason, .text(1...128), "A word in kebab case, for programs."),
        .required("message", \.message, .text(0...10_000), "A sentence, for people."),
        .optional("errors", \.errors, .list(of: .message, count: 0...100), "Each place at fault, when there are many."),
        .optional("errorsTruncated", \.errorsTruncated, .flag, "Whether there were more than a hundred."),
        .optional(
            "pointer", \.pointer, .text(0...1000),
            "JSON Pointer to the fault in the payload; empty for all of it. /headers/NAME and /properties/NAME are "
                + "beside it."),
        .optional("version", \.version, .integer(), "The version in force, when the command named another one."),
    ]
}
