extension JSONReader {
    /// Where a number lies, and whether it has neither fraction nor exponent.
    private struct NumberSpan {
        let range: Range<Int>
        let isPlain: Bool
    }

    /// Reads a whole number, exactly: `3600`, and also `3600.0` and `3.6e3`, which JSON Schema calls integers too.
    ///
    /// Throws ``Fault/Code/outOfRange`` for what `Int` cannot hold and ``Fault/Code/wrongType`` for a fraction.
    public mutating func readInteger() throws(Fault) -> Int {
        let span = try scanNumber("an integer")
        guard span.isPlain, span.range.count <= 18 else { return try exactInteger(span.range) }
        var value = 0
        var next = span.range.lowerBound
        let isNegative = bytes[next] == ASCII.hyphen
        if isNegative { next += 1 }
        while next < span.range.upperBound {
            value = value &* 10 &+ Int(bytes[next] &- ASCII.zero)
            next += 1
        }
        return isNegative ? -value : value
    }

    /// Reads a number as the nearest `Double`; out of range when there is none but infinity.
    public mutating func readNumber() throws(Fault) -> Double {
        let span = try scanNumber("a number")
        guard let value = Double(String(decoding: bytes[span.range], as: UTF8.self)), value.isFinite else {
            throw Fault(.outOfRange, "The number is too large.")
        }
        return value
    }

    /// Passes over a number and returns where it lies.
    mutating func scanNumber() throws(Fault) -> Range<Int> {
        try scanNumber("a number").range
    }

    private mutating func scanNumber(_ expected: String) throws(Fault) -> NumberSpan {
        let first = peek()
        guard first == ASCII.hyphen || ASCII.isDigit(first) else { throw mismatch(expected) }
        let start = position
        if first == ASCII.hyphen { position += 1 }
        if byteHere == ASCII.zero {
            position += 1
        } else {
            try scanDigits()
        }
        var isPlain = true
        if byteHere == ASCII.dot {
            isPlain = false
            position += 1
            try scanDigits()
        }
        if byteHere | 0x20 == UInt8(ascii: "e") {
            isPlain = false
            position += 1
            if byteHere == ASCII.plus || byteHere == ASCII.hyphen { position += 1 }
            try scanDigits()
        }
        return NumberSpan(range: start..<position, isPlain: isPlain)
    }

    private var byteHere: UInt8 {
        position < bytes.count ? bytes[position] : 0
    }

    private mutating func scanDigits() throws(Fault) {
        guard ASCII.isDigit(byteHere) else { throw malformed("a digit") }
        while ASCII.isDigit(byteHere) { position += 1 }
    }

    /// The integer that digits, fraction and exponent make together, without rounding on the way.
    private func exactInteger(_ range: Range<Int>) throws(Fault) -> Int {
        var digits: [UInt8] = []
        var exponent = 0
        var isFraction = false
        var next = range.lowerBound
        let isNegative = bytes[next] == ASCII.hyphen
        if isNegative { next += 1 }
        while next < range.upperBound, bytes[next] | 0x20 != UInt8(ascii: "e") {
            if bytes[next] == ASCII.dot {
                isFraction = true
            } else {
                if isFraction { exponent -= 1 }
                if !digits.isEmpty || bytes[next] != ASCII.zero { digits.append(bytes[next] - ASCII.zero) }
            }
            next += 1
        }
        if next < range.upperBound { exponent += writtenExponent(next + 1..<range.upperBound) }
        while digits.last == 0 {
            digits.removeLast()
            exponent += 1
        }
        if digits.isEmpty { return 0 }
        guard exponent >= 0 else { throw Fault(.wrongType, "Expected an integer, found a fraction.") }
        guard digits.count + exponent <= 19 else { throw Self.integerOverflow }
        digits.append(contentsOf: repeatElement(0, count: exponent))
        var value: Int64 = 0
        for digit in digits {
            let (shifted, high) = value.multipliedReportingOverflow(by: 10)
            let step = isNegative ? -Int64(digit) : Int64(digit)
            let (sum, low) = shifted.addingReportingOverflow(step)
            guard !high, !low else { throw Self.integerOverflow }
            value = sum
        }
        return Int(value)
    }

    /// The exponent's value, held within bounds that no message is long enough to make matter.
    private func writtenExponent(_ range: Range<Int>) -> Int {
        var value = 0
        for byte in bytes[range] where ASCII.isDigit(byte) {
            value = min(value * 10 + Int(byte - ASCII.zero), 1_000_000_000)
        }
        return bytes[range.lowerBound] == ASCII.hyphen ? -value : value
    }

    private static var integerOverflow: Fault {
        Fault(.outOfRange, "The integer does not fit into 64 bits.")
    }
}
