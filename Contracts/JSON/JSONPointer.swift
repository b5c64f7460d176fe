/// JSON Pointers (RFC 6901), as far as a fault needs them.
enum JSONPointer {
    /// A field's name as one token of a pointer. An unreasonably long name is cut, because a pointer is for reading; by
    /// scalars, since a megabyte of accents is one character.
    static func token(_ name: String) -> String {
        let shown = name.utf8.count <= 128 ? name : String(name.unicodeScalars.prefix(64)) + "…"
        guard shown.utf8.contains(where: { $0 == ASCII.tilde || $0 == ASCII.slash }) else { return shown }
        var token = ""
        for scalar in shown.unicodeScalars {
            switch scalar {
            case "~": token += "~0"
            case "/": token += "~1"
            default: token.unicodeScalars.append(scalar)
            }
        }
        return token
    }
}
