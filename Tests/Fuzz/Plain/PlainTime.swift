/// Times, read the plain way: no arithmetic but counting, in integers that cannot overflow.
enum PlainTime {
    /// Nanoseconds since 1970 of an RFC 3339 text, to the digit; nothing when it is none.
    static func nanoseconds(rfc3339 bytes: [UInt8]) -> Int128? {
        guard let text = String(validating: bytes, as: UTF8.self), text.utf8.allSatisfy({ $0 < 0x80 }) else {
            return nil
        }
        let all = text.unicodeScalars.map { Character($0) }
        guard all.count >= 20, all[4] == "-", all[7] == "-", "Tt ".contains(all[10]), all[13] == ":", all[16] == ":",
            let year = number(all[0..<4]), let month = number(all[5..<7]), let day = number(all[8..<10]),
            let hour = number(all[11..<13]), let minute = number(all[14..<16]), let second = number(all[17..<19])
        else { return nil }
        guard (1...12).contains(month), day >= 1, day <= days(in: month, of: year), hour <= 23, minute <= 59,
            second <= 60
        else { return nil }
        var rest = all[19...]
        var fraction: Int128 = 0
        if rest.first == "." {
            let digits = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
            guard !digits.isEmpty else { return nil }
            fraction = Int128(String((digits + "000000000").prefix(9)))!
            rest = rest.dropFirst(1 + digits.count)
        }
        guard let offset = offset(rest) else { return nil }
        var count = 0
        for passed in 1970..<max(1970, year) { count += isLeap(passed) ? 366 : 365 }
        for passed in year..<max(1970, year) { count -= isLeap(passed) ? 366 : 365 }
        for passed in 1..<month { count += days(in: passed, of: year) }
        count += day - 1
        let seconds = ((count * 24 + hour) * 60 + minute - offset) * 60 + second
        return Int128(seconds) * 1_000_000_000 + fraction
    }

    /// Nanoseconds since 1970 of a number whose size tells its unit; nothing when it is none or does not fit.
    static func nanoseconds(epoch bytes: [UInt8]) -> Int128? {
        let parts = bytes.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, (1...19).contains(first.count), first.allSatisfy(isDigit),
            let whole = Int128(String(decoding: first, as: UTF8.self)), whole <= Int128(Int64.max)
        else { return nil }
        let digits =
            whole < 100_000_000_000 ? 9 : whole < 100_000_000_000_000 ? 6 : whole < 100_000_000_000_000_000 ? 3 : 0
        var fraction = ""
        if parts.count == 2 {
            guard !parts[1].isEmpty, parts[1].allSatisfy(isDigit) else { return nil }
            fraction = String(decoding: parts[1].prefix(digits), as: UTF8.self)
        }
        fraction += String(repeating: "0", count: digits - fraction.utf8.count)
        return Int128(String(whole) + fraction)!
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func number(_ digits: ArraySlice<Character>) -> Int? {
        digits.allSatisfy { $0.isASCII && $0.isNumber } ? Int(String(digits)) : nil
    }

    private static func offset(_ text: ArraySlice<Character>) -> Int? {
        if text.count == 1 { return "Zz".contains(text.first!) ? 0 : nil }
        let all = Array(text)
        guard all.count == 6, "+-".contains(all[0]), all[3] == ":", let hours = number(all[1..<3]),
            let minutes = number(all[4..<6]), hours <= 23, minutes <= 59
        else { return nil }
        return (hours * 60 + minutes) * (all[0] == "-" ? -1 : 1)
    }

    private static func isLeap(_ year: Int) -> Bool { year % 400 == 0 || year % 4 == 0 && year % 100 != 0 }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
