import Contracts

/// The ways in which a text stands in other texts.
enum SecretForms {
    static func all(of secret: String) -> Set<String> {
        var writer = JSONWriter()
        writer.write(secret)
        let json = String(decoding: writer.bytes.dropFirst().dropLast(), as: UTF8.self)
        var forms: Set = [
            secret, json, ascii(json), json.replacing("/", with: "\\/"), YAML.escaped(secret),
            secret.replacing("'", with: "'\"'\"'"), secret.replacing("'", with: "'\\''"),
            secret.replacing("\\", with: "\\\\").replacing("'", with: "\\'"),
        ]
        // The forms of JSON in a text that is JSON itself.
        forms.formUnion([json, ascii(json)].map { $0.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") })
        for isUpper in [true, false] {
            for plain in ["", "-._~", "-._~/"] {
                let form = percent(secret, isUpper, plain)
                forms.formUnion([form, form.replacing("%20", with: "+")])
            }
        }
        return forms.union(base64(secret)).filter { !$0.isEmpty }
    }

    /// With `\u` for what is not ASCII, as Python writes JSON.
    private static func ascii(_ text: String) -> String {
        var result = ""
        for unit in text.utf16 {
            if unit < 0x7F, let scalar = Unicode.Scalar(unit) {
                result.unicodeScalars.append(scalar)
            } else {
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return result
    }

    private static func percent(_ text: String, _ isUpper: Bool, _ plain: String) -> String {
        text.utf8.map { byte in
            if byte.isLetter || byte.isDigit || plain.utf8.contains(byte) {
                return String(Character(Unicode.Scalar(byte)))
            }
            return (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: isUpper)
        }.joined()
    }

    /// Wherever it begins in the bytes that are encoded: only the symbols that depend on nothing else.
    private static func base64(_ text: String) -> [String] {
        let bytes = Array(text.utf8)
        return (0..<3).compactMap { offset in
            let symbols = Base64.encode([UInt8](repeating: 0, count: offset) + bytes)
            let first = (offset * 8 + 5) / 6
            let form = symbols.dropFirst(first).prefix((offset + bytes.count) * 8 / 6 - first)
            return form.count >= 6 ? String(form) : nil
        }
    }
}
