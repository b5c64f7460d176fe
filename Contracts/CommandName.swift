/// The name of a command, such as `lease-ip`: words of lower-case letters and digits joined by hyphens, at most 64
/// bytes. The names of its queue, its routing keys and its event types follow from it (``Topology``).
public struct CommandName: RawRepresentable, Hashable, Comparable, Sendable, ExpressibleByStringLiteral,
    CustomStringConvertible
{
    /// The name as text.
    public let rawValue: String

    /// The name, if `rawValue` is one. `dead` is none: its queue would be the one of dead letters.
    public init?(rawValue: String) {
        guard rawValue.utf8.count <= 64, rawValue != "dead", TextPattern.kebab.accepts(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    /// The name, if `text` is one.
    public init?(_ text: String) {
        self.init(rawValue: text)
    }

    /// A name written in source; one that is not in kebab case is a programmer's error and traps.
    public init(stringLiteral value: StaticString) {
        guard let name = CommandName(rawValue: value.description) else {
            preconditionFailure("“\(value)” is not a command's name")
        }
        self = name
    }

    /// The name as text.
    public var description: String { rawValue }

    /// Orders names as text.
    public static func < (left: CommandName, right: CommandName) -> Bool {
        left.rawValue < right.rawValue
    }
}
