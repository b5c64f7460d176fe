/// Something that travels as a JSON object, described by one table of fields.
///
/// The table is all there is to write: it drives the decoder, the encoder, the JSON Schema and the command line's
/// hints.
/// `init()` gives each field its default; a required field's default is never seen.
public protocol Message: Sendable {
    /// A message of defaults.
    init()

    /// The fields, in the order in which they are written. Store it (`static let`): it is asked for at every message.
    static var fields: FieldTable<Self> { get }

    /// Checks what no single field can: throws for fields that contradict each other. Does nothing unless written.
    static func validate(_ message: Self) throws(Fault)

    /// Whether text that is no text is taken, with U+FFFD for what is wrong in it; see ``JSONReader/repairsText``.
    /// False unless the message carries what people wrote elsewhere, such as lines of logs.
    static var repairsText: Bool { get }

    /// Decodes the object that comes next, by the table unless written otherwise.
    init(reading reader: inout JSONReader) throws(Fault)

    /// Writes the message as one JSON object, by the table unless written otherwise.
    func write(to writer: inout JSONWriter)
}

extension Message {
    /// Accepts every combination of fields.
    public static func validate(_ message: Self) throws(Fault) {}

    /// Refuses what is no text.
    public static var repairsText: Bool { false }

    /// Decodes a message.
    ///
    /// A strict reader refuses a field that the table does not have, and suggests one that it has; otherwise such a
    /// field is passed over, so that producers may be upgraded before workers. `null` counts as absent where a field
    /// may be absent. Throws the first fault found, with a pointer to it.
    public init(json: [UInt8], strict: Bool = false) throws(Fault) {
        var reader = JSONReader(json, strict: strict, repairingText: Self.repairsText)
        self = try Self(reading: &reader)
        try reader.finish()
    }

    /// Decodes the object that comes next.
    public init(reading reader: inout JSONReader) throws(Fault) {
        self.init()
        try Self.fields.read(into: &self, from: &reader)
        try Self.validate(self)
    }

    /// The message as compact JSON: fields in the order of the table, absent ones left out.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }

    /// The message as JSON for people and logs: the values of secret fields are replaced by ``JSONWriter/mask``.
    public func maskedJSON() -> [UInt8] {
        var writer = JSONWriter(maskingSecrets: true)
        write(to: &writer)
        return writer.bytes
    }

    /// Writes the message as one JSON object.
    public func write(to writer: inout JSONWriter) {
        writer.beginObject()
        Self.fields.write(self, to: &writer)
        writer.endObject()
    }
}
