extension Settings {
    /// What is set under a name of ours (`RUCHE_…`) and was asked for by nobody, each as a sentence, with the name that
    /// was probably meant. A reason to warn and not to refuse: several processes may share one environment.
    ///
    /// Complete once everything has been read. Names for tests (`RUCHE_TEST_…`) are left out.
    package var strangers: [String] {
        let asked = entries.map(\.name)
        let known = Set(asked + asked.map { "\($0)_FILE" })
        return names.filter { $0.hasPrefix("RUCHE_") && !$0.hasPrefix("RUCHE_TEST_") && !known.contains($0) }
            .sorted().map { name in
                let nearest = known.map { (name: $0, distance: Self.distance($0, name)) }
                    .min { ($0.distance, $0.name) < ($1.distance, $1.name) }
                // More than two slips of the finger is another word.
                guard let nearest, nearest.distance <= 2 else { return "\(name) is not a setting" }
                return "\(name) is not a setting; did you mean \(nearest.name)?"
            }
    }

    /// How many letters to insert, remove, replace or swap with their neighbour (optimal string alignment distance).
    private static func distance(_ one: String, _ other: String) -> Int {
        let (one, other) = (Array(one.utf8), Array(other.utf8))
        var rows = [Array(0...other.count)]
        for i in one.indices {
            var row = [i + 1]
            for j in other.indices {
                let replaced = rows[i][j] + (one[i] == other[j] ? 0 : 1)
                var best = min(replaced, rows[i][j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, one[i] == other[j - 1], one[i - 1] == other[j] {
                    best = min(best, rows[i - 1][j - 1] + 1)
                }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[one.count][other.count]
    }
}
