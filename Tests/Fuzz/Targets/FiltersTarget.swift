@testable import CLI
import Contracts
@testable import Postgres
import Runtime

extension FuzzTarget {
    /// The language in which jobs and lines are chosen.
    static let filters = FuzzTarget(
        name: "filters", summary: "filters: read, spelled and read again; no value becomes SQL",
        seeds: {
            [
                "state:dead,failed command:lease-ip since:2h", "error:no-free-* -tenant:test attempts:>=3",
                "payload.a.b:\"Session, \\\"12\" id:\"a b\" 'x", "handled:yes until:2026-11-21 text:\"\" \u{301}",
                "-state:succeeded correlation:c* worker:\"w*\",v", "order:17", "-", "id:", "since:2026-05-04T10:02:03Z",
                "host=web-1", "service!~(?i)web.*", "level=warn,error", "level!=info", "a=~[", "payload.x:1.5",
            ].map { Array($0.utf8) }
        },
        check: { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            try checkWords(text)
            try checkTerm(text)
            if let filter = try? Filter([text], now: now) {
                let words = try FilterWord.read(text).map(spelled)
                try requireSame(try Filter(words, now: now), filter, "the filter spelled and read again")
                try checkSQL(filter)
                _ = filter.matches(payload: bytes)
                _ = filter.matches(payload: nil)
            }
            if let selector = try? LogSelector(text) {
                try requireSame(
                    selector.name + selector.comparison.rawValue + selector.text, text, "the selector spelled")
                _ = try? selector.levels(of: Set(LogSeverity.allCases))
                let whole = LogSelector.whole(selector.text)
                try require(whole.utf8.suffix(2).elementsEqual(")$".utf8), "an expression has an end")
            }
        })

    private static let now = Timestamp(microseconds: 1_779_876_123_456_789)

    private static func checkWords(_ text: String) throws {
        _ = FilterWord.namesField(text)
        _ = FilterWord.meantField(by: text)
        if let id = FilterWord.id(text) { try requireSame(FilterWord.id(FilterWord.term("id", id)), id, "the id") }
        guard let words = try? FilterWord.read(text) else { return }
        for word in words {
            let again = try FilterWord.read(spelled(word))
            try requireSame(again.count, 1, "words of \(spelled(word))")
            try requireSame(again[0], word, "the word \(spelled(word))")
        }
    }

    /// Whatever is in a value, the term that the command line prints of it means just that.
    private static func checkTerm(_ value: String) throws {
        let words = try FilterWord.read(FilterWord.term("error", value))
        try requireSame(words.count, 1, "words of a term")
        try requireSame(words[0].name, "error", "the name of a term")
        try requireSame(words[0].values.map(\.text), [value], "the value of a term")
        let filter = try Filter([FilterWord.term("error", value)], now: now)
        try requireSame(
            filter, Filter(terms: [FilterTerm(question: .error([FilterTerm.Pattern(value)]))]), "the term's meaning")
    }

    private static func spelled(_ word: FilterWord) -> String {
        let values = word.values.map { value in
            guard value.isQuoted else { return value.text }
            return "\"" + value.text.map { "\"\\".contains($0) ? "\\\($0)" : "\($0)" }.joined() + "\""
        }
        return (word.isNegated ? "-" : "") + (word.name.map { "\($0):" } ?? "") + values.joined(separator: ",")
    }

    /// The text of the statement is made of the terms' kinds alone.
    private static func checkSQL(_ filter: Filter) throws {
        func statement(_ filter: Filter) -> SQL {
            var text = SQL.StringInterpolation(literalCapacity: 0, interpolationCount: 0)
            text.appendLiteral("SELECT true")
            filter.append(to: &text)
            return SQL(stringInterpolation: text)
        }
        let other = filter.terms.map { FilterTerm(question: neutral($0.question), isNegated: $0.isNegated) }
        try requireSame(statement(Filter(terms: other)).text, statement(filter).text, "the statement with other values")
    }

    private static func neutral(_ question: FilterTerm.Question) -> FilterTerm.Question {
        func plain(_ patterns: [FilterTerm.Pattern]) -> [FilterTerm.Pattern] {
            patterns.map { FilterTerm.Pattern("x", isPrefix: $0.isPrefix) }
        }
        return switch question {
        case .command(let patterns): .command(plain(patterns))
        case .tenant(let patterns): .tenant(plain(patterns))
        case .error(let patterns): .error(plain(patterns))
        case .id(let patterns): .id(plain(patterns))
        case .correlation(let patterns): .correlation(plain(patterns))
        case .worker(let patterns): .worker(plain(patterns))
        case .payload(_, let patterns): .payload(["x"], plain(patterns))
        case .text: .text("x")
        case .since: .since(.epoch)
        case .until: .until(.epoch)
        case .attempts(let comparison, _): .attempts(comparison, 1)
        case .state, .handled: question
        }
    }
}
