/// What a producer can ask for. A command and its completion are written side by side in one file.
public protocol Command: Message {
    /// What the event of a success carries.
    associatedtype Completion: Message

    /// The name, from which queue, routing keys and event types follow.
    static var name: CommandName { get }
    /// The version of the payload, raised when an old reader could not understand a new message.
    static var version: Int { get }
    /// What it does, in one sentence.
    static var summary: String { get }
    /// Whether a message of it must have an id.
    static var identity: Identity { get }
    /// A message for the documents, valid and with all that is usual.
    static var example: Self { get }
    /// The completion of ``example``, for the documents.
    static var completionExample: Completion { get }
    /// Whether it takes minutes and tells meanwhile how far it has come, in `progressed` events.
    static var isLong: Bool { get }
    /// Fields of which exactly one must be there, for the documents; ``Message/validate(_:)`` is what checks it.
    static var alternatives: [String] { get }
}

extension Command {
    /// Version 1.
    public static var version: Int { 1 }
    /// An id is needed.
    public static var identity: Identity { .required }
    /// It is over before anybody asks.
    public static var isLong: Bool { false }
    /// The fields without their types, for tools that deal with any command.
    public static var fieldDescriptions: [FieldDescription] { fields.descriptions }
    /// The fields of the completion.
    public static var completionDescriptions: [FieldDescription] { Completion.fields.descriptions }
    /// No fields exclude each other.
    public static var alternatives: [String] { [] }
    /// The type of the completion.
    static var completionType: any Message.Type { Completion.self }
}
