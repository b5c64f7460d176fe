import AMQP
import Books
import Contracts
import Depth
import Runtime

extension Verb {
    static let verify = Verb(
        path: ["verify"],
        summary: "put this cluster to the proof: commands and faults of its own, then the books; 0 when they balance",
        options: [
            .value("commands", "N", "how many, default 2000"),
            .value("for", "DURATION", "go on publishing for so long, in place of a number"),
            .value("workers", "N", "worker processes that the run starts, default 3"),
            .value("faults", "LIST", "of kill, freeze, stop, session, connection, again; or all (default), or none"),
            .value("seed", "N", "draws the same commands and faults as another run"),
            .value("patience", "DURATION", "how long nothing may move before the books are opened, default 60s"),
            .flag("keep", "leave queues, table, logs and ledger for a look; --clean removes the first two"),
            .flag("clean", "only remove what a run that was killed, or kept, has left"),
            .output,
        ],
        examples: ["ruche verify", "ruche verify --for 10m --workers 8 --json", "ruche verify --faults none"]
    ) { invocation in
        let output = try Output(invocation)
        let reach = Reach()
        let management = try reach.management()
        let plan = try VerifyPlan(invocation) { () throws(Failure) in
            invocation.has("clean") ? nil : try lack(management)
        }
        _ = try reach.keys()
        let site = try VerifySite(reach)
        try site.lock()
        if try site.hasLeftovers() {
            try site.remove()
            note("ruche: removed what an earlier run had left")
        }
        guard !invocation.has("clean") else { return }
        try expectRelay(site.broker)
        for (_, lack) in plan.unavailable { note("ruche: \(lack); left out") }
        note("ruche: seed \(plan.seed)")
        try prove(VerifyRun(plan, reach, site, management), output)
    }

    /// What keeps connections from being closed.
    private static func lack(_ management: Management?) throws(Failure) -> String? {
        guard let management else { return "closing connections needs RABBITMQ_MANAGEMENT_URL" }
        let seesConnections: Bool
        do throws(DepthError) { seesConnections = try management.seesConnections() } catch { throw Failure(error) }
        return seesConnections
            ? nil : "closing connections needs a user in RABBITMQ_MANAGEMENT_URL who may see them (tag `monitoring`)"
    }

    /// Without a relay no retry comes back, and what a killed worker had to announce stays unsaid.
    private static func expectRelay(_ broker: AMQP.Connection) throws {
        guard let dead = try broker.inspectQueue(Topology.deadLetterQueue) else {
            throw Failure(.unavailable, "the broker has no queue of dead letters", "ruche migrate")
        }
        guard dead.consumers > 0 else {
            throw Failure(
                .unavailable, "no relay runs: nobody would bring retries back, or announce what a killed worker left",
                "start the relay, and try again")
        }
    }

    private static func prove(_ run: VerifyRun, _ output: Output) throws {
        let began = Monotonic.now
        let result = Result { () throws -> BooksReport in
            try run.site.make(run.events)
            return try run.run()
        }
        run.crew.stop(within: .seconds(5)) {}
        var removal: (any Error)?
        if !run.plan.keeps { do { try run.site.remove() } catch { removal = error } }
        let isClean = (try? result.get().balances) ?? false
        if isClean, !run.plan.keeps {
            run.workplace.remove(run.files)
        } else {
            note("ruche: see \(run.workplace.path)")
        }
        if let removal {
            note("ruche: \(Failure(removal).lines[0]); remove what is left with: ruche verify --clean")
        }
        let report = try result.get()
        VerifyOutput(run: run, report: report, took: Monotonic.now - began).print(output)
        for desertion in run.crew.desertions { note("ruche: \(desertion)") }
        guard report.balances else {
            throw Failure(
                .imbalance,
                "the books do not balance: \(report.imbalances.map(\.kind.rawValue).joined(separator: ", "))",
                "ledger, events and logs of the run are in \(run.workplace.path)")
        }
    }
}
