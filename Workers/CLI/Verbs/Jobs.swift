import Contracts
import Runtime

extension Verb {
    static let jobsList = Verb(
        path: ["jobs", "list"], summary: "jobs, newest first",
        arguments: ["[FILTER...]"],
        options: [
            .value("state", "STATE", "the same as state:STATE"), .value("command", "NAME", "the same as command:NAME"),
            .tenants, .value("since", "DURATION", "how far back, default 24h"),
            .value("limit", "N", "at most so many, default 50"),
            .value("after", "PLACE", "go on where another list ended"),
            .value("scan", "N", "how many payloads a payload.… filter opens at most, default 10000"),
        ] + JobList.watching + [.output],
        examples: [
            "ruche jobs list state:dead,failed since:2h",
            "ruche jobs list command:lease-ip payload.holder:acme -o jsonl",
            "ruche jobs list -w state:waiting,dead since:10m",
            "ruche help filters",
        ]
    ) { invocation in
        let list = JobList(
            invocation: invocation,
            columns: ["id", "command", "tenant", "state", "attempt", "reason", "admitted", "finished", "key"]
        ) {
            let filter = try JobSelection.filter(invocation.arguments, invocation)
            return filter.adding(.since(.now - .seconds(86_400)), if: !filter.hasStart)
        } row: { job in
            [
                .text(job.id), .text(job.command), .text(job.tenant), .text(job.state.name), .number(job.attempt),
                job.reason.map { .text($0) } ?? .none, .time(job.admittedAt),
                job.finishedAt.map { .time($0) } ?? .none, .text(job.key.description),
            ]
        }
        try list.show()
    }

    static let jobsShow = Verb(
        path: ["jobs", "show"], summary: "one job: its state, its payload, its timeline",
        arguments: ["ID"],
        options: [.value("command", "NAME", "when the id alone is not enough"), .tenant, .output],
        examples: ["ruche jobs show 0192a1b2-…", "ruche jobs show order-17 --command lease-ip"]
    ) { invocation in
        let reach = Reach()
        let database = try reach.database()
        defer { database.close() }
        let job = try FoundJob.one(
            id: invocation.arguments[0], invocation, horizon: Horizon.days(), database)
        try JobTimeline(job: job, reach: reach, database: database).show(Output(invocation))
    }

    static let jobsRetry = Verb(
        path: ["jobs", "retry"], summary: "run jobs now: what waits, and once more what failed, died or was cancelled",
        arguments: ["[ID|FILTER...]"],
        options: JobSelection.options + [.value("rate", "N/s", "at most so many a second")],
        examples: [
            "ruche jobs retry order-17 --reason 'provider is back'",
            "ruche jobs retry state:waiting command:lease-ip --reason 'no need to wait' --dry-run",
        ]
    ) { invocation in
        try RetryVerb(invocation).run()
    }

    static let jobsCancel = Verb(
        path: ["jobs", "cancel"], summary: "end jobs that have not ended yet as cancelled, and announce it",
        arguments: ["[ID|FILTER...]"], options: JobSelection.options,
        examples: [
            "ruche jobs cancel order-17 --command lease-ip --reason 'ordered twice'",
            "ruche jobs cancel state:waiting error:timed-out --reason 'provider is gone' --dry-run",
        ]
    ) { invocation in
        try CancelVerb(invocation).run()
    }

    static let jobsWhy = Verb(
        path: ["jobs", "why"], summary: "what a job waits for, and when that ends",
        arguments: ["ID"],
        options: [.value("command", "NAME", "when the id alone is not enough"), .tenant, .output],
        examples: ["ruche jobs why order-17"]
    ) { try WhyVerb.run($0) }

    static let why = Verb(
        path: ["why"], summary: "the same as jobs why", arguments: jobsWhy.arguments, options: jobsWhy.options,
        examples: ["ruche why order-17"]
    ) { try WhyVerb.run($0) }
}
