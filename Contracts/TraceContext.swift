/// A span among others of its trace, as W3C Trace Context passes it on: the value of `traceparent`.
public struct TraceContext: Hashable, Sendable {
    /// The trace: 16 bytes, not all zero.
    public let trace: UniqueID
    /// The span: 8 bytes, not all zero.
    public let span: UInt64
    /// The flags; the lowest bit says that whoever made the span recorded it.
    public let flags: UInt8

    /// The longest `tracestate` that is passed on, in bytes: as long as the standard asks of everybody.
    public static let stateLimit = 512

    /// A span of a trace.
    public init(trace: UniqueID, span: UInt64, flags: UInt8) {
        self.trace = trace
        self.span = span
        self.flags = flags
    }

    /// Reads `00-<32 hex>-<16 hex>-<2 hex>`, in lower case. What a later version has behind that is passed over.
    public init?(parsing text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 55 || bytes.count > 55 && bytes[55] == ASCII.hyphen,
            bytes[2] == ASCII.hyphen, bytes[35] == ASCII.hyphen, bytes[52] == ASCII.hyphen,
            let version = Self.number(bytes[0..<2]), let high = Self.number(bytes[3..<19]),
            let low = Self.number(bytes[19..<35]), let span = Self.number(bytes[36..<52]),
            let flags = Self.number(bytes[53..<55])
        else { return nil }
        guard version != 0xFF, version > 0 || bytes.count == 55, high | low != 0, span != 0 else { return nil }
        self.init(trace: UniqueID(high: high, low: low), span: span, flags: UInt8(flags))
    }

    /// The text as version 00 has it, which is the text itself nearly always; `nil` when it is no trace context.
    public static func traceparent(reading text: String) -> String? {
        guard let context = TraceContext(parsing: text) else { return nil }
        return text.utf8.count == 55 && text.hasPrefix("00") ? text : context.traceparent
    }

    /// Whether a `tracestate` can be passed on: printable ASCII, not empty and not too long.
    public static func allowsState(_ text: String) -> Bool {
        (1...stateLimit).contains(text.utf8.count) && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }

    /// Whether whoever made the span recorded it.
    public var isSampled: Bool { flags & 1 == 1 }

    /// The trace as 32 hexadecimal digits.
    public var traceID: String { Self.hex(trace.high, 16) + Self.hex(trace.low, 16) }

    /// A span as 16 hexadecimal digits.
    public static func spanID(_ span: UInt64) -> String { hex(span, 16) }

    /// The text of version 00.
    public var traceparent: String { "00-\(traceID)-\(Self.hex(span, 16))-\(Self.hex(UInt64(flags), 2))" }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        for byte in digits {
            guard ASCII.isDigit(byte) || (0x61...0x66).contains(byte), let digit = ASCII.hexValue(byte) else {
                return nil
            }
            number = number << 4 | UInt64(digit)
        }
        return number
    }

    private static func hex(_ number: UInt64, _ digits: Int) -> String {
        let text = (0..<digits).map { place in
            ASCII.hexDigit(UInt8(truncatingIfNeeded: number >> UInt64((digits - 1 - place) * 4)) & 15)
        }
        return String(decoding: text, as: UTF8.self)
    }
}
