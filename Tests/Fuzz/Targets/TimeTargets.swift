@testable import Contracts

extension FuzzTarget {
    /// Times against counting.
    static let times = FuzzTarget(
        name: "times", summary: "times: RFC 3339 as bytes, as text and by counting; numbers since 1970",
        seeds: {
            [
                "2026-05-04T10:02:03Z", "2026-05-04t10:02:03.123456789z", "2024-02-29 23:59:60.5+02:00",
                "0000-01-01T00:00:00-23:59", "9999-12-31T23:59:59.999999Z", "1900-02-29T00:00:00Z",
                "1969-12-31T23:59:59.999999999Z", "2262-04-11T23:47:16.854775807Z", "1779876123", "1779876123.25",
                "1779876123000", "1779876123000000", "1779876123000000000", "9223372036", "0", "2026-05-04T10:02:03.Z",
            ].map { Array($0.utf8) }
        },
        check: { bytes in
            let fast = Timestamp(rfc3339: bytes)
            if let text = String(validating: bytes, as: UTF8.self) {
                try requireSame(Timestamp(rfc3339: text), fast, "the time of the text")
            }
            try requireSame(Timestamp(rfc3339: bytes[...]), fast, "the time of a slice")
            let nanoseconds = PlainTime.nanoseconds(rfc3339: bytes)
            // Cut down, not to the nearest: the microsecond that has begun.
            let microseconds = nanoseconds.map { value in (value - (value % 1000 + 1000) % 1000) / 1000 }
            try requireSame(fast.map { Int128($0.microseconds) }, microseconds, "microseconds")
            if let fast { try checkText(of: fast) }
            let isNumber = bytes.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
            let plain = isNumber ? PlainTime.nanoseconds(epoch: bytes) : bytes.count <= 64 ? nanoseconds : nil
            try requireSame(
                LogTime.any(bytes[...]), plain.flatMap { Int64(exactly: $0) }, "nanoseconds of a line's time")
            // Where the bytes lie in a message makes no difference.
            try requireSame(
                LogTime.any(([0x22, 0x30] + bytes + [0x30])[2..<2 + bytes.count]), LogTime.any(bytes[...]),
                "nanoseconds from the middle of a message")
        })

    private static func checkText(of time: Timestamp) throws {
        let text = time.rfc3339
        let again = Timestamp(rfc3339: text)
        try requireSame(again?.rfc3339, text, "the time written twice")
        let millisecond = (time.microseconds - (time.microseconds % 1000 + 1000) % 1000) / 1000
        let year = Int(text.prefix(4)) ?? 0
        // An offset may lead out of the years that a text can show; the nearest is shown then.
        guard (1...9998).contains(year) else { return }
        try requireSame(again.map { $0.microseconds }, millisecond * 1000, "the time read again")
        for offset in [3600, -12_600, 50_400] {
            try requireSame(
                Timestamp(rfc3339: time.rfc3339(secondsAhead: offset)).map { $0.microseconds },
                (time.microseconds - (time.microseconds % 1_000_000 + 1_000_000) % 1_000_000), "with an offset")
        }
    }
}
