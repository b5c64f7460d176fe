/// What names in the world look like.
extension TextPattern {
    /// Parts of letters, digits and hyphens between dots (RFC 1123), two or more, the last beginning with a letter.
    static func isHost(_ bytes: String.UTF8View) -> Bool {
        let labels = bytes.split(separator: ASCII.dot, omittingEmptySubsequences: false)
        guard bytes.count <= 253, labels.count > 1, labels.allSatisfy(isLabel) else { return false }
        return labels.last?.first.map(ASCII.isLower) ?? false
    }

    /// What is before the only `@` has at most 64 of the characters that need no quotes (RFC 5321, 4.1.2).
    static func isEmail(_ bytes: String.UTF8View) -> Bool {
        let parts = bytes.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard bytes.count <= 254, parts.count == 2, (1...64).contains(parts[0].count) else { return false }
        let words = parts[0].split(separator: ASCII.dot, omittingEmptySubsequences: false)
        let isLocal = words.allSatisfy { !$0.isEmpty && $0.allSatisfy(isAtom) }
        return isLocal && isHost(String(decoding: parts[1], as: UTF8.self).lowercased().utf8)
    }

    /// `#` and six hexadecimal digits.
    static func isColour(_ bytes: String.UTF8View) -> Bool {
        bytes.count == 7 && bytes.first == UInt8(ascii: "#")
            && bytes.dropFirst().allSatisfy { ASCII.hexValue($0) != nil }
    }

    private static func isLabel(_ label: Substring.UTF8View) -> Bool {
        (1...63).contains(label.count) && label.first != ASCII.hyphen && label.last != ASCII.hyphen
            && label.allSatisfy { ASCII.isLower($0) || ASCII.isDigit($0) || $0 == ASCII.hyphen }
    }

    private static func isAtom(_ byte: UInt8) -> Bool {
        ASCII.isLetter(byte) || ASCII.isDigit(byte) || atomMarks.contains(byte)
    }

    private static let atomMarks = Array("!#$%&'*+/=?^_`{|}~-".utf8)
}
