import Contracts
import Runtime

/// A parsed command line.
struct Invocation: Sendable {
    let verb: Verb
    private(set) var arguments: [String] = []
    private(set) var values: [String: [String]] = [:]

    /// Parses what follows the words of the verb. Options may stand anywhere; `--` ends them.
    init(_ verb: Verb, _ words: [String]) throws(Failure) {
        self.verb = verb
        var rest = words[...]
        var onlyArguments = false
        while let word = rest.popFirst() {
            if onlyArguments || word == "-" || !word.hasPrefix("-") || Self.isNegatedTerm(word, verb) {
                arguments.append(word)
            } else if word == "--" {
                onlyArguments = true
            } else {
                try take(word, &rest)
            }
        }
        let allowed = verb.arguments.last.map { $0.hasSuffix("...") || $0.hasSuffix("...]") } ?? false
        guard arguments.count >= verb.required, allowed || arguments.count <= verb.arguments.count else {
            throw Failure(.usage, "usage: \(verb.usage)", "see: ruche help \(verb.name)")
        }
    }

    /// Whether a word that begins like an option is a term of a filter: `-state:dead`.
    private static func isNegatedTerm(_ word: String, _ verb: Verb) -> Bool {
        let takesFilter = verb.arguments.contains { $0.contains("FILTER") }
        return takesFilter && !word.hasPrefix("--") && FilterWord.namesField(word)
    }

    /// Whether a flag is set.
    func has(_ name: String) -> Bool { values[name] != nil }

    /// The value of an option, the last one when it was given twice.
    func value(_ name: String) -> String? { values[name]?.last }

    /// Every value of an option that may repeat.
    func all(_ name: String) -> [String] { values[name] ?? [] }

    /// A positional argument that may be missing.
    func argument(_ place: Int) -> String? { place < arguments.count ? arguments[place] : nil }

    var tenant: String { value("tenant") ?? "default" }

    /// The value of an option as a duration: `500ms`, `30s`, `5m`, `2h`, `1d`.
    func duration(_ name: String) throws(Failure) -> Duration? {
        guard let text = value(name) else { return nil }
        guard let duration = Duration(text: text) else {
            throw Failure(.usage, "--\(name) takes a duration such as 30s, 5m, 2h or 1d, not `\(text)`")
        }
        return duration
    }

    /// The value of an option as a count: nothing here counts to more than a million.
    func count(_ name: String, default fallback: Int) throws(Failure) -> Int {
        guard let text = value(name) else { return fallback }
        guard let count = Int(text), (1...1_000_000).contains(count) else {
            throw Failure(.usage, "--\(name) takes a number from 1 to 1000000")
        }
        return count
    }

    /// The value of an option as a number that the database gave: of a session, of a server.
    func id(_ name: String) throws(Failure) -> Int64? {
        guard let text = value(name) else { return nil }
        guard let id = Int64(text), id > 0 else { throw Failure(.usage, "--\(name) takes a number, not `\(text)`") }
        return id
    }

    /// The words that a list with commas names, in any case, of those that there are in capitals; all without one.
    func words(_ name: String, of all: [String]) throws(Failure) -> [String] {
        guard let text = value(name) else { return all }
        var found: [String] = []
        for said in text.split(separator: ",", omittingEmptySubsequences: false) {
            let word = said.uppercased()
            guard all.contains(word) else {
                let advice = Suggestion.nearest(to: word, in: all).map { "did you mean \($0)?" }
                throw Failure(
                    .usage,
                    lines: ["no \(name) `\(said)`", advice ?? "--\(name) takes \(all.joined(separator: ", "))"])
            }
            found.append(word)
        }
        return found
    }

    /// The value of an option as a text that goes along with a command: one line, from one byte to `limit`.
    func line(_ name: String, limit: Int) throws(Failure) -> String? {
        guard let text = value(name) else { return nil }
        guard (1...limit).contains(text.utf8.count), TextPattern.line.accepts(text) else {
            throw Failure(.usage, "--\(name) takes 1 to \(limit) bytes of text on one line")
        }
        return text
    }

    /// The message id that `--id` gives, or a new one; and refuses a tenant that no message can name.
    func messageID() throws(Failure) -> String {
        _ = try line("tenant", limit: 128)
        return try line("id", limit: Topology.idLimit) ?? Payload.newID()
    }

    /// The value of an option that takes one of a few words.
    func choice<T: RawRepresentable & CaseIterable>(_ name: String, default fallback: T) throws(Failure) -> T
    where T.RawValue == String {
        guard let text = value(name) else { return fallback }
        if let choice = T(rawValue: text) { return choice }
        let words = T.allCases.map(\.rawValue)
        let advice = Suggestion.nearest(to: text, in: words).map { "did you mean \($0)?" }
        throw Failure(
            .usage, lines: ["--\(name) takes one of \(words.joined(separator: ", "))"] + (advice.map { [$0] } ?? []))
    }

    private mutating func take(_ word: String, _ rest: inout ArraySlice<String>) throws(Failure) {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let known = verb.accepted.first {
            parts[0] == "--\($0.name)" || $0.short.map { parts[0] == "-\($0)" } ?? false
        }
        guard let option = known else {
            let names = verb.accepted.map { "--\($0.name)" }
            let advice = Suggestion.nearest(to: parts[0], in: names).map { "did you mean \($0)?" }
            throw Failure(.usage, lines: ["unknown option \(parts[0])", advice ?? "see: ruche help \(verb.name)"])
        }
        guard option.value != nil else {
            guard parts.count == 1 else { throw Failure(.usage, "--\(option.name) takes no value") }
            values[option.name] = [""]
            return
        }
        guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
            throw Failure(.usage, "--\(option.name) needs a value: \(option.value!)")
        }
        if values[option.name] != nil, !option.repeats { throw Failure(.usage, "--\(option.name) is given twice") }
        values[option.name, default: []].append(value)
    }
}
