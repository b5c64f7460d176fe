import Contracts
import Runtime

/// What became of lines, for the metrics: a line that was left out is in a completion that nobody may read.
enum LineCount {
    static let counter = Counter(
        "ruche_log_lines_total",
        "Lines of logs by what became of them, once that is committed; why they were rejected.",
        labels: ["outcome", "reason"])

    /// Counts the lines of a batch. The reasons are the codes of faults, of which there are few.
    static func count(_ endings: [JobEnding<LogsIngested>], in tx: borrowing Transaction) {
        for case .success(let completion) in endings {
            tx.count(completion.accepted, ["accepted", ""], of: counter)
            for rejection in completion.reasons {
                tx.count(rejection.count, ["rejected", rejection.code], of: counter)
            }
        }
    }
}
