import Contracts

/// What a shell offers when Tab is pressed, from the table of verbs.
enum Completion {
    /// A word that may stand next, and what it is.
    struct Candidate: Hashable {
        let word: String
        let help: String
    }

    /// Stands for the names of files, which the shell knows better.
    static let files = Candidate(word: ":files", help: "")

    /// The candidates for the last of these words, which may be unfinished or empty.
    static func candidates(_ line: [String]) -> [Candidate] {
        // bash takes `--color=al` apart at the equals sign.
        let words = line.filter { $0 != "=" }
        let last = line.last == "=" ? "" : words.last ?? ""
        let before = Array(line.last == "=" ? words[...] : words.dropLast())
        let verb = Verb.all.filter { before.starts(with: $0.path) }.max { $0.path.count < $1.path.count }
        var found = verb.map { behind($0, Array(before.dropFirst($0.path.count)), last) } ?? []
        if verb == nil || before.count == verb?.path.count { found = verbs(after: before) + found }
        return found.filter { $0 == files || $0.word.hasPrefix(last) }
    }

    /// The next words of verbs.
    private static func verbs(after words: [String]) -> [Candidate] {
        let isHelp = words.first == "help"
        let said = isHelp ? Array(words.dropFirst()) : words
        var found: [Candidate] = []
        for verb in Verb.all where verb.path.count > said.count && verb.path.starts(with: said) {
            let word = verb.path[said.count]
            let isWhole = verb.path.count == said.count + 1
            guard !found.contains(where: { $0.word == word }) else { continue }
            found.append(Candidate(word: word, help: isWhole ? verb.summary : "\(word) …"))
        }
        return found + (words.isEmpty ? [Candidate(word: "help", help: "what there is")] : [])
    }

    private static func behind(_ verb: Verb, _ words: [String], _ last: String) -> [Candidate] {
        if let option = words.last.flatMap({ word in verb.accepted.first { $0.isNamed(word) } }),
            let value = option.value
        {
            return values(value, of: option.name, verb)
        }
        if last.hasPrefix("-") {
            if let equals = last.firstIndex(of: "=") {
                let name = String(last[..<equals])
                guard let option = verb.accepted.first(where: { $0.isNamed(name) }), let value = option.value else {
                    return []
                }
                return values(value, of: option.name, verb).map { Candidate(word: "\(name)=\($0.word)", help: $0.help) }
            }
            return (verb.accepted).map { Candidate(word: "--\($0.name)", help: $0.help) }
        }
        let place = arguments(of: verb, in: words)
        guard place < verb.arguments.count else { return [] }
        return values(verb.arguments[place].filter { $0 != "[" && $0 != "]" }, of: "", verb)
    }

    /// How many arguments stand there already.
    private static func arguments(of verb: Verb, in words: [String]) -> Int {
        var count = 0
        var isValue = false
        for word in words {
            if isValue {
                isValue = false
            } else if word.hasPrefix("-") {
                isValue = verb.accepted.contains { $0.isNamed(word) && $0.value != nil }
            } else {
                count += 1
            }
        }
        return count
    }

    private static func values(_ kind: String, of option: String, _ verb: Verb) -> [Candidate] {
        func plain(_ words: [String]) -> [Candidate] { words.map { Candidate(word: $0, help: "") } }
        switch (kind, option) {
        case ("FORMAT", _): return plain(OutputFormat.allCases.map(\.rawValue))
        case ("WHEN", "color"): return plain(Terminal.Color.allCases.map(\.rawValue))
        case ("FORM", "time"): return plain(Output.Times.allCases.map(\.rawValue))
        case ("COMMAND", _), ("NAME", "command"):
            return Catalogue.commands.map { Candidate(word: $0.name.rawValue, help: $0.summary) }
        case ("STATUS", _):
            return plain(verb.path[0] == "shops" ? ShopListing.statuses : ServerListing.statuses)
        case ("WHICH", _): return plain(InitServer.Only.allCases.map(\.rawValue))
        case ("SHELL", _): return plain(Shell.allCases.map(\.rawValue))
        case ("FILE", _): return [files]
        default: return []
        }
    }
}

extension Option {
    /// Whether a word is this option.
    func isNamed(_ word: String) -> Bool { word == "--\(name)" || short.map { word == "-\($0)" } ?? false }
}
