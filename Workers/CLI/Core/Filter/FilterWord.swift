import Contracts

/// A word of the filter language, taken apart: `-name:value,"other, value"`. Pure.
///
/// Read by scalars: a quote and an accent behind it are one character, and would be no quote.
struct FilterWord: Hashable {
    /// A value, and whether any of it was quoted: quoted text has no special characters.
    struct Value: Hashable {
        var text = ""
        var isQuoted = false
    }

    var isNegated = false
    /// What stands before the colon; `nil` for a bare word.
    var name: String?
    var values: [Value] = []

    /// Whether a word asks about a field; anything else is an id or free text.
    static func namesField(_ word: String) -> Bool {
        guard let parsed = try? read(word) else { return false }
        return parsed.contains { $0.name != nil }
    }

    /// Whether a word is a term where an id may stand too: it asks about a field that there is. `order:17` is an id.
    static func isTerm(_ word: String) -> Bool {
        guard let parsed = try? read(word) else { return false }
        return parsed.contains { word in word.name.map { word.isNegated || FilterField.knows($0) } ?? false }
    }

    /// The id that a lone `id:ID` names.
    static func id(_ word: String) -> String? {
        guard let parsed = try? read(word), parsed.count == 1, parsed[0].name == FilterField.id.rawValue,
            !parsed[0].isNegated, parsed[0].values.count == 1, let value = parsed[0].values.first,
            !value.text.isEmpty, value.isQuoted || !value.text.hasSuffix("*")
        else { return nil }
        return value.text
    }

    /// The field that was probably meant by a word that looks like an id: `comand:x`.
    static func meantField(by word: String) -> String? {
        guard let name = (try? read(word))?.first?.name, !FilterField.knows(name) else { return nil }
        return Suggestion.nearest(to: name, in: FilterField.allCases.map(\.rawValue))
    }

    /// A term that is read back as this value, whatever is in it.
    static func term(_ name: String, _ value: String) -> String {
        let isPlain = value.utf8.allSatisfy { byte in
            (0x21...0x7E).contains(byte) && !"\",*\\".utf8.contains(byte)
        }
        if isPlain, !value.isEmpty { return "\(name):\(value)" }
        var escaped = String.UnicodeScalarView()
        for scalar in value.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { escaped.append("\\") }
            escaped.append(scalar)
        }
        return "\(name):\"\(String(escaped))\""
    }

    /// Takes a text apart at the blanks outside quotes.
    static func read(_ text: String) throws(Failure) -> [FilterWord] {
        var words: [FilterWord] = []
        var rest = text.unicodeScalars[...]
        while true {
            rest = rest.drop(while: isBlank)
            guard !rest.isEmpty else { return words }
            words.append(try next(&rest))
        }
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r"
    }

    /// Letters with their accents, digits, and what joins them.
    private static func isOfName(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == "." || scalar == "-" || scalar == "_" { return true }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: return true
        default: return scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        }
    }

    private static func next(_ rest: inout Substring.UnicodeScalarView) throws(Failure) -> FilterWord {
        var word = FilterWord()
        // A lone one negates nothing.
        if rest.first == "-", let next = rest.dropFirst().first, !isBlank(next) {
            word.isNegated = true
            rest.removeFirst()
        }
        let name = rest.prefix(while: isOfName)
        if name.first?.properties.isAlphabetic == true, rest.dropFirst(name.count).first == ":" {
            word.name = String(name)
            rest = rest.dropFirst(name.count + 1)
        }
        var value = Value()
        while let scalar = rest.first, !isBlank(scalar) {
            rest.removeFirst()
            switch scalar {
            case "\"":
                value.isQuoted = true
                value.text += try quoted(&rest)
            case "," where word.name != nil:
                word.values.append(value)
                value = Value()
            default: value.text.unicodeScalars.append(scalar)
            }
        }
        word.values.append(value)
        return word
    }

    /// What follows an opening quote, up to the closing one; `\` takes the next one as it is.
    private static func quoted(_ rest: inout Substring.UnicodeScalarView) throws(Failure) -> String {
        var text = String.UnicodeScalarView()
        while let scalar = rest.popFirst() {
            if scalar == "\"" { return String(text) }
            guard scalar == "\\" else {
                text.append(scalar)
                continue
            }
            if let next = rest.popFirst() { text.append(next) }
        }
        throw Failure(.usage, "a filter has an opening quote without a closing one", "see: ruche help filters")
    }
}
