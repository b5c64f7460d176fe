/// The fields of a message, at most 64, written as a list literal of ``Field``s.
///
/// Decoding makes one pass over the bytes and one look at the table a field; fields in the order of the table are found
/// at once. Nothing is allocated but the values themselves.
public struct FieldTable<Root: Message>: Sendable, ExpressibleByArrayLiteral {
    /// The fields, in the order in which they are written.
    public let fields: [Field<Root>]
    /// Each field's name, quoted and followed by a colon, as it is written.
    private let keys: [[UInt8]]
    /// A bit for each required field.
    private let required: UInt64

    /// The table of these fields. A name that is there twice, or a 65th field, is a programmer's error and traps.
    public init(arrayLiteral elements: Field<Root>...) {
        precondition(elements.count <= 64, "a message has at most 64 fields")
        precondition(Set(elements.map(\.description.name)).count == elements.count, "a field's name is there twice")
        keys = elements.map { Array("\"\($0.description.name)\":".utf8) }
        required = elements.indices.reduce(0) { elements[$1].description.isRequired ? $0 | 1 << UInt64($1) : $0 }
        let defaults = Root()
        fields = elements.map { element in
            guard !element.description.isRequired else { return element }
            var writer = JSONWriter()
            element.write(defaults, [], &writer)
            var described = element
            let text = String(decoding: writer.bytes, as: UTF8.self)
            described.description.defaultValue = text.isEmpty ? nil : text
            return described
        }
    }

    /// What the fields are, in order.
    public var descriptions: [FieldDescription] { fields.map(\.description) }

    /// Reads an object into `root`, which has its defaults.
    func read(into root: inout Root, from reader: inout JSONReader) throws(Fault) {
        try reader.enterObject()
        var seen: UInt64 = 0
        var expected = 0
        var unknown: Set<String> = []
        while let key = try reader.nextKey() {
            guard let index = index(of: key, in: reader, expecting: expected) else {
                try skip(key, of: &reader, seen: &unknown)
                continue
            }
            do throws(Fault) {
                let bit: UInt64 = 1 << UInt64(index)
                guard seen & bit == 0 else { throw Self.duplicate }
                seen |= bit
                expected = index + 1
                if required & bit == 0, try reader.readNull() { continue }
                try fields[index].read(&root, &reader)
            } catch {
                throw error.inside(fields[index].description.name)
            }
        }
        guard seen & required != required else { return }
        let name = fields[(required & ~seen).trailingZeroBitCount].description.name
        throw Fault(.missingField, at: "/\(JSONPointer.token(name))", "The field is required.")
    }

    /// Writes keys and values, without the braces around them.
    func write(_ root: Root, to writer: inout JSONWriter) {
        for index in fields.indices { fields[index].write(root, keys[index], &writer) }
    }

    /// Passes over a field that the table does not have, or refuses it.
    private func skip(
        _ key: JSONKey, of reader: inout JSONReader, seen: inout Set<String>
    ) throws(Fault) {
        let name = reader.text(of: key)
        do throws(Fault) {
            guard !reader.isStrict else {
                let hint = Suggestion.nearest(to: name, in: fields.map(\.description.name))
                throw Fault(.unknownField, "There is no such field.\(hint.map { " Did you mean “\($0)”?" } ?? "")")
            }
            guard seen.insert(name).inserted else { throw Self.duplicate }
            try reader.skipValue()
        } catch {
            throw error.inside(name)
        }
    }

    private func index(of key: JSONKey, in reader: JSONReader, expecting expected: Int) -> Int? {
        if let name = key.unescaped { return fields.firstIndex { $0.description.name == name } }
        if expected < keys.count, reader.spells(keys[expected], key) { return expected }
        return keys.firstIndex { reader.spells($0, key) }
    }

    private static var duplicate: Fault {
        Fault(.duplicateField, "The field is there twice.")
    }
}

extension JSONReader {
    /// Whether the text has `encoded`, a quoted name with a colon behind it, as `key`.
    fileprivate func spells(_ encoded: [UInt8], _ key: JSONKey) -> Bool {
        guard encoded.count == key.range.count + 3 else { return false }
        var next = 1
        for position in key.range {
            guard bytes[position] == encoded[next] else { return false }
            next += 1
        }
        return true
    }
}
