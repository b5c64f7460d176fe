import Contracts

/// A word of the filter language, taken apart: `-name:value,"other, value"`. Pure.
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
        let escaped = value.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined()
        return "\(name):\"\(escaped)\""
    }

    /// Takes a text apart at the blanks outside quotes.
    static func read(_ text: String) throws(Failure) -> [FilterWord] {
        var words: [FilterWord] = []
        var rest = text[...]
        while true {
            rest = rest.drop(while: isBlank)
            guard !rest.isEmpty else { return words }
            words.append(try next(&rest))
        }
    }

    private static func isBlank(_ character: Character) -> Bool {
        character == " " || character == "\t" || character == "\n"
    }

    private static func next(_ rest: inout Substring) throws(Failure) -> FilterWord {
        var word = FilterWord()
        // A lone one negates nothing.
        if rest.first == "-", let next = rest.dropFirst().first, !isBlank(next) {
            word.isNegated = true
            rest.removeFirst()
        }
        let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "." || $0 == "-" || $0 == "_" }
        if name.first?.isLetter == true, rest.dropFirst(name.count).first == ":" {
            word.name = String(name)
            rest = rest.dropFirst(name.count + 1)
        }
        var value = Value()
        while let character = rest.first, !isBlank(character) {
            rest.removeFirst()
            switch character {
            case "\"":
                value.isQuoted = true
                value.text += try quoted(&rest)
            case "," where word.name != nil:
                word.values.append(value)
                value = Value()
            default: value.text.append(character)
            }
        }
        word.values.append(value)
        return word
    }

    /// What follows an opening quote, up to the closing one; `\` takes the next character as it is.
    private static func quoted(_ rest: inout Substring) throws(Failure) -> String {
        var text = ""
        while let character = rest.popFirst() {
            if character == "\"" { return text }
            guard character == "\\" else {
                text.append(character)
                continue
            }
            if let next = rest.popFirst() { text.append(next) }
        }
        throw Failure(.usage, "a filter has an opening quote without a closing one", "see: ruche help filters")
    }
}
