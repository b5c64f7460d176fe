/// Takes pieces from the front of a fuzzer's bytes; when they are used up, everything is zero or empty.
struct FuzzInput {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    /// Whether nothing is left.
    var isEmpty: Bool { rest.isEmpty }

    /// One byte.
    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// A piece that a byte in front gives the length of.
    mutating func piece() -> [UInt8] {
        let count = Int(byte())
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    /// A piece as text; U+FFFD for what is none.
    mutating func text() -> String { String(decoding: piece(), as: UTF8.self) }

    /// Eight bytes as a number.
    mutating func word() -> UInt64 { (0..<8).reduce(0) { word, _ in word << 8 | UInt64(byte()) } }

    /// Everything that is left.
    mutating func remainder() -> [UInt8] {
        defer { rest = [] }
        return Array(rest)
    }

    /// The bytes that are read as this piece.
    static func piece(_ text: String) -> [UInt8] {
        let bytes = Array(text.utf8.prefix(255))
        return [UInt8(bytes.count)] + bytes
    }
}
