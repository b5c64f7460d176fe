extension JSONReader {
    /// Where a text lies between its quotes, and how it must be read.
    struct TextSpan {
        let range: Range<Int>
        /// Whether the bytes spell the text: ASCII without escapes and U+0000.
        let isPlain: Bool
    }

    /// Reads a text.
    public mutating func readText() throws(Fault) -> String {
        guard peek() == ASCII.quote else { throw mismatch("text") }
        return try text(in: try scanText())
    }

    /// The name that `key` spells.
    func text(of key: JSONKey) -> String {
        key.unescaped ?? String(decoding: bytes[key.range], as: UTF8.self)
    }

    /// Passes over a text from its opening quote on. Escapes and UTF-8 are checked by ``text(in:)``.
    mutating func scanText() throws(Fault) -> TextSpan {
        let start = position + 1
        var next = start
        var isPlain = true
        while next < bytes.count {
            let byte = bytes[next]
            if byte == ASCII.quote {
                position = next + 1
                return TextSpan(range: start..<next, isPlain: isPlain)
            }
            if byte == ASCII.backslash {
                isPlain = false
                next += 1
            } else if byte < 0x20, repairsText {
                if byte == 0 { isPlain = false }
            } else if byte < 0x20 {
                position = next
                if byte == 0 { throw Fault(.nulCharacter, "The text has U+0000.") }
                throw malformed("a control character in the form of an escape")
            } else if byte >= 0x80 {
                isPlain = false
            }
            next += 1
        }
        position = bytes.count
        throw malformed("a closing quote")
    }

    /// The text at `span`.
    func text(in span: TextSpan) throws(Fault) -> String {
        if span.isPlain { return String(decoding: bytes[span.range], as: UTF8.self) }
        if repairsText { return String(decoding: try repairedText(in: span), as: UTF8.self) }
        guard let text = String(validating: try unescaped(span.range), as: UTF8.self) else {
            throw Fault(.invalidUTF8, "The text is not UTF-8.")
        }
        return text
    }

    /// The bytes at `range` without escapes; the very bytes if there are none.
    func unescaped(_ range: Range<Int>) throws(Fault) -> ArraySlice<UInt8> {
        let slice = bytes[range]
        return slice.contains(ASCII.backslash) ? ArraySlice(try unescape(range)) : slice
    }

    private func unescape(_ range: Range<Int>) throws(Fault) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(range.count)
        var next = range.lowerBound
        while next < range.upperBound {
            let run = bytes[next..<range.upperBound].prefix { $0 != ASCII.backslash }
            result.append(contentsOf: run)
            guard run.endIndex < range.upperBound else { break }
            next = run.endIndex + 1
            // An escape always has a second byte: scanning took the two together.
            switch bytes[next] {
            case ASCII.quote, ASCII.backslash, ASCII.slash: result.append(bytes[next])
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "n"): result.append(ASCII.lineFeed)
            case UInt8(ascii: "r"): result.append(ASCII.carriageReturn)
            case UInt8(ascii: "t"): result.append(ASCII.tab)
            case UInt8(ascii: "u"):
                next += 1
                result.append(contentsOf: String(try scalar(at: &next, before: range.upperBound)).utf8)
                continue
            default: throw Fault(.malformed, "Unknown escape at byte \(next - 1).")
            }
            next += 1
        }
        return result
    }

    /// The character of an escape whose four digits start at `next`, together with its second half if it has one.
    private func scalar(at next: inout Int, before end: Int) throws(Fault) -> Unicode.Scalar {
        let first = try hexUnit(at: &next, before: end)
        if first == 0, repairsText { return Self.replacement }
        if first == 0 { throw Fault(.nulCharacter, "The text has U+0000.") }
        if let scalar = Unicode.Scalar(UInt32(first)) { return scalar }
        let isPair =
            UTF16.isLeadSurrogate(first) && next + 1 < end
            && bytes[next] == ASCII.backslash && bytes[next + 1] == UInt8(ascii: "u")
        if isPair {
            let afterFirst = next
            next += 2
            let second = try hexUnit(at: &next, before: end)
            if UTF16.isTrailSurrogate(second) {
                let offset = (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
                if let scalar = Unicode.Scalar(0x10000 + offset) { return scalar }
            }
            // The escape behind half a pair is a character of its own.
            next = afterFirst
        }
        if repairsText { return Self.replacement }
        throw Fault(.invalidUTF8, "The text has half of a surrogate pair.")
    }

    /// Stands for what is no text.
    private static let replacement: Unicode.Scalar = "\u{FFFD}"

    private func hexUnit(at next: inout Int, before end: Int) throws(Fault) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard next < end, let digit = ASCII.hexValue(bytes[next]) else {
                throw Fault(.malformed, "Expected four hexadecimal digits at byte \(next).")
            }
            unit = unit << 4 | UInt16(digit)
            next += 1
        }
        return unit
    }
}
