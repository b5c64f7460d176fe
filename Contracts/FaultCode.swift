extension Fault {
    /// The kind of a fault: a word in kebab case that programs may compare. More may be added, so keep a default
    /// branch.
    public struct Code: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
        /// The word itself, as it stands in an event's `reason`.
        public let rawValue: String

        /// A code of this spelling.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// A code of this spelling.
        public init(stringLiteral value: StaticString) {
            rawValue = value.description
        }

        /// The word itself.
        public var description: String { rawValue }
    }
}

extension Fault.Code {
    /// The body is not one JSON value.
    public static let malformed: Self = "malformed"
    /// Objects or lists are nested more deeply than allowed.
    public static let tooDeep: Self = "too-deep"
    /// The body is larger than allowed.
    public static let tooLarge: Self = "too-large"
    /// The body is of a content type that is not read here.
    public static let unsupportedContentType: Self = "unsupported-content-type"
    /// The message has no identity although its command needs one.
    public static let idMissing: Self = "id-missing"
    /// The message's identity is too long or has a character that cannot be kept.
    public static let idInvalid: Self = "id-invalid"
    /// The identity was used before with another body.
    public static let idReused: Self = "id-reused"
    /// A required field is not there.
    public static let missingField: Self = "missing-field"
    /// A field is there that the command does not have; found in strict mode only.
    public static let unknownField: Self = "unknown-field"
    /// A field is there twice.
    public static let duplicateField: Self = "duplicate-field"
    /// A value is of another JSON type than its field.
    public static let wrongType: Self = "wrong-type"
    /// A number, a length or a count is outside its limits.
    public static let outOfRange: Self = "out-of-range"
    /// A value is of the right type and size but not one of those that mean something.
    public static let invalidValue: Self = "invalid-value"
    /// A text is not UTF-8, or names half of a surrogate pair.
    public static let invalidUTF8: Self = "invalid-utf8"
    /// A text has U+0000, which PostgreSQL cannot hold.
    public static let nulCharacter: Self = "nul-character"
}
