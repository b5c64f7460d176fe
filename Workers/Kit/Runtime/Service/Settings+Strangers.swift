import Contracts

extension Settings {
    /// What is set under a name of ours (`RUCHE_…`) and was asked for by nobody, each as a sentence, with the name that
    /// was probably meant. A reason to warn and not to refuse: several processes may share one environment.
    ///
    /// Complete once everything has been read. Names for tests (`RUCHE_TEST_…`) are left out.
    package var strangers: [String] {
        let asked = entries.map(\.name)
        let known = (asked + asked.map { "\($0)_FILE" }).sorted()
        // The prefix that all share says nothing about what was meant.
        let words = known.map(Self.word)
        return names.filter { $0.hasPrefix("RUCHE_") && !$0.hasPrefix("RUCHE_TEST_") && !known.contains($0) }
            .sorted().map { name in
                guard let meant = Suggestion.nearest(to: Self.word(name), in: words).flatMap(words.firstIndex(of:))
                else { return "\(name) is not a setting" }
                return "\(name) is not a setting; did you mean \(known[meant])?"
            }
    }

    private static func word(_ name: String) -> String {
        name.hasPrefix("RUCHE_") ? String(name.dropFirst("RUCHE_".count)) : name
    }
}
