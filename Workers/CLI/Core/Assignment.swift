import Contracts

/// One `--set a.b=value`, typed by the command's field table.
struct Assignment {
    let path: [String]
    let value: [UInt8]

    /// Reads `a.b=value`. What the table calls text is text whatever it looks like; other kinds are JSON.
    init(_ text: String, for command: any Command.Type) throws(Failure) {
        guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
            throw Failure(.usage, "--set takes FIELD=VALUE, not `\(text)`")
        }
        let path = text[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard path.allSatisfy({ !$0.isEmpty }) else {
            throw Failure(.usage, "--set takes FIELD=VALUE or FIELD.FIELD=VALUE, not `\(text)`")
        }
        self.path = path
        let raw = String(text[text.index(after: equals)...])
        let field = command.fieldDescriptions.first { $0.name == path[0] }
        value = Self.encode(raw, as: path.count == 1 ? field?.kind : nil)
    }

    private static func encode(_ raw: String, as kind: ValueKind?) -> [UInt8] {
        if !(kind?.isText ?? false), (try? JSONTree(parsing: Array(raw.utf8))) != nil { return Array(raw.utf8) }
        var writer = JSONWriter()
        writer.write(raw)
        return writer.bytes
    }

    /// The payload with everything set, validated strictly.
    static func apply(_ assignments: [Assignment], to payload: [UInt8], of command: any Command.Type) throws(Fault)
        -> [UInt8]
    {
        var tree = try JSONTree(parsing: payload)
        for assignment in assignments {
            tree.set(assignment.path[...], to: try JSONTree(parsing: assignment.value))
        }
        var writer = JSONWriter()
        tree.write(to: &writer)
        return try command.init(json: writer.bytes, strict: true).json()
    }
}
