import Contracts
import Runtime

extension Verb {
    static let runsList = Verb(
        path: ["runs", "list"], summary: "commands that take minutes, newest first, and where they are",
        arguments: ["[FILTER...]"],
        options: [
            .value("state", "STATE", "the same as state:STATE"), .value("command", "NAME", "the same as command:NAME"),
            .tenants, .value("since", "DURATION", "how far back, default 7d"),
            .value("limit", "N", "at most so many, default 50"),
            .value("after", "PLACE", "go on where another list ended"),
            .value("scan", "N", "how many payloads a payload.… filter opens at most, default 10000"),
        ] + JobList.watching + [.output],
        examples: ["ruche runs list state:running", "ruche runs list -w", "ruche help filters"]
    ) { invocation in
        let list = JobList(
            invocation: invocation,
            columns: [
                "id", "command", "tenant", "state", "attempt", "reason", "worker", "lines", "step", "admitted",
                "finished", "key",
            ]
        ) {
            let filter = try JobSelection.filter(invocation.arguments, invocation)
            let long = Catalogue.commands.filter { $0.isLong }.map { FilterTerm.Pattern($0.name.rawValue) }
            return filter.adding(.command(long)).adding(.since(.now - .seconds(604_800)), if: !filter.hasStart)
        } rows: { jobs, database in
            let runs = try RunSummary.all(jobs.map(\.key), database)
            return jobs.map { row($0, runs[$0.key]) }
        }
        try list.show()
    }

    private static func row(_ job: FoundJob, _ run: RunSummary?) -> [Cell] {
        [
            .text(job.id), .text(job.command), .text(job.tenant), .text(job.state.name), .number(job.attempt),
            job.reason.map { .text($0) } ?? .none, run?.worker.map { .text($0) } ?? .none, .number(run?.lines ?? 0),
            run?.step.map { .text($0) } ?? .none, .time(job.admittedAt), job.finishedAt.map { .time($0) } ?? .none,
            .text(job.key.description),
        ]
    }

    static let runsShow = Verb(
        path: ["runs", "show"], summary: "one run: how it stands, each of its places, what it did line by line",
        arguments: ["ID"],
        options: [
            .flag("follow", "go on until it has ended, and end as it does; q leaves a page", short: "f"),
            .value("limit", "N", "at most so many lines, the newest; default 200. --follow prints all"),
            .value("after", "N", "lines behind this number"),
            .value("command", "NAME", "when the id alone is not enough"), .tenant, .output,
        ],
        examples: [
            "ruche runs show fleet-1 --follow", "ruche runs show fleet-1 --after 0 --limit 1000 --json",
            "ruche runs show fleet-1 -f -o jsonl",
        ]
    ) { invocation in
        let output = try Output(invocation)
        let after = try invocation.line("after")
        let limit = try invocation.count("limit", default: 200)
        let following = invocation.has("follow") ? try RunFollowing(invocation, output) : nil
        let link = DatabaseLink { try Reach().database() }
        defer { link.close() }
        let horizon = try Horizon.days()
        let job = try link.use { try FoundJob.one(id: invocation.arguments[0], invocation, horizon: horizon, $0) }
        try check(job)
        guard var following else {
            return try link.use {
                try RunDetail(key: RunKey(job), horizon: horizon, limit: limit, after: after).show(output, $0)
            }
        }
        following.after = after ?? 0
        try following.run(RunKey(job), id: job.id, link)
    }

    private static func check(_ job: FoundJob) throws(Failure) {
        guard let command = CommandName(job.command).flatMap(Catalogue.command(named:)), !command.isLong else { return }
        throw Failure(
            .notFound, "`\(job.id)` is no run: \(job.command) is done at once", "see: ruche jobs show \(job.id)")
    }
}

extension Invocation {
    /// The number of a line behind which to begin.
    fileprivate func line(_ name: String) throws(Failure) -> Int? {
        guard let text = value(name) else { return nil }
        guard let number = Int(text), (0...Int(Int32.max)).contains(number) else {
            throw Failure(.usage, "--\(name) takes the number of a line, not `\(text)`")
        }
        return number
    }
}
