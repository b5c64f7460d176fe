import Contracts
import Runtime

/// A run on a terminal: what it is, a bar, its places, and its newest lines. Pure.
struct RunPage {
    let title: String
    /// What it says of itself.
    let said: String?
    /// How it ended, if it has.
    let outcome: Outcome?
    let board: RunBoard
    let tail: [FoundRunLine]

    /// The lines of a page on a terminal of so many rows, whose last two are not its own. Of more places than there is
    /// room for the page has all, those that failed or are worked on first.
    func lines(_ output: Output, rows: Int) -> [String] {
        var lines = head(output)
        let places = board.pageRows(after: outcome, limit: max(1, rows - 2 - lines.count - 2))
        if !places.isEmpty { lines += [""] + output.table(RunBoard.pageColumns, places) }
        let left = rows - 2 - lines.count - 1
        guard left > 0, !tail.isEmpty else { return lines }
        return lines + [""] + tail.suffix(left).map { line in output.cut(line.text { $0 }) }
    }

    /// What is left of it when it is over.
    func summary(_ output: Output) -> [String] {
        let places = board.pageRows(after: outcome)
        return head(output) + (places.isEmpty ? [] : [""] + output.table(RunBoard.pageColumns, places))
    }

    private func head(_ output: Output) -> [String] {
        var words = board.done(after: outcome).map { [ProgressBar.text($0.done, of: $0.total)] } ?? []
        if let said { words.append(TextWidth.harmless(said)) }
        let title = output.cut(TextWidth.harmless(title))
        return words.isEmpty ? [title] : [title, output.cut(words.joined(separator: "  "))]
    }
}

extension RunPage {
    /// The page of what was seen of a run.
    init(_ look: RunLook, _ board: RunBoard, _ tail: [FoundRunLine]) {
        let job = look.job
        // Of "3 min ago".
        let took = Cell.time(job.admittedAt).shown(relativeTo: job.finishedAt ?? look.time).dropLast(4)
        self.init(
            title: "\(job.command) \(job.id)  \(job.state.name)  attempt \(job.attempt)  \(took)",
            said: look.progress.map { $0.text.isEmpty ? $0.step : $0.text }, outcome: look.outcome, board: board,
            tail: tail)
    }
}
