extension [UInt8] {
    /// Appends `integer` in decimal digits.
    mutating func appendDecimal(_ integer: Int) {
        if integer < 0 { append(ASCII.hyphen) }
        appendDecimal(magnitude: integer.magnitude, width: 1)
    }

    /// Appends `magnitude` in decimal digits, with zeros in front up to `width` digits.
    mutating func appendDecimal(magnitude: UInt, width: Int) {
        let start = count
        var rest = magnitude
        repeat {
            append(ASCII.zero + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0 || count - start < width
        self[start...].reverse()
    }
}
