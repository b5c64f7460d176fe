/// The colour of a word, so that what is wrong is seen first.
enum Tone: String {
    case good = "32"
    case careful = "33"
    case bad = "31"
    case heading = "1"

    private static let columns: Set<String> = ["state", "verdict", "outcome", "level", "status", "change"]
    private static let words: [String: Tone] = [
        "succeeded": .good, "ok": .good, "confirmed": .good, "working": .good, "configured": .good, "added": .good,
        "done": .good, "active": .good, "live": .good,
        "refused": .careful, "cancelled": .careful, "waiting": .careful, "parked": .careful, "paused": .careful,
        "warn": .careful, "warning": .careful, "no consumer": .careful, "pending": .careful,
        "changed": .careful, "stopped": .careful, "overdue": .careful, "deploying": .careful,
        "retiring": .careful,
        "failed": .bad, "dead": .bad, "fail": .bad, "error": .bad, "fatal": .bad, "critical": .bad,
        "nobody consumes": .bad, "away": .bad, "breaking": .bad, "invalid": .bad, "unreachable": .bad,
    ]

    /// The tone of a word in a column; most have none.
    static func of(_ word: String, in column: String) -> Tone? {
        columns.contains(column) ? words[word.lowercased()] : nil
    }

    /// The text in this colour.
    func painted(_ text: String) -> String { "\u{1B}[\(rawValue)m\(text)\u{1B}[0m" }
}
