extension [UInt8] {
    /// Appends `integer` in decimal digits.
    mutating func appendDecimal(_ integer: Int) {
        if integer < 0 { append(ASCII.hyphen) }
        appendDecimal(magnitude: integer.magnitude, width: 1)
    }

    /// Appends `magnitude` in decimal digits, with zeros in front up to `width` digits.
    mutating func appendDecimal(magnitude: UInt, width: Int) {
        var digits = width
        var bound: UInt = 1
        for _ in 0..<width { bound *= 10 }
        while digits < 20, magnitude >= bound {
            digits += 1
            let (next, overflow) = bound.multipliedReportingOverflow(by: 10)
            if overflow { break }
            bound = next
        }
        var place = count + digits
        append(contentsOf: repeatElement(ASCII.zero, count: digits))
        var span = mutableSpan
        var rest = magnitude
        while rest > 0 {
            place -= 1
            span[place] = ASCII.zero + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }
}
