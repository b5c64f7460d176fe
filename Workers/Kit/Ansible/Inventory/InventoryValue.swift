/// The value of a variable.
package indirect enum InventoryValue: Hashable, Sendable, ExpressibleByStringLiteral {
    /// A text. Whatever is in it, tasks see exactly that: braces are no template, a tag is no tag.
    case text(String)
    /// A whole number.
    case number(Int)
    /// Yes or no.
    case flag(Bool)
    /// A list.
    case list([InventoryValue])
    /// Values by name; names are letters, digits and underscores.
    case map([String: InventoryValue])

    package init(stringLiteral text: String) { self = .text(text) }

    /// The value in YAML, on one line.
    ///
    /// - Throws: `nulCharacter`, `badVariable`.
    func yaml() throws(AnsibleError) -> String {
        switch self {
        case .text(let text): return try YAML.unsafeText(text)
        case .number(let number): return String(number)
        case .flag(let flag): return flag ? "true" : "false"
        case .list(let values):
            var texts: [String] = []
            for value in values { texts.append(try value.yaml()) }
            return "[\(texts.joined(separator: ", "))]"
        case .map(let values):
            var texts: [String] = []
            for (name, value) in try Inventory.checked(values).sorted(by: { $0.key < $1.key }) {
                texts.append("\(name): \(try value.yaml())")
            }
            return "{\(texts.joined(separator: ", "))}"
        }
    }
}

/// Text as YAML that can mean nothing else.
enum YAML {
    /// In double quotes with escapes for all but printable ASCII, under the tag that keeps ansible from looking for
    /// templates in it.
    ///
    /// - Throws: `nulCharacter`.
    static func unsafeText(_ text: String) throws(AnsibleError) -> String {
        guard !text.utf8.contains(0) else { throw AnsibleError(.nulCharacter, "a text with U+0000") }
        return "!unsafe \"\(escaped(text))\""
    }

    /// What stands between double quotes.
    static func escaped(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22, 0x5C:
                result.append("\\")
                result.unicodeScalars.append(scalar)
            case 0x20...0x7E: result.unicodeScalars.append(scalar)
            case ...0xFF: result += "\\x" + hexadecimal(scalar.value, 2)
            case ...0xFFFF: result += "\\u" + hexadecimal(scalar.value, 4)
            default: result += "\\U" + hexadecimal(scalar.value, 8)
            }
        }
        return result
    }

    private static func hexadecimal(_ value: UInt32, _ width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: width - digits.count) + digits
    }
}
