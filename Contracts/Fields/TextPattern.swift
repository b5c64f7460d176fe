/// What a text must look like, beyond its length.
public enum TextPattern: String, Sendable, CaseIterable, CustomStringConvertible {
    /// Anything.
    case any
    /// No control characters, so that it fits on one line.
    case line
    /// A line, by Unicode's ends of lines too, with something to see on it: not only blanks and marks without width.
    case title
    /// Letters, digits and `. _ : @ / + -`, beginning with a letter or digit.
    case identifier
    /// Words of lower-case letters and digits joined by hyphens, beginning with a letter.
    case kebab
    /// An IPv4 or IPv6 address.
    case ipAddress
    /// An IPv4 or IPv6 network in CIDR notation.
    case ipPrefix
    /// A name of DNS in small letters, of two parts or more, that no address is taken for.
    case host
    /// An address for mail: a name and a host, without comments and quotes.
    case email
    /// A colour of sRGB: `#` and six hexadecimal digits.
    case colour

    /// Whether `text` looks like this.
    public func accepts(_ text: String) -> Bool {
        switch self {
        case .any: true
        case .line: text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        case .title: Self.isTitle(text)
        case .identifier: Self.isIdentifier(text.utf8)
        case .kebab: Self.isKebab(text.utf8)
        case .ipAddress: IPAddress(text) != nil
        case .ipPrefix: IPPrefix(text) != nil
        case .host: Self.isHost(text.utf8)
        case .email: Self.isEmail(text.utf8)
        case .colour: Self.isColour(text.utf8)
        }
    }

    /// The kind of text, in a word or two.
    public var description: String {
        switch self {
        case .any, .line, .title: "text"
        case .identifier: "identifier"
        case .kebab: "word in kebab case"
        case .ipAddress: "IP address"
        case .ipPrefix: "network (CIDR)"
        case .host: "host name"
        case .email: "e-mail address"
        case .colour: "colour (#rrggbb)"
        }
    }

    /// What is asked for, for a fault's message.
    var rule: String {
        switch self {
        case .any: "any text"
        case .line: "one line without control characters"
        case .title: "one line, with something to see on it and without control characters"
        case .identifier: "letters, digits and . _ : @ / + -, beginning with a letter or digit"
        case .kebab: "lower-case words joined by hyphens"
        case .ipAddress: "an IPv4 or IPv6 address"
        case .ipPrefix: "an IPv4 or IPv6 network such as 192.0.2.0/24, with no bits set after its length"
        case .host: "a name of DNS in small letters, such as shop.example"
        case .email: "an e-mail address such as info@shop.example"
        case .colour: "a colour such as #1a2b3c"
        }
    }

    /// The regular expression of it (ECMA-262, as JSON Schema has it), where there is one.
    var regularExpression: String? {
        switch self {
        case .any, .ipAddress: nil
        case .line: "^[^\\u0000-\\u001F\\u007F]*$"
        // That there is something to see is more than the expression can say.
        case .title: "^[^\\u0000-\\u001F\\u007F-\\u009F\\u2028\\u2029]*$"
        case .identifier: "^[A-Za-z0-9][A-Za-z0-9._:@/+-]*$"
        case .kebab: "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
        case .ipPrefix: "^[0-9A-Fa-f:.]+/[0-9]{1,3}$"
        case .host: "^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$"
        // How long the parts of the host may be is more than the expression says.
        case .email: "^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9.-]+$"
        case .colour: "^#[0-9A-Fa-f]{6}$"
        }
    }

    private static func isTitle(_ text: String) -> Bool {
        var isSeen = false
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: return false
            case .spaceSeparator, .format, .nonspacingMark, .enclosingMark, .unassigned: continue
            default: isSeen = isSeen || !scalar.properties.isDefaultIgnorableCodePoint
            }
        }
        return isSeen
    }

    private static func isIdentifier(_ bytes: String.UTF8View) -> Bool {
        guard let first = bytes.first, ASCII.isLetter(first) || ASCII.isDigit(first) else { return false }
        return bytes.allSatisfy { byte in
            ASCII.isLetter(byte) || ASCII.isDigit(byte) || identifierMarks.contains(byte)
        }
    }

    private static let identifierMarks = Array("._:@/+-".utf8)

    private static func isKebab(_ bytes: String.UTF8View) -> Bool {
        guard let first = bytes.first, ASCII.isLower(first) else { return false }
        var previous = first
        for byte in bytes {
            let isWordPart = ASCII.isLower(byte) || ASCII.isDigit(byte)
            guard isWordPart || (byte == ASCII.hyphen && previous != ASCII.hyphen) else { return false }
            previous = byte
        }
        return previous != ASCII.hyphen
    }
}
