extension Timestamp {
    /// `2026-05-04T10:02:03.123Z`: UTC, milliseconds, the rest cut off. Years outside 0000…9999 show as the nearest.
    public var rfc3339: String {
        var text: [UInt8] = []
        text.reserveCapacity(24)
        appendRFC3339(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// The instant of an RFC 3339 text: a date, `T` or a space, a time with any number of fractional digits, and `Z` or
    /// an offset such as `+02:00`. Digits beyond microseconds are cut off; second 60 is the second after 59.
    public init?(rfc3339: String) { self.init(rfc3339: rfc3339.utf8) }

    /// The same for text that is bytes already.
    init?(rfc3339: some Collection<UInt8>) {
        var scanner = DigitScanner(rfc3339)
        guard let year = scanner.number(4), scanner.take("-"),
            let month = scanner.number(2), scanner.take("-"), let day = scanner.number(2),
            (1...12).contains(month), day >= 1, day <= Self.days(inMonth: month, of: year),
            scanner.take("T") || scanner.take("t") || scanner.take(" "),
            let hour = scanner.number(2), scanner.take(":"), let minute = scanner.number(2), scanner.take(":"),
            let second = scanner.number(2), hour < 24, minute < 60, second <= 60,
            let fraction = scanner.fraction(), let offset = scanner.offset(), scanner.isAtEnd
        else { return nil }
        let days = Self.days(toYear: year, month: month, day: day)
        let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second
        self.init(microseconds: Int64(seconds) * 1_000_000 + Int64(fraction))
    }

    /// Appends the text of ``rfc3339``.
    func appendRFC3339(to text: inout [UInt8]) {
        let bounded = min(max(microseconds, Self.firstMicrosecond), Self.lastMicrosecond)
        let day = bounded.floored(by: 86_400_000_000)
        let milliseconds = UInt((bounded - day * 86_400_000_000) / 1000)
        let date = Self.date(ofDay: Int(day))
        text.appendDecimal(magnitude: UInt(date.year), width: 4)
        text.append(ASCII.hyphen)
        text.appendDecimal(magnitude: UInt(date.month), width: 2)
        text.append(ASCII.hyphen)
        text.appendDecimal(magnitude: UInt(date.day), width: 2)
        text.append(UInt8(ascii: "T"))
        text.appendDecimal(magnitude: milliseconds / 3_600_000, width: 2)
        text.append(ASCII.colon)
        text.appendDecimal(magnitude: milliseconds / 60_000 % 60, width: 2)
        text.append(ASCII.colon)
        text.appendDecimal(magnitude: milliseconds / 1000 % 60, width: 2)
        text.append(ASCII.dot)
        text.appendDecimal(magnitude: milliseconds % 1000, width: 3)
        text.append(UInt8(ascii: "Z"))
    }

    private static let firstMicrosecond = Int64(days(toYear: 0, month: 1, day: 1)) * 86_400_000_000
    private static let lastMicrosecond = Int64(days(toYear: 10_000, month: 1, day: 1)) * 86_400_000_000 - 1

    private static func days(inMonth month: Int, of year: Int) -> Int {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : (month + month / 8) % 2 == 1 ? 31 : 30
    }

    /// Days since 1970-01-01 in the proleptic Gregorian calendar. Years begin in March here, which puts the leap day
    /// last; 719,468 is the number of days from 0000-03-01 to 1970-01-01.
    private static func days(toYear year: Int, month: Int, day: Int) -> Int {
        let shifted = month > 2 ? year : year - 1
        let era = shifted.floored(by: 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The date that is so many days after 1970-01-01: the inverse of ``days(toYear:month:day:)``.
    private static func date(ofDay day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = shifted.floored(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}

extension FixedWidthInteger {
    /// The quotient, rounded down also for negative numbers.
    fileprivate func floored(by divisor: Self) -> Self {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
