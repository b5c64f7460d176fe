extension JSONReader {
    /// Reads `true` or `false`.
    public mutating func readFlag() throws(Fault) -> Bool {
        switch peek() {
        case UInt8(ascii: "t"):
            try readWord("true")
            return true
        case UInt8(ascii: "f"):
            try readWord("false")
            return false
        default: throw mismatch("true or false")
        }
    }

    /// Takes a `null` if one is next, and says whether it did.
    public mutating func readNull() throws(Fault) -> Bool {
        guard peek() == UInt8(ascii: "n") else { return false }
        try readWord("null")
        return true
    }

    /// Reads a text, or a number or flag as the text that it is written with.
    mutating func readCell() throws(Fault) -> String {
        switch peek() {
        case ASCII.hyphen, ASCII.zero...ASCII.nine, UInt8(ascii: "t"), UInt8(ascii: "f"):
            return String(decoding: bytes[try skipValue()], as: UTF8.self)
        default: return try readText()
        }
    }

    /// Passes over any value, checking it as strictly as one that is read, and returns where it lies.
    @discardableResult
    public mutating func skipValue() throws(Fault) -> Range<Int> {
        let byte = peek()
        let start = position
        switch byte {
        case ASCII.openBrace:
            try enterObject()
            while try nextKey() != nil { try skipValue() }
        case ASCII.openBracket:
            try enterList()
            while try nextElement() { try skipValue() }
        case ASCII.quote:
            let span = try scanText()
            if !span.isPlain { _ = try text(in: span) }
        case UInt8(ascii: "t"), UInt8(ascii: "f"): _ = try readFlag()
        case UInt8(ascii: "n"): _ = try readNull()
        default:
            guard byte == ASCII.hyphen || ASCII.isDigit(byte) else { throw malformed("a value") }
            _ = try scanNumber()
        }
        return start..<position
    }

    /// The fault of a value of the wrong type, or of no value at all.
    func mismatch(_ expected: String) -> Fault {
        let found: String
        switch position < bytes.count ? bytes[position] : 0 {
        case ASCII.openBrace: found = "an object"
        case ASCII.openBracket: found = "a list"
        case ASCII.quote: found = "text"
        case UInt8(ascii: "t"), UInt8(ascii: "f"): found = "true or false"
        case UInt8(ascii: "n"): found = "null"
        case ASCII.hyphen, ASCII.zero...ASCII.nine: found = "a number"
        default: return malformed(expected)
        }
        return Fault(.wrongType, "Expected \(expected), found \(found).")
    }

    /// The fault of a text that is not JSON at this position.
    func malformed(_ expected: String) -> Fault {
        guard position < bytes.count else {
            return Fault(.malformed, bytes.isEmpty ? "The body is empty." : "Expected \(expected), but the text ends.")
        }
        return Fault(.malformed, "Expected \(expected) at byte \(position).")
    }

    private mutating func readWord(_ word: String) throws(Fault) {
        let end = position + word.utf8.count
        guard end <= bytes.count, bytes[position..<end].elementsEqual(word.utf8) else {
            throw malformed(word)
        }
        position = end
    }
}
