extension DocumentNode {
    /// The tree as JSON over several lines, two spaces a level, with a line break at the end.
    var json: String {
        jsonText(indent: "") + "\n"
    }

    private func jsonText(indent: String) -> String {
        let inner = indent + "  "
        switch self {
        case .object(let members) where !members.isEmpty:
            let lines = members.map { "\(inner)\(Self.quoted($0.name)): \($0.value.jsonText(indent: inner))" }
            return "{\n\(lines.joined(separator: ",\n"))\n\(indent)}"
        case .list(let elements) where elements.contains(where: \.hasLines):
            let lines = elements.map { inner + $0.jsonText(indent: inner) }
            return "[\n\(lines.joined(separator: ",\n"))\n\(indent)]"
        default: return flow
        }
    }

    /// Whether it is worth a line of its own.
    private var hasLines: Bool {
        switch self {
        case .object(let members): !members.isEmpty
        case .list(let elements): !elements.isEmpty
        default: false
        }
    }

    /// The tree as JSON on one line, which is also YAML.
    var flow: String {
        switch self {
        case .object(let members):
            "{" + members.map { "\(Self.quoted($0.name)): \($0.value.flow)" }.joined(separator: ", ") + "}"
        case .list(let elements): "[" + elements.map(\.flow).joined(separator: ", ") + "]"
        case .text(let text): Self.quoted(text)
        case .integer(let integer): String(integer)
        case .number(let number): String(number)
        case .flag(let flag): flag ? "true" : "false"
        case .null: "null"
        }
    }

    /// A text with JSON's quotes and escapes.
    static func quoted(_ text: String) -> String {
        var writer = JSONWriter()
        writer.write(text)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
