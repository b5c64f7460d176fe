/// What a field takes, as plain values that can be kept in a file and compared later.
public struct FieldShape: Message, Hashable {
    /// The name in JSON; empty for the elements of a list.
    public var name = ""
    /// The kind of its values: `text`, `integer`, `list`, …
    public var kind = ""
    /// Whether a message without it is at fault.
    public var required = false
    /// Whether its value must not be shown.
    public var secret = false
    /// What a message that leaves it out says, as JSON; nothing if that is nothing.
    public var fallback: String?
    /// The smallest number, length or count.
    public var minimum: Double?
    /// The largest number, length or count.
    public var maximum: Double?
    /// What a text must look like.
    public var pattern: String?
    /// The words that a choice has.
    public var words: [String] = []
    /// What the elements of a list are: one for a list, one a place for a tuple, none for what is neither.
    public var element: [FieldShape] = []
    /// The fields of an object.
    public var fields: [FieldShape] = []

    /// A shape of defaults.
    public init() {}

    /// The shape of a described field.
    init(_ field: FieldDescription) {
        self.init(field.kind)
        name = field.name
        required = field.isRequired
        secret = field.isSecret
        fallback = field.defaultValue
    }

    private init(_ kind: ValueKind) {
        switch kind {
        case .text(let length, let pattern):
            self.kind = "text"
            limit(length)
            self.pattern = pattern == .any ? nil : pattern.rawValue
        case .cell(let length):
            self.kind = "cell"
            limit(length)
        case .integer(let range):
            self.kind = "integer"
            limit(range)
        case .number(let range):
            self.kind = "number"
            minimum = range.lowerBound.isFinite ? range.lowerBound : nil
            maximum = range.upperBound.isFinite ? range.upperBound : nil
        case .flag: self.kind = "flag"
        case .timestamp: self.kind = "timestamp"
        case .uniqueID: self.kind = "uniqueID"
        case .choice(let words):
            self.kind = "choice"
            self.words = words
        case .labels(let count):
            self.kind = "labels"
            limit(count)
        case .list(let element, let count):
            self.kind = "list"
            limit(count)
            self.element = [FieldShape(element)]
        case .tuple(let kinds, let optional):
            self.kind = "tuple"
            limit(kinds.count - optional...kinds.count)
            element = kinds.map { FieldShape($0) }
        case .json: self.kind = "json"
        case .message(let type):
            self.kind = "object"
            fields = Self.fields(of: type)
        }
    }

    /// The shapes of a message's fields.
    static func fields(of message: any Message.Type) -> [FieldShape] {
        func open<M: Message>(_ type: M.Type) -> [FieldShape] { type.fields.descriptions.map(FieldShape.init) }
        return open(message)
    }

    /// Bounds that a Swift integer has anyway say nothing.
    private mutating func limit(_ range: ClosedRange<Int>) {
        minimum = range.lowerBound == .min ? nil : Double(range.lowerBound)
        maximum = range.upperBound == .max ? nil : Double(range.upperBound)
    }

    /// The fields of the file.
    public static let fields: FieldTable<FieldShape> = [
        .defaulted("name", \.name, .text(0...128), "The name in JSON; empty for the elements of a list."),
        .required("kind", \.kind, .text(1...32), "The kind of its values."),
        .defaulted("required", \.required, .flag, "Whether a message without it is at fault."),
        .defaulted("secret", \.secret, .flag, "Whether its value must not be shown."),
        .optional("fallback", \.fallback, .text(0...65_536), "The value of a message that leaves it out, as JSON."),
        .optional("minimum", \.minimum, .number(), "The smallest number, length or count."),
        .optional("maximum", \.maximum, .number(), "The largest number, length or count."),
        .optional("pattern", \.pattern, .text(1...32), "What a text must look like."),
        .defaulted("words", \.words, .list(of: .text(0...128), count: 0...1024), "The words that a choice has."),
        .defaulted("element", \.element, .list(of: .message, count: 0...64), "What the elements of a list are."),
        .defaulted("fields", \.fields, .list(of: .message, count: 0...64), "The fields of an object."),
    ]
}
