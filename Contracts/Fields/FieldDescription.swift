/// What a field is, for documents, command lines and forms.
public struct FieldDescription: Sendable {
    /// The name in JSON.
    public let name: String
    /// What it means, in a sentence.
    public let description: String
    /// What values it takes.
    public let kind: ValueKind
    /// Whether a message without it is at fault.
    public let isRequired: Bool
    /// Whether its value must not be shown.
    public let isSecret: Bool
    /// The value of a message that leaves it out, as JSON; nothing if it is then simply absent.
    public internal(set) var defaultValue: String?

    /// What values it takes, in a few words.
    public var typeText: String { kind.description }
}
