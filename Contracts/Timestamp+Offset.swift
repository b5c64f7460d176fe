extension Timestamp {
    /// The same instant as a clock shows it that is `seconds` ahead of UTC: `2026-05-04T12:02:03+02:00`, RFC 3339
    /// without fractions. Seconds of the offset are cut off, as the format has none.
    public func rfc3339(secondsAhead seconds: Int) -> String {
        let minutes = seconds / 60
        var text: [UInt8] = []
        Timestamp(microseconds: microseconds + Int64(minutes) * 60_000_000).appendRFC3339(to: &text)
        // The fraction and the Z: five characters.
        text.removeLast(5)
        text.append(minutes < 0 ? ASCII.hyphen : UInt8(ascii: "+"))
        text.appendDecimal(magnitude: (minutes / 60).magnitude, width: 2)
        text.append(ASCII.colon)
        text.appendDecimal(magnitude: (minutes % 60).magnitude, width: 2)
        return String(decoding: text, as: UTF8.self)
    }
}
