import Contracts
import Foundation
import Testing

struct TimestampTests {
    @Test(
        "RFC 3339 texts are read",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.000001Z", 1), ("1969-12-31T23:59:59.999999Z", -1),
            ("2026-05-04T10:02:03.123Z", 1_777_888_923_123_000), ("2026-05-04t12:02:03.123z", 1_777_896_123_123_000),
            ("2026-05-04 12:02:03.1230009+02:00", 1_777_888_923_123_000),
            ("2026-05-04T05:32:03.123-04:30", 1_777_888_923_123_000), ("2000-02-29T00:00:00Z", 951_782_400_000_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000_000), ("0000-01-01T00:00:00Z", -62_167_219_200_000_000),
            ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
            ("2026-05-04T10:02:03-00:00", 1_777_888_923_000_000),
        ] as [(String, Int64)])
    func reads(text: String, microseconds: Int64) {
        #expect(Timestamp(rfc3339: text)?.microseconds == microseconds)
    }

    @Test(
        "Other texts are no times",
        arguments: [
            "", "2026-05-04", "2026-05-04T10:02:03", "2026-05-04T10:02Z", "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
            "2026-05-00T00:00:00Z", "2026-05-04T24:00:00Z", "2026-05-04T10:60:00Z", "2026-05-04T10:00:61Z",
            "2026-05-04T10:00:00.Z", "2026-05-04T10:00:00+2:00", "2026-05-04T10:00:00+24:00", "2026-05-04T10:00:00ZZ",
            "2026-05-04T10:00:00Z ", "26-05-04T10:00:00Z", "+026-05-04T10:00:00Z", "2026-05-04T10:00:00,5Z",
        ])
    func refuses(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test(
        "Times are written in UTC with milliseconds",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (1_777_888_923_123_999, "2026-05-04T10:02:03.123Z"), (951_782_400_000_000, "2000-02-29T00:00:00.000Z"),
            (.max, "9999-12-31T23:59:59.999Z"), (.min, "0000-01-01T00:00:00.000Z"),
        ] as [(Int64, String)])
    func writes(microseconds: Int64, text: String) {
        #expect(Timestamp(microseconds: microseconds).rfc3339 == text)
    }

    @Test("The calendar is that of Foundation, since the Gregorian one began")
    func calendar() {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        var source = SplitMix(state: 7)
        for _ in 0..<5000 {
            let milliseconds = Int64.random(in: -12_000_000_000_000...30_000_000_000_000, using: &source)
            let time = Timestamp(microseconds: milliseconds * 1000)
            let date = Date(timeIntervalSince1970: Double(milliseconds) / 1000 + 0.0001)
            #expect(time.rfc3339 == date.formatted(style))
            #expect(Timestamp(rfc3339: time.rfc3339) == time)
        }
    }

    @Test("Durations move times, and the ends of time hold")
    func arithmetic() {
        let time = Timestamp(microseconds: 1_000_000)
        #expect(time + .milliseconds(1500) == Timestamp(microseconds: 2_500_000))
        #expect(time - .seconds(2) == Timestamp(microseconds: -1_000_000))
        #expect(time - Timestamp(microseconds: 250_000) == .milliseconds(750))
        #expect(Timestamp(microseconds: .max) + .seconds(1) == Timestamp(microseconds: .max))
        #expect(Timestamp(microseconds: .min) - .seconds(1) == Timestamp(microseconds: .min))
        #expect(time + .seconds(Int64.max) == Timestamp(microseconds: .max))
        #expect(Timestamp(microseconds: 1) < Timestamp(microseconds: 2))
    }

    @Test("The clock is the system's")
    func clock() {
        let seconds = Date().timeIntervalSince1970
        #expect(abs(Double(Timestamp.now.microseconds) / 1_000_000 - seconds) < 60)
    }
}
