/// A JSON document as a tree, for editing. Numbers keep their text.
public indirect enum JSONTree: Sendable {
    /// An object and its members in order.
    case object([(name: String, value: JSONTree)])
    /// Any other value, as it was written.
    case raw([UInt8])

    /// Parses a document. Repaired, text that is no text is taken, too; see ``JSONReader/repairsText``.
    public init(parsing bytes: [UInt8], repairingText: Bool = false) throws(Fault) {
        var reader = JSONReader(bytes, repairingText: repairingText)
        self = try Self.read(&reader)
        try reader.finish()
    }

    private static func read(_ reader: inout JSONReader) throws(Fault) -> JSONTree {
        guard reader.peek() == ASCII.openBrace else {
            let range = try reader.skipValue()
            return .raw(Array(reader.bytes[range]))
        }
        var members: [(name: String, value: JSONTree)] = []
        try reader.enterObject()
        while let key = try reader.nextKey() { members.append((reader.text(of: key), try read(&reader))) }
        return .object(members)
    }

    /// Sets the value at a path, making the objects on the way.
    public mutating func set(_ path: ArraySlice<String>, to value: JSONTree) {
        guard let name = path.first else {
            self = value
            return
        }
        var members: [(name: String, value: JSONTree)] = []
        if case .object(let present) = self { members = present }
        let place = members.firstIndex { $0.name == name } ?? members.endIndex
        if place == members.endIndex { members.append((name, .object([]))) }
        members[place].value.set(path.dropFirst(), to: value)
        self = .object(members)
    }

    /// The elements, if it is a list; empty otherwise.
    public var elements: [JSONTree] {
        guard case .raw(let bytes) = self, bytes.first == ASCII.openBracket else { return [] }
        var reader = JSONReader(bytes)
        var found: [JSONTree] = []
        do throws(Fault) {
            try reader.enterList()
            while try reader.nextElement() { found.append(try Self.read(&reader)) }
        } catch { return [] }
        return found
    }

    /// Writes the document.
    public func write(to writer: inout JSONWriter) {
        switch self {
        case .raw(let bytes): writer.write(json: bytes)
        case .object(let members):
            writer.beginObject()
            for member in members {
                writer.key(member.name)
                member.value.write(to: &writer)
            }
            writer.endObject()
        }
    }
}
