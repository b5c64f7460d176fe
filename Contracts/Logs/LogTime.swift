/// Times of lines: nanoseconds since 1970 UTC.
enum LogTime {
    /// A whole number of nanoseconds, as Loki writes times.
    static func nanoseconds(_ digits: ArraySlice<UInt8>) -> Int64? {
        guard (1...19).contains(digits.count) else { return nil }
        var value: Int64 = 0
        for byte in digits {
            guard ASCII.isDigit(byte) else { return nil }
            let (scaled, high) = value.multipliedReportingOverflow(by: 10)
            let (sum, low) = scaled.addingReportingOverflow(Int64(byte - ASCII.zero))
            guard !high, !low else { return nil }
            value = sum
        }
        return value
    }

    /// A time as people and programs write it: RFC 3339, or a number since 1970 whose size tells whether it counts
    /// seconds, milliseconds, microseconds or nanoseconds. The years 1973 to 5138 are told apart.
    static func any(_ text: ArraySlice<UInt8>) -> Int64? {
        let isNumber = text.allSatisfy { ASCII.isDigit($0) || $0 == ASCII.dot }
        return isNumber ? epoch(text) : rfc3339(text)
    }

    /// A time as ``any(_:)`` reads it: nanoseconds, and before 1973, where those would be taken for microseconds,
    /// seconds with nine decimals.
    static func text(_ time: Int64) -> String {
        guard (0..<100_000_000_000_000_000).contains(time) else { return String(time) }
        let fraction = String(time % 1_000_000_000)
        return "\(time / 1_000_000_000).\(String(repeating: "0", count: 9 - fraction.utf8.count))\(fraction)"
    }

    private static func epoch(_ text: ArraySlice<UInt8>) -> Int64? {
        let parts = text.split(separator: ASCII.dot, maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first.flatMap(nanoseconds) else { return nil }
        var unit: Int64
        switch whole {
        case ..<100_000_000_000: unit = 1_000_000_000
        case ..<100_000_000_000_000: unit = 1_000_000
        case ..<100_000_000_000_000_000: unit = 1000
        default: unit = 1
        }
        var (total, overflow) = whole.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        guard parts.count == 2 else { return total }
        guard !parts[1].isEmpty else { return nil }
        for byte in parts[1] {
            guard ASCII.isDigit(byte) else { return nil }
            unit /= 10
            (total, overflow) = total.addingReportingOverflow(Int64(byte - ASCII.zero) * unit)
            guard !overflow else { return nil }
        }
        return total
    }

    /// To the nanosecond, unlike ``Timestamp``.
    private static func rfc3339(_ text: ArraySlice<UInt8>) -> Int64? {
        guard text.count <= 64, let time = Timestamp(rfc3339: text) else { return nil }
        let (scaled, overflow) = time.microseconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return nil }
        let fraction = (text.firstIndex(of: ASCII.dot).map { text[($0 + 1)...] } ?? []).prefix { ASCII.isDigit($0) }
        var rest: Int64 = 0
        for place in 6..<9 {
            rest = rest * 10 + (place < fraction.count ? Int64(fraction[fraction.startIndex + place] - ASCII.zero) : 0)
        }
        let (sum, isTooLate) = scaled.addingReportingOverflow(rest)
        return isTooLate ? nil : sum
    }
}
