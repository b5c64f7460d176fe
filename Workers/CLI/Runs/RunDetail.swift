import Contracts
import Runtime

/// One run with everything that is known of it.
struct RunDetail {
    let key: RunKey
    let horizon: Int
    let limit: Int
    /// Behind which line; the newest ones when `nil`.
    let after: Int?

    /// Prints what it is, how its places stand, and its lines, oldest first.
    func show(_ output: Output, _ database: Postgres.Connection) throws {
        // All lines are read, as they say how places stand; those that are shown are kept.
        var follower = RunFollower(key, horizon: horizon)
        let last = try FoundRunLine.last(key.key, database)
        let from = after ?? max(0, last - limit)
        var shown: [FoundRunLine] = []
        let look = try follower.look(database) { lines in
            shown += lines.filter { $0.number > from }.prefix(limit - shown.count)
        }
        var fields = Self.fields(look) + [("lastLine", .number(last))]
        let places = follower.board.rows(after: look.outcome)
        // JSON is one document.
        if output.format != .table {
            fields.append(("places", .json(output.list(RunBoard.columns, places))))
            fields.append(("lines", .json(output.list(FoundRunLine.columns, shown.map(\.cells)))))
        }
        output.record(fields)
        if output.format == .table { print(places, shown, output) }
        tell(from, shown, last)
    }

    private func print(_ places: [[Cell]], _ lines: [FoundRunLine], _ output: Output) {
        if !places.isEmpty {
            output.line("")
            output.rows(RunBoard.columns, places)
        }
        guard !lines.isEmpty else { return }
        output.line("")
        FoundRunLine.print(lines, output)
    }

    /// Says what was left out.
    private func tell(_ from: Int, _ shown: [FoundRunLine], _ last: Int) {
        if after == nil, let first = shown.first, first.number > 1, from > 0 {
            note("ruche: there are \(from) lines before these; raise --limit, or begin with --after 0")
        }
        if after != nil, let end = shown.last, end.number < last {
            note("ruche: there are more; go on with --after \(end.number)")
        }
    }

    private static func fields(_ look: RunLook) -> [(String, Cell)] {
        let job = look.job
        let reason = look.ending.flatMap { $0.kind == .succeeded ? nil : try? $0.decode(Reason.self) }
        return [
            ("id", .text(job.id)), ("key", .text(job.key.description)), ("command", .text(job.command)),
            ("tenant", .text(job.tenant)), ("state", .text(job.state.name)), ("attempt", .number(job.attempt)),
            ("reason", job.reason.map { .text($0) } ?? .none), ("message", reason.map { .text($0.message) } ?? .none),
            ("admittedAt", .time(job.admittedAt)), ("finishedAt", job.finishedAt.map { .time($0) } ?? .none),
        ] + look.held + [
            ("step", look.progress.map { .text($0.step) } ?? .none),
            ("text", look.progress.map { .text($0.text) } ?? .none),
            ("done", look.progress?.done.map { .number($0) } ?? .none),
            ("total", look.progress?.total.map { .number($0) } ?? .none),
            ("data", look.ending.map { .json($0.data) } ?? .none),
        ]
    }
}
