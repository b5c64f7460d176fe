/// JSON as RFC 8259 and the contract have it, read the plain way: a tree, one character after the other. What the fast
/// reader is compared with.
indirect enum PlainJSON: Equatable {
    case null
    case flag(Bool)
    /// A number as it is written.
    case number(String)
    case text(String)
    case list([PlainJSON])
    case object([Member])

    struct Member: Equatable {
        let name: String
        let value: PlainJSON
    }

    private struct Malformed: Error {}

    /// The tree of a text; nothing when it is not one JSON value, has U+0000 or is deeper than 64.
    init?(_ bytes: [UInt8]) {
        var rest = bytes[...]
        if rest.starts(with: [0xEF, 0xBB, 0xBF]) { rest = rest.dropFirst(3) }
        do {
            self = try Self.value(&rest, depth: 0)
            Self.skipBlanks(&rest)
            if !rest.isEmpty { return nil }
        } catch {
            return nil
        }
    }

    /// Whether a JSON Pointer names a place in the tree.
    func resolves(_ tokens: ArraySlice<String>) -> Bool {
        guard let token = tokens.first else { return true }
        switch self {
        case .object(let members):
            return members.contains { $0.name == token && $0.value.resolves(tokens.dropFirst()) }
        case .list(let elements):
            guard let index = Int(token), elements.indices.contains(index) else { return false }
            return elements[index].resolves(tokens.dropFirst())
        default: return false
        }
    }

    private static func skipBlanks(_ rest: inout ArraySlice<UInt8>) {
        while let byte = rest.first, [0x20, 0x0A, 0x0D, 0x09].contains(byte) { rest.removeFirst() }
    }

    private static func take(_ word: String, _ rest: inout ArraySlice<UInt8>) throws {
        guard rest.starts(with: word.utf8) else { throw Malformed() }
        rest = rest.dropFirst(word.utf8.count)
    }

    private static func value(_ rest: inout ArraySlice<UInt8>, depth: Int) throws -> PlainJSON {
        skipBlanks(&rest)
        switch rest.first.map({ Character(Unicode.Scalar($0)) }) {
        case "{": return .object(try members(&rest, depth: depth + 1))
        case "[": return .list(try elements(&rest, depth: depth + 1))
        case "\"": return .text(try text(&rest))
        case "t":
            try take("true", &rest)
            return .flag(true)
        case "f":
            try take("false", &rest)
            return .flag(false)
        case "n":
            try take("null", &rest)
            return .null
        default: return .number(try number(&rest))
        }
    }

    private static func members(_ rest: inout ArraySlice<UInt8>, depth: Int) throws -> [Member] {
        guard depth <= 64 else { throw Malformed() }
        var members: [Member] = []
        try take("{", &rest)
        skipBlanks(&rest)
        if rest.first == UInt8(ascii: "}") {
            rest.removeFirst()
            return []
        }
        while true {
            skipBlanks(&rest)
            let name = try text(&rest)
            skipBlanks(&rest)
            try take(":", &rest)
            members.append(Member(name: name, value: try value(&rest, depth: depth)))
            skipBlanks(&rest)
            guard let next = rest.popFirst() else { throw Malformed() }
            if next == UInt8(ascii: "}") { return members }
            if next != UInt8(ascii: ",") { throw Malformed() }
        }
    }

    private static func elements(_ rest: inout ArraySlice<UInt8>, depth: Int) throws -> [PlainJSON] {
        guard depth <= 64 else { throw Malformed() }
        var elements: [PlainJSON] = []
        try take("[", &rest)
        skipBlanks(&rest)
        if rest.first == UInt8(ascii: "]") {
            rest.removeFirst()
            return []
        }
        while true {
            elements.append(try value(&rest, depth: depth))
            skipBlanks(&rest)
            guard let next = rest.popFirst() else { throw Malformed() }
            if next == UInt8(ascii: "]") { return elements }
            if next != UInt8(ascii: ",") { throw Malformed() }
        }
    }

    private static func number(_ rest: inout ArraySlice<UInt8>) throws -> String {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        var text = ""
        func takeDigits() throws {
            guard let first = rest.first, digits.contains(first) else { throw Malformed() }
            while let digit = rest.first, digits.contains(digit) {
                text.unicodeScalars.append(Unicode.Scalar(digit))
                rest.removeFirst()
            }
        }
        func takeAny(_ characters: String) -> Bool {
            guard let byte = rest.first, characters.utf8.contains(byte) else { return false }
            text.unicodeScalars.append(Unicode.Scalar(byte))
            rest.removeFirst()
            return true
        }
        _ = takeAny("-")
        if !takeAny("0") { try takeDigits() }
        if takeAny(".") { try takeDigits() }
        if takeAny("eE") {
            _ = takeAny("+-")
            try takeDigits()
        }
        return text
    }

    private static func text(_ rest: inout ArraySlice<UInt8>) throws -> String {
        try take("\"", &rest)
        var text = ""
        var run: [UInt8] = []
        func flush() throws {
            guard let piece = String(validating: run, as: UTF8.self) else { throw Malformed() }
            text += piece
            run = []
        }
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""):
                try flush()
                return text
            case ..<0x20: throw Malformed()
            case UInt8(ascii: "\\"):
                try flush()
                text.unicodeScalars.append(try escape(&rest))
            default: run.append(byte)
            }
        }
        throw Malformed()
    }

    private static func escape(_ rest: inout ArraySlice<UInt8>) throws -> Unicode.Scalar {
        guard let byte = rest.popFirst() else { throw Malformed() }
        let simple: [Character: Unicode.Scalar] = [
            "\"": "\"", "\\": "\\", "/": "/", "b": "\u{08}", "f": "\u{0C}", "n": "\n", "r": "\r", "t": "\t",
        ]
        if let scalar = simple[Character(Unicode.Scalar(byte))] { return scalar }
        guard byte == UInt8(ascii: "u") else { throw Malformed() }
        let first = try unit(&rest)
        if first == 0 { throw Malformed() }
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard (0xD800..<0xDC00).contains(first) else { throw Malformed() }
        try take("\\u", &rest)
        let second = try unit(&rest)
        guard (0xDC00..<0xE000).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw Malformed() }
        return scalar
    }

    private static func unit(_ rest: inout ArraySlice<UInt8>) throws -> UInt32 {
        let digits = rest.prefix(4)
        let isHexadecimal = digits.allSatisfy { "0123456789abcdefABCDEF".utf8.contains($0) }
        guard digits.count == 4, isHexadecimal, let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw Malformed() }
        rest = rest.dropFirst(4)
        return unit
    }
}
