/// Finds the name that someone meant.
public enum Suggestion {
    /// The one of `names` that is nearest to `name`, if it is near enough to be meant: the same but for case, `_` and
    /// `-`, a beginning of it, or a third of its letters away at most.
    public static func nearest(to name: String, in names: [String]) -> String? {
        guard name.utf8.count <= 64 else { return nil }
        let plain = simplified(name)
        if let same = names.first(where: { simplified($0) == plain }) { return same }
        let ranked = names.map { (name: $0, distance: distance(plain, simplified($0))) }
        if let best = ranked.min(by: { $0.distance < $1.distance }), best.distance * 3 <= max(3, plain.count) {
            return best.name
        }
        return plain.count < 3 ? nil : names.first { simplified($0).starts(with: plain) }
    }

    private static func simplified(_ name: String) -> [UInt8] {
        name.lowercased().utf8.filter { $0 != ASCII.hyphen && $0 != UInt8(ascii: "_") }
    }

    /// The number of insertions, deletions, replacements and swaps of neighbours between two words
    /// (Damerau–Levenshtein, restricted).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var before: [Int] = []
        var previous = Array(0...right.count)
        for i in left.indices {
            var current = [i + 1]
            for j in right.indices {
                let replaced = previous[j] + (left[i] == right[j] ? 0 : 1)
                var best = min(replaced, previous[j + 1] + 1, current[j] + 1)
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    best = min(best, before[j - 1] + 1)
                }
                current.append(best)
            }
            (before, previous) = (previous, current)
        }
        return previous[right.count]
    }
}
