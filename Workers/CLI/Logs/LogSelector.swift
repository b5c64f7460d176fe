import Contracts

/// A question to the labels of a stream: `host=web-1`, `host!=web-1`, `host=~'web-.*'`, `host!~'web-.*'`.
///
/// As in Loki, a label that is not there is one without text, and an expression must match the whole text.
struct LogSelector: Hashable, Sendable {
    /// How the text is compared.
    enum Comparison: String, CaseIterable, Sendable {
        case matches = "=~"
        case doesNotMatch = "!~"
        case differs = "!="
        case equals = "="
    }

    /// The label's name as it was said.
    let name: String
    let comparison: Comparison
    let text: String

    /// The name that means the level of a line, not a label.
    static let level = "level"

    /// Reads one argument of the command line.
    init(_ word: String) throws(Failure) {
        let name = word.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        let rest = word.dropFirst(name.count)
        guard Self.isName(name), let comparison = Comparison.allCases.first(where: { rest.hasPrefix($0.rawValue) })
        else {
            throw Failure(
                .usage, "`\(word)` selects nothing: write LABEL=TEXT, or with !=, =~ or !~ in place of =",
                "a text within lines is searched with --text")
        }
        self.name = String(name)
        self.comparison = comparison
        text = String(rest.dropFirst(comparison.rawValue.count))
    }

    /// The label that is asked: `service` is the one that every stream has.
    var label: String { Self.label(of: name) }

    /// The label that a name of the command line means.
    static func label(of name: String) -> String { name == "service" ? LogLabels.serviceName : name }

    /// Whether a label can have this name.
    static func isName(_ name: some StringProtocol) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }

    /// The levels that a question about the level leaves.
    func levels(of all: Set<LogSeverity>) throws(Failure) -> Set<LogSeverity> {
        guard comparison == .equals || comparison == .differs else {
            throw Failure(.usage, "level takes = or !=, and several levels with commas")
        }
        var named: Set<LogSeverity> = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let level = LogSeverity(word: word.utf8) else {
                let names = LogSeverity.allCases.map(\.rawValue)
                let advice = Suggestion.nearest(to: String(word), in: names).map { "did you mean level=\($0)?" }
                throw Failure(
                    .usage,
                    lines: ["no level `\(word)`", advice ?? "level takes one of \(names.joined(separator: ", "))"])
            }
            named.insert(level)
        }
        return comparison == .equals ? all.intersection(named) : all.subtracting(named)
    }

    /// An expression that must match the whole text. Options such as `(?i)` are only taken at the very beginning.
    static func whole(_ expression: String) -> String {
        var options = ""
        // By bytes: a bracket and an accent behind it are one character, and would be no bracket.
        let bytes = expression.utf8
        if bytes.starts(with: "(?".utf8), let end = bytes.firstIndex(of: UInt8(ascii: ")")) {
            let letters = bytes[..<end].dropFirst(2)
            if !letters.isEmpty, letters.allSatisfy({ (0x61...0x7A).contains($0 | 0x20) }) {
                options = String(Substring(bytes[...end]))
            }
        }
        return "\(options)^(?:\(Substring(bytes.dropFirst(options.utf8.count))))$"
    }
}
