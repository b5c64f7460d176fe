/// PostgreSQL counts from 2000-01-01, everyone else from 1970-01-01.
private enum Epoch {
    static let days: Int32 = 10_957
    static let microseconds: Int64 = 946_684_800_000_000
}

/// `date`, as days since 1970-01-01. The extremes of `Int32` are PostgreSQL's `infinity` and `-infinity`.
package struct Date: Hashable, Comparable, Sendable, PostgresEncodable, PostgresDecodable {
    /// Days since 1970-01-01 in the proleptic Gregorian calendar.
    package let days: Int32

    /// A day. What PostgreSQL cannot count from its own epoch becomes infinite.
    package init(days: Int32) { self.days = days }

    /// Later than every other.
    package static let infinity = Date(days: .max)
    /// Earlier than every other.
    package static let negativeInfinity = Date(days: .min)

    package static func < (one: Date, other: Date) -> Bool { one.days < other.days }

    package static var type: TypeID { .date }
    package static var arrayType: TypeID { .dateArray }

    package func encode(into buffer: inout [UInt8]) {
        let (shifted, overflow) = days.subtractingReportingOverflow(Epoch.days)
        buffer.append(bigEndian: days == .max ? .max : overflow ? .min : shifted)
    }

    package init(binary: RawSpan, type: TypeID) throws(PostgresError) {
        guard type == .date else { throw .decoding("\(type) is not date") }
        let value: Int32 = try binary.onlyBigEndian()
        let (shifted, overflow) = value.addingReportingOverflow(Epoch.days)
        days = value == .min ? .min : overflow ? .max : shifted
    }
}

/// `timestamptz`, as microseconds since 1970-01-01 00:00 UTC. The extremes of `Int64` are PostgreSQL's `infinity` and
/// `-infinity`.
package struct TimestampTZ: Hashable, Comparable, Sendable, PostgresEncodable, PostgresDecodable {
    /// Microseconds since 1970-01-01 00:00 UTC, without leap seconds.
    package let microseconds: Int64

    /// A moment. What PostgreSQL cannot count from its own epoch becomes infinite.
    package init(microseconds: Int64) { self.microseconds = microseconds }

    /// Later than every other.
    package static let infinity = TimestampTZ(microseconds: .max)
    /// Earlier than every other.
    package static let negativeInfinity = TimestampTZ(microseconds: .min)

    package static func < (one: TimestampTZ, other: TimestampTZ) -> Bool { one.microseconds < other.microseconds }

    package static var type: TypeID { .timestamptz }
    package static var arrayType: TypeID { .timestamptzArray }

    package func encode(into buffer: inout [UInt8]) {
        let (shifted, overflow) = microseconds.subtractingReportingOverflow(Epoch.microseconds)
        buffer.append(bigEndian: microseconds == .max ? .max : overflow ? .min : shifted)
    }

    /// A `timestamp` without zone is refused: nothing says which moment it is.
    package init(binary: RawSpan, type: TypeID) throws(PostgresError) {
        guard type == .timestamptz else { throw .decoding("\(type) is not timestamptz") }
        let value: Int64 = try binary.onlyBigEndian()
        let (shifted, overflow) = value.addingReportingOverflow(Epoch.microseconds)
        microseconds = value == .min ? .min : overflow ? .max : shifted
    }
}
