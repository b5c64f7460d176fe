import Foundation
import TestSupport

/// What a run of a recipe said, as lines of `ansible.posix.jsonl`.
struct RecipeRun {
    /// How often tasks ended how, by host: `ok`, `changed`, `failures` and others.
    let stats: [String: [String: Int]]
    /// The tasks that changed something.
    let changed: Set<String>
    let took: Duration

    init(_ output: String, took: Duration) throws {
        var (stats, changed): ([String: [String: Int]], Set<String>) = ([:], [])
        for line in output.split(separator: "\n") {
            guard let event = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
                throw TestFailure("no event: \(line)")
            }
            if let found = event["stats"] as? [String: [String: Int]] { stats = found }
            let task = (event["task"] as? [String: Any])?["name"] as? String
            for result in (event["hosts"] as? [String: [String: Any]] ?? [:]).values
            where result["changed"] as? Bool == true {
                changed.insert(task ?? "")
            }
        }
        (self.stats, self.changed, self.took) = (stats, changed, took)
    }
}
