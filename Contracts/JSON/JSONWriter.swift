/// Writes one JSON text into bytes, value after value.
///
/// The caller keeps the order: a key before each value of an object. Commas are put where they belong. Output is
/// compact UTF-8, and the same calls give the same bytes.
public struct JSONWriter: Sendable {
    /// What has been written so far.
    public private(set) var bytes: [UInt8]
    /// Whether the values of secret fields are replaced by ``mask``.
    public let masksSecrets: Bool
    private var needsComma = false

    /// What stands for a secret's value.
    public static let mask = "***"

    /// An empty text; `capacity` bytes are reserved for it.
    public init(capacity: Int = 256, maskingSecrets: Bool = false) {
        bytes = []
        bytes.reserveCapacity(capacity)
        masksSecrets = maskingSecrets
    }

    /// Opens an object.
    public mutating func beginObject() { open(ASCII.openBrace) }
    /// Closes the object opened last.
    public mutating func endObject() { close(ASCII.closeBrace) }
    /// Opens a list.
    public mutating func beginList() { open(ASCII.openBracket) }
    /// Closes the list opened last.
    public mutating func endList() { close(ASCII.closeBracket) }

    /// Writes a field's name; its value must follow.
    public mutating func key(_ name: String) {
        write(name)
        bytes.append(ASCII.colon)
        needsComma = false
    }

    /// Writes a field's name that is already quoted and followed by a colon.
    mutating func key(encoded: [UInt8]) {
        separate()
        bytes.append(contentsOf: encoded)
        needsComma = false
    }

    /// Writes `null`.
    public mutating func writeNull() { write(json: "null".utf8) }

    /// Writes `true` or `false`.
    public mutating func write(_ flag: Bool) { write(json: (flag ? "true" : "false").utf8) }

    /// Writes an integer in decimal.
    public mutating func write(_ integer: Int) {
        separate()
        bytes.appendDecimal(integer)
    }

    /// Writes the shortest text that reads back as `number`; JSON has no infinity and no NaN, they become `null`.
    public mutating func write(_ number: Double) {
        write(json: (number.isFinite ? number.description : "null").utf8)
    }

    /// Writes an instant as RFC 3339 text.
    public mutating func write(_ timestamp: Timestamp) {
        separate()
        bytes.append(ASCII.quote)
        timestamp.appendRFC3339(to: &bytes)
        bytes.append(ASCII.quote)
    }

    /// Writes an id as UUID text.
    public mutating func write(_ id: UniqueID) {
        separate()
        bytes.append(ASCII.quote)
        id.appendText(to: &bytes)
        bytes.append(ASCII.quote)
    }

    /// Writes a text, escaping what JSON asks for and nothing else.
    public mutating func write(_ text: String) {
        separate()
        bytes.append(ASCII.quote)
        if text.utf8.contains(where: Self.needsEscape) {
            for byte in text.utf8 { appendEscaped(byte) }
        } else {
            bytes.append(contentsOf: text.utf8)
        }
        bytes.append(ASCII.quote)
    }

    /// Writes bytes that are one JSON value already.
    public mutating func write(json: some Collection<UInt8>) {
        separate()
        bytes.append(contentsOf: json)
    }

    private mutating func separate() {
        if needsComma { bytes.append(ASCII.comma) }
        needsComma = true
    }

    private mutating func open(_ bracket: UInt8) {
        separate()
        bytes.append(bracket)
        needsComma = false
    }

    private mutating func close(_ bracket: UInt8) {
        bytes.append(bracket)
        needsComma = true
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == ASCII.quote || byte == ASCII.backslash
    }

    private mutating func appendEscaped(_ byte: UInt8) {
        guard Self.needsEscape(byte) else {
            bytes.append(byte)
            return
        }
        bytes.append(ASCII.backslash)
        switch byte {
        case ASCII.quote, ASCII.backslash: bytes.append(byte)
        case ASCII.lineFeed: bytes.append(UInt8(ascii: "n"))
        case ASCII.carriageReturn: bytes.append(UInt8(ascii: "r"))
        case ASCII.tab: bytes.append(UInt8(ascii: "t"))
        default:
            bytes.append(contentsOf: "u00".utf8)
            bytes.append(ASCII.hexDigit(byte >> 4))
            bytes.append(ASCII.hexDigit(byte & 15))
        }
    }
}
