extension DocumentNode {
    /// The tree as YAML 1.2 in block style, two spaces a level, with a line break at the end.
    var yaml: String {
        var lines: [String] = []
        appendYAML(to: &lines, indent: "")
        return lines.joined(separator: "\n") + "\n"
    }

    private func appendYAML(to lines: inout [String], indent: String) {
        switch self {
        case .object(let members) where !members.isEmpty:
            for (name, value) in members {
                value.appendYAML(to: &lines, after: "\(indent)\(Self.plain(name)):", indent: indent + "  ")
            }
        case .list(let elements) where !elements.isEmpty:
            for element in elements {
                var block: [String] = []
                element.appendYAML(to: &block, indent: indent + "  ")
                let first = block[0].dropFirst(indent.count + 2)
                lines.append("\(indent)- \(first)")
                lines += block.dropFirst()
            }
        default: lines.append(indent + scalar)
        }
    }

    /// Appends the value behind `key` on its line if it is short, else below it.
    private func appendYAML(to lines: inout [String], after key: String, indent: String) {
        switch self {
        case .object(let members) where !members.isEmpty: break
        case .list(let elements) where !elements.allSatisfy(\.isScalar): break
        case .list:
            lines.append("\(key) \(flow)")
            return
        default:
            lines.append("\(key) \(scalar)")
            return
        }
        lines.append(key)
        appendYAML(to: &lines, indent: indent)
    }

    private var isScalar: Bool {
        switch self {
        case .object, .list: false
        default: true
        }
    }

    private var scalar: String {
        if case .text(let text) = self { return Self.plain(text) }
        return flow
    }

    /// A text without quotes where YAML can take it for nothing else, and with JSON's quotes where it might.
    private static func plain(_ text: String) -> String {
        let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        let isPlain =
            TextPattern.line.accepts(text) && text.utf8.first.map { ASCII.isLetter($0) } ?? false
            && !text.hasSuffix(" ") && !text.hasSuffix(":") && !text.contains(": ") && !text.contains(" #")
            && !words.contains(text.lowercased())
        return isPlain ? text : quoted(text)
    }
}
