import Contracts
import Runtime

/// A choice of jobs, in the language of `ruche help filters`. Every term must hold.
struct Filter: Hashable, Sendable {
    var terms: [FilterTerm] = []

    init(terms: [FilterTerm] = []) { self.terms = terms }

    /// Reads words of the command line; each may hold several terms.
    ///
    /// - Parameter now: what durations count back from.
    init(_ words: [String], now: Timestamp) throws(Failure) {
        for word in words {
            for parsed in try FilterWord.read(word) { terms.append(try Self.term(parsed, now)) }
        }
    }

    /// The terms that only an opened payload can answer.
    var payloadTerms: [FilterTerm] {
        terms.filter { if case .payload = $0.question { true } else { false } }
    }

    /// Whether a term says from when on.
    var hasStart: Bool {
        terms.contains { if case .since = $0.question { !$0.isNegated } else { false } }
    }

    /// Whether a term says whether handled ones are wanted.
    var asksHandled: Bool {
        terms.contains { if case .handled = $0.question { true } else { false } }
    }

    /// Whether a term says whose jobs are wanted.
    var asksTenant: Bool {
        terms.contains { if case .tenant = $0.question { true } else { false } }
    }

    /// The same with another term.
    func adding(_ question: FilterTerm.Question, if condition: Bool = true) -> Filter {
        condition ? Filter(terms: terms + [FilterTerm(question: question)]) : self
    }

    private static func term(_ word: FilterWord, _ now: Timestamp) throws(Failure) -> FilterTerm {
        FilterTerm(question: try question(word, now), isNegated: word.isNegated)
    }

    private static func question(_ word: FilterWord, _ now: Timestamp) throws(Failure) -> FilterTerm.Question {
        guard let name = word.name else { return .text(word.values.map(\.text).joined()) }
        if name.hasPrefix("payload.") {
            let path = name.split(separator: ".", omittingEmptySubsequences: false).dropFirst().map(String.init)
            guard path.allSatisfy({ !$0.isEmpty }) else {
                throw Failure(.usage, "`\(name):` names no field of a payload: payload.a.b:VALUE")
            }
            return .payload(path, try patterns(word, name))
        }
        guard let field = FilterField(rawValue: name) else { throw unknown(name) }
        switch field {
        case .state: return .state(try states(word))
        case .command: return .command(try patterns(word, name))
        case .tenant: return .tenant(try patterns(word, name))
        case .error: return .error(try patterns(word, name))
        case .id: return .id(try patterns(word, name))
        case .correlation: return .correlation(try patterns(word, name))
        case .worker: return .worker(try patterns(word, name))
        case .attempts: return try attempts(try single(word, name))
        case .since: return .since(try time(try single(word, name), name, now))
        case .until: return .until(try time(try single(word, name), name, now))
        case .handled: return .handled(try flag(try single(word, name), name))
        case .text: return .text(try single(word, name))
        }
    }

    private static func unknown(_ name: String) -> Failure {
        let names = FilterField.allCases.map(\.rawValue)
        let meant = name == "payload" ? "payload.FIELD" : Suggestion.nearest(to: name, in: names)
        return Failure(
            .usage,
            lines: ["no filter `\(name):`"] + (meant.map { ["did you mean \($0):?"] } ?? [])
                + ["see: ruche help filters; an id with a colon in it is written id:ID"])
    }

    private static func patterns(_ word: FilterWord, _ name: String) throws(Failure) -> [FilterTerm.Pattern] {
        guard word.values.allSatisfy({ !$0.text.isEmpty || $0.isQuoted }) else {
            throw Failure(.usage, "`\(name):` needs a value")
        }
        return word.values.map { value in
            guard value.text.hasSuffix("*"), !value.isQuoted else { return FilterTerm.Pattern(value.text) }
            return FilterTerm.Pattern(String(value.text.dropLast()), isPrefix: true)
        }
    }

    private static func single(_ word: FilterWord, _ name: String) throws(Failure) -> String {
        guard word.values.count == 1, !word.values[0].text.isEmpty else {
            throw Failure(.usage, "`\(name):` takes one value")
        }
        return word.values[0].text
    }

    private static func states(_ word: FilterWord) throws(Failure) -> [JobState] {
        var states: [JobState] = []
        for value in word.values {
            guard let state = JobState.allCases.first(where: { $0.name == value.text }) else {
                let names = JobState.allCases.map(\.name)
                let advice = Suggestion.nearest(to: value.text, in: names).map { "did you mean state:\($0)?" }
                throw Failure(
                    .usage,
                    lines: [
                        "no state `\(value.text)`", advice ?? "state: takes one of \(names.joined(separator: ", "))",
                    ])
            }
            states.append(state)
        }
        return states
    }

    private static func attempts(_ text: String) throws(Failure) -> FilterTerm.Question {
        let comparison = FilterTerm.Comparison.allCases.first { text.hasPrefix($0.rawValue) } ?? .equal
        guard let number = Int(text.dropFirst(comparison.rawValue.count)), (0...32_767).contains(number) else {
            throw Failure(.usage, "`attempts:` takes a number such as 3, >3, >=3, <3 or <=3, not `\(text)`")
        }
        return .attempts(comparison, number)
    }

    private static func time(_ text: String, _ name: String, _ now: Timestamp) throws(Failure) -> Timestamp {
        if let time = Timestamp(said: text, now: now) { return time }
        throw Failure(
            .usage, "`\(name):` takes a duration such as 30m, 2h or 7d, a day, or a time such as 2026-11-21T08:00:00Z")
    }

    private static func flag(_ text: String, _ name: String) throws(Failure) -> Bool {
        switch text {
        case "yes": return true
        case "no": return false
        default: throw Failure(.usage, "`\(name):` takes yes or no")
        }
    }
}
