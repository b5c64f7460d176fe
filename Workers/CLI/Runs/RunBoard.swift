import Contracts

/// How each place of a run stands, from its lines and from what the run says of itself. Pure.
///
/// A place that the run has called done or failed stays so until it says something else of it; else its last line
/// tells.
struct RunBoard {
    static let columns = ["place", "state", "steps", "step", "since", "text"]
    /// The same for a page, which has a bar in place of the number of steps.
    static let pageColumns = ["place", "state", "progress", "step", "since", "text"]

    private(set) var places: [RunPlace] = []
    private var indices: [String: Int] = [:]
    private var progress: Contracts.Progress?

    /// Takes note of lines, which come in the order of their numbers.
    mutating func take(_ lines: [FoundRunLine]) {
        for line in lines where !line.place.isEmpty && line.state != "note" {
            let index = index(of: line.place)
            places[index].take(line)
        }
    }

    /// Takes note of what the run said last of itself.
    mutating func take(_ progress: Contracts.Progress?) {
        guard let progress, progress != self.progress else { return }
        self.progress = progress
        for said in progress.places ?? [] {
            let index = index(of: said.place)
            places[index].take(said)
        }
    }

    /// How much is done, and of how much: as the run says, else the places that are done with.
    func done(after outcome: Outcome?) -> (done: Int, total: Int)? {
        if let done = progress?.done, let total = progress?.total, total > 0 { return (min(done, total), total) }
        guard !places.isEmpty else { return nil }
        return (places.count { ["done", "failed"].contains($0.state(after: outcome)) }, places.count)
    }

    /// A row a place under ``columns``; of more than `limit` those that failed or are worked on come first.
    func rows(after outcome: Outcome?, limit: Int = .max) -> [[Cell]] {
        var shown = places.map { (place: $0, state: $0.state(after: outcome)) }
        if shown.count > limit {
            let order = ["failed", "stopped", "running", "waiting", "done"]
            shown = order.flatMap { state in shown.filter { $0.state == state } }
        }
        return shown.map { place, state in
            [
                .text(place.name), .text(state), .number(place.steps), place.step.isEmpty ? .none : .text(place.step),
                place.since.map { .time($0) } ?? .none, place.text.isEmpty ? .none : .text(place.text),
            ]
        }
    }

    /// The rows of a page, under ``pageColumns``.
    func pageRows(after outcome: Outcome?, limit: Int = .max) -> [[Cell]] {
        let steps = stepsEach
        // What is done of a run with one place is done there.
        let done = places.count == 1 ? progress?.done : nil
        return rows(after: outcome, limit: limit).map { row in
            var row = row
            if let done { row[2] = .number(done) }
            row[2] = steps.map { .text(Self.bar(row, of: $0)) } ?? row[2]
            return row
        }
    }

    /// How many steps each place has, when the run counts as many for each.
    private var stepsEach: Int? {
        guard let total = progress?.total, !places.isEmpty, total > 0, total % places.count == 0 else { return nil }
        return total / places.count
    }

    /// A bar that is full when the place is done, and not before: some steps are counted once for all places.
    private static func bar(_ row: [Cell], of total: Int) -> String {
        guard case .text(let state) = row[1], case .number(let steps) = row[2] else { return "" }
        return ProgressBar.bar(state == "done" ? total : min(steps, total - 1), of: total, width: 10)
    }

    private mutating func index(of place: String) -> Int {
        if let index = indices[place] { return index }
        indices[place] = places.count
        places.append(RunPlace(name: place))
        return places.count - 1
    }
}
