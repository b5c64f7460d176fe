/// Looking into a document whose shape is somebody else's.
extension JSONTree {
    /// A member of an object; `nil` when there is none, or it is null.
    public subscript(name: String) -> JSONTree? {
        guard case .object(let members) = self, let value = members.first(where: { $0.name == name })?.value else {
            return nil
        }
        if case .raw(let bytes) = value, bytes == Array("null".utf8) { return nil }
        return value
    }

    /// The names of an object's members.
    public var names: [String] {
        guard case .object(let members) = self else { return [] }
        return members.map(\.name)
    }

    /// The text, if it is one. What is no text in it, which only a repaired document has, is U+FFFD.
    public var text: String? {
        guard case .raw(let bytes) = self, bytes.first == ASCII.quote else { return nil }
        var reader = JSONReader(bytes, repairingText: true)
        return try? reader.readText()
    }

    /// The whole number, if it is one that `Int` holds.
    public var number: Int? {
        guard case .raw(let bytes) = self else { return nil }
        return Int(String(decoding: bytes, as: UTF8.self))
    }
}
