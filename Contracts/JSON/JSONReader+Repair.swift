extension JSONReader {
    /// Reads a text as its UTF-8, which is a part of what is being read wherever the text stands there as it is.
    ///
    /// What is no text is a fault, or repaired if ``repairsText``. U+0000 is never in the result.
    mutating func readTextBytes() throws(Fault) -> ArraySlice<UInt8> {
        guard peek() == ASCII.quote else { throw mismatch("text") }
        let span = try scanText()
        if span.isPlain { return bytes[span.range] }
        guard repairsText else { return ArraySlice(try text(in: span).utf8) }
        return try repairedText(in: span)
    }

    /// Reads a text, or any other value as the text that it is written with; nothing for null.
    mutating func readAnyTextBytes() throws(Fault) -> ArraySlice<UInt8>? {
        if peek() == ASCII.quote { return try readTextBytes() }
        if try readNull() { return nil }
        return Self.repaired(bytes[try skipValue()])
    }

    /// The text at `span` with U+FFFD for what is no text in it.
    func repairedText(in span: TextSpan) throws(Fault) -> ArraySlice<UInt8> {
        Self.repaired(try unescaped(span.range))
    }

    private static func repaired(_ slice: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        if isText(slice) { return slice }
        return repairedCopy(of: slice)
    }

    /// The same text with U+FFFD for U+0000 and for bytes that are no UTF-8.
    static func repairedCopy(of bytes: some Collection<UInt8>) -> ArraySlice<UInt8> {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + 16)
        for byte in String(decoding: bytes, as: UTF8.self).utf8 {
            if byte == 0 { result.append(contentsOf: [0xEF, 0xBF, 0xBD]) } else { result.append(byte) }
        }
        return ArraySlice(result)
    }

    private static func isText(_ slice: ArraySlice<UInt8>) -> Bool {
        guard !slice.contains(0) else { return false }
        do {
            _ = try UTF8Span(validating: slice.span)
            return true
        } catch {
            return false
        }
    }
}
