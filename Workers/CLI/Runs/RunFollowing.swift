import Contracts
import Glibc
import Runtime

/// Follows a run to its end: on a terminal as a page that is drawn again and again, elsewhere a line each.
struct RunFollowing {
    let output: Output
    /// Only lines behind this one, where lines are printed.
    var after = 0
    let horizon: Int

    /// - Throws: ``ExitCode/usage`` for a format that has no lines.
    init(_ invocation: Invocation, _ output: Output) throws(Failure) {
        guard output.format == .table || output.format == .jsonl else {
            throw Failure(.usage, "--follow prints a line each: use -o table or -o jsonl")
        }
        self.output = output
        horizon = try Horizon.days()
    }

    private var isLive: Bool { output.format == .table && Terminal.isOutput && isatty(0) == 1 }

    /// Follows a run, which people call `id`. Returns when it has succeeded, or somebody leaves.
    ///
    /// - Throws: ``ExitCode/jobNotSucceeded`` when it ends otherwise.
    func run(_ key: RunKey, id: String, _ link: DatabaseLink) throws {
        let last = isLive ? try draw(key, link) : try printLines(key, id, link)
        guard let outcome = last.outcome else { return }
        guard outcome == .succeeded else {
            let reason = last.ending.flatMap { try? $0.decode(Reason.self) }
            let why = reason.map { ": \(TextWidth.harmless($0.message)) (\($0.reason))" } ?? ""
            throw Failure(.jobNotSucceeded, "\(id) ended \(outcome.rawValue)\(why)")
        }
        note("ruche: \(id) ended \(outcome.rawValue)")
    }

    /// What is written while the database is away is printed when it is back.
    private func printLines(_ key: RunKey, _ id: String, _ link: DatabaseLink) throws -> RunLook {
        var follower = RunFollower(key, after: after, horizon: horizon)
        var look = try link.use { try follower.look($0) { FoundRunLine.print($0, output) } }
        if !look.isOver { note("following \(id); Ctrl-C ends it") }
        var outage = Outage()
        while !look.isOver {
            usleep(300_000)
            do {
                look = try link.use { try follower.look($0) { FoundRunLine.print($0, output) } }
                outage.tellEnd()
            } catch { try outage.tell(error) }
        }
        return look
    }

    /// The page is gone when it is over: what there was to see last is then printed.
    private func draw(_ key: RunKey, _ link: DatabaseLink) throws -> RunLook {
        var follower = RunFollower(key, horizon: horizon)
        var view = LiveView(every: .milliseconds(500), output: output) {
            try link.use { database in
                let look = try follower.look(database)
                return (look: look, page: RunPage(look, follower.board, follower.tail))
            }
        } page: { seen, output in
            seen.page.lines(output, rows: Terminal.size?.rows ?? 24)
        }
        view.isOver = { $0.look.isOver }
        let last = try view.run()
        if last.look.isOver { output.line(last.page.summary(output).joined(separator: "\n")) }
        return last.look
    }
}
