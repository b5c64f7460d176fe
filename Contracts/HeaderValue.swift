extension WireMessage {
    /// The value of a header, by what AMQP says it is.
    ///
    /// What can be meant in one way only is read, and everything else is a fault at its header; no header of the
    /// contract is passed over in silence.
    public enum HeaderValue: Hashable, Sendable, ExpressibleByStringLiteral {
        /// A long string (`S`) of UTF-8.
        case text(String)
        /// A byte array (`x`), or a long string that is not UTF-8.
        case bytes([UInt8])
        /// An integer of any width.
        case number(Int)
        /// A timestamp (`T`): seconds since 1970 UTC.
        case seconds(UInt64)
        /// No value (`V`): the same as no header.
        case void
        /// A boolean, a fraction, a list or a table: nothing that a header of the contract could be.
        case other

        /// A text.
        public init(stringLiteral value: String) {
            self = .text(value)
        }

        /// The text that is meant: bytes are read as UTF-8, integers as their decimal digits. Nothing for an empty one:
        /// clients send empty texts for what they do not set.
        func text() throws(Fault) -> String? {
            switch self {
            case .text(let text): return text.isEmpty ? nil : text
            case .bytes(let bytes):
                guard let text = String(validating: bytes, as: UTF8.self) else {
                    throw Fault(.invalidUTF8, "The bytes are not UTF-8.")
                }
                return text.isEmpty ? nil : text
            case .number(let number): return String(number)
            case .void: return nil
            case .seconds, .other: throw Fault(.wrongType, "Expected text.")
            }
        }

        /// The time that is meant: RFC 3339 text, or AMQP's own timestamp. An integer is a fault: it does not say
        /// whether it counts seconds or milliseconds.
        func time() throws(Fault) -> Timestamp? {
            switch self {
            case .seconds(let seconds):
                guard let time = Timestamp(amqpSeconds: seconds) else {
                    throw Fault(.invalidValue, "An AMQP timestamp counts seconds since 1970; this one is after 9999.")
                }
                return time
            case .number, .other: throw Fault(.wrongType, "Expected text (RFC 3339) or an AMQP timestamp.")
            case .text, .bytes, .void:
                guard let text = try text() else { return nil }
                if let time = Timestamp(rfc3339: text) { return time }
                throw Fault(.invalidValue, "Expected a time such as 2026-05-04T10:02:03Z (RFC 3339).")
            }
        }

        /// The count that is meant, cut to what the ledger can count.
        func count() throws(Fault) -> Int32? {
            guard let text = try text() else { return nil }
            guard !text.utf8.isEmpty, text.utf8.allSatisfy(ASCII.isDigit) else {
                throw Fault(.invalidValue, "Expected a whole number from 0 on.")
            }
            return Int32(text) ?? .max
        }
    }
}

extension Timestamp {
    /// The instant of AMQP's timestamp, which counts seconds; nothing for what is none, such as nanoseconds sent for
    /// seconds: PostgreSQL would refuse what lies after the year 9999.
    public init?(amqpSeconds seconds: UInt64) {
        guard seconds < 253_402_300_800 else { return nil }
        self.init(microseconds: Int64(seconds) * 1_000_000)
    }
}
