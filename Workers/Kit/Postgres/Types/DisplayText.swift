/// A value as a person reads it; hexadecimal for a type that is not known here.
func displayText(_ binary: RawSpan, type: TypeID) -> String {
    func attempt<T: PostgresDecodable>(_: T.Type, _ text: (T) -> String) -> String? {
        do throws(PostgresError) { return text(try T(binary: binary, type: type)) } catch { return nil }
    }
    let known: String? =
        switch type {
        case .bool: attempt(Bool.self) { $0 ? "true" : "false" }
        case .int2, .int4, .int8, .oid: attempt(Int.self) { String($0) }
        case .float4, .float8: attempt(Double.self) { String($0) }
        case .date: attempt(Date.self) { $0.description }
        case .timestamptz: attempt(TimestampTZ.self) { $0.description }
        case .textArray: attempt([String?].self) { "{\($0.map { $0 ?? "NULL" }.joined(separator: ","))}" }
        case .int2Array, .int4Array, .int8Array:
            attempt([Int?].self) { "{\($0.map { $0.map { String($0) } ?? "NULL" }.joined(separator: ","))}" }
        case .bytea: nil
        default: attempt(String.self) { $0 }
        }
    return known ?? hexadecimal(binary)
}

private func hexadecimal(_ binary: RawSpan) -> String {
    let digits = Array("0123456789abcdef".utf8)
    let text = binary.array.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 0xF)]] }
    return "\\x" + String(decoding: text, as: UTF8.self)
}

extension Date: CustomStringConvertible {
    /// `2026-11-21`, by the algorithm "civil_from_days" of H. Hinnant.
    package var description: String {
        if self == .infinity { return "infinity" }
        if self == .negativeInfinity { return "-infinity" }
        let shifted = Int(days) + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }
}

extension TimestampTZ: CustomStringConvertible {
    /// `2026-11-21T04:05:06.789012Z`: RFC 3339 in UTC, with microseconds.
    package var description: String {
        if self == .infinity { return "infinity" }
        if self == .negativeInfinity { return "-infinity" }
        let day: Int64 = 86_400_000_000
        let days = microseconds >= 0 ? microseconds / day : -((-microseconds + day - 1) / day)
        let rest = Int(microseconds - days * day)
        let seconds = rest / 1_000_000
        let time = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { padded($0, 2) }.joined(separator: ":")
        return "\(Date(days: Int32(days)))T\(time).\(padded(rest % 1_000_000, 6))Z"
    }
}

private func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number.magnitude)
    let zeros = String(repeating: "0", count: max(0, width - digits.count))
    return (number < 0 ? "-" : "") + zeros + digits
}
