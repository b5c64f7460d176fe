import Contracts

/// Looking into a document whose shape is somebody else's.
extension JSONTree {
    /// A member of an object; `nil` when there is none, or it is null.
    subscript(name: String) -> JSONTree? {
        guard case .object(let members) = self, let value = members.first(where: { $0.name == name })?.value else {
            return nil
        }
        if case .raw(let bytes) = value, bytes == Array("null".utf8) { return nil }
        return value
    }

    /// The names of an object's members.
    var names: [String] {
        guard case .object(let members) = self else { return [] }
        return members.map(\.name)
    }

    /// The text, if it is one.
    var text: String? {
        guard case .raw(let bytes) = self, bytes.first == UInt8(ascii: "\"") else { return nil }
        var reader = JSONReader(bytes)
        return try? reader.readText()
    }

    /// The whole number, if it is one.
    var number: Int? {
        guard case .raw(let bytes) = self else { return nil }
        return Int(String(decoding: bytes, as: UTF8.self))
    }

    /// A text as a document.
    static func text(_ text: String) -> JSONTree {
        var writer = JSONWriter()
        writer.write(text)
        return .raw(writer.bytes)
    }

    /// A list of texts.
    static func list(_ texts: [String]) -> JSONTree {
        .raw(Array("[".utf8) + texts.map { JSONTree.text($0).bytes }.joined(separator: [UInt8(ascii: ",")]) + [93])
    }

    /// The document as it is sent.
    var bytes: [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }
}
