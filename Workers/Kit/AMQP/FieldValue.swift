/// One value of an AMQP field table.
///
/// Every type of AMQP 0-9-1 and of RabbitMQ is read. Narrow integers widen to `int`, single floats and decimals to
/// `double`, and an unsigned 64-bit integer above `Int.max` is clamped. A long string that is not UTF-8 is read as
/// `bytes`, and what is nested more than 32 levels deep as `void`.
public enum FieldValue: Hashable, Sendable {
    /// A boolean.
    case bool(Bool)
    /// An integer, sent as a signed 64-bit integer.
    case int(Int)
    /// A floating-point number, sent as an IEEE 754 double.
    case double(Double)
    /// UTF-8 text, sent as a long string.
    case string(String)
    /// Bytes without an encoding.
    case bytes([UInt8])
    /// Seconds since 1970-01-01 UTC.
    case timestamp(UInt64)
    /// A list of values.
    case array([FieldValue])
    /// A nested table.
    case table(Headers)
    /// Present, without a value.
    case void

    /// The text, when the value is a string.
    public var stringValue: String? { if case .string(let value) = self { value } else { nil } }

    /// The integer, when the value is one.
    public var intValue: Int? { if case .int(let value) = self { value } else { nil } }

    /// The boolean, when the value is one.
    public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
}

extension FieldValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByFloatLiteral
{
    /// A string value.
    public init(stringLiteral value: String) { self = .string(value) }
    /// An integer value.
    public init(integerLiteral value: Int) { self = .int(value) }
    /// A boolean value.
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    /// A double value.
    public init(floatLiteral value: Double) { self = .double(value) }
}
