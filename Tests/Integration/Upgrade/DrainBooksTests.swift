import Books
import Contracts
import Foundation
import Glibc
import Postgres
import TestSupport
import Testing

/// A rolling restart under full load: every process is asked to stop, one after the other, again and again.
@Suite(.servers) struct DrainBooksTests {
    /// Few enough deliveries a worker that there are soon more than it may hold.
    private static var plan: NemesisScene.Plan {
        var plan = NemesisScene.Plan()
        plan.mix = .patient
        plan.rate = 400
        plan.hasClocks = false
        plan.prefetch = ["ProbeWorker": 20, "lease-ip": 20, "expire-task": 20, "ingest-logs": 20, "import-batch": 2]
        plan.changes["QUARANTINE"] = "0s"
        return plan
    }

    /// What each of the scene's workers serves, in their order.
    private static let commands: [CommandName] = [
        Cluster.probe, Cluster.probe, LeaseIP.name, ImportBatch.name, CreateTask.name, IngestLogs.name,
    ]

    @Test func aRollingRestartUnderABacklogLosesAndFailsNothing() throws {
        try withCluster { cluster in
            try withNemesisScene(cluster, seed: TestServers.seed(of: "drain"), Self.plan) { scene in
                var stops = 0
                for _ in 0..<(TestServers.isFull ? 10 : 2) {
                    for (worker, command) in zip(scene.workers, Self.commands) {
                        try Self.fill(worker, command, scene)
                        try Self.stop(worker)
                        stops += 1
                    }
                    try Self.stop(scene.relay)
                    stops += 1
                }
                try scene.rest()
                let report = try scene.check()
                print("drain: \(stops) stops: \(report.counts)")
                #expect(report.balances, "\(report)")
                #expect(report.counts.confirmed == report.counts.intended)
                #expect(report.counts.outcomes[.succeeded] == report.counts.intended)
                // What a stop interrupts is no attempt, and no start whose end nobody saw.
                let attempts = try cluster.number("SELECT max(attempt)::bigint FROM job")
                #expect(attempts == 1)
                #expect(try cluster.number("SELECT count(*) FROM event WHERE type LIKE '%.retrying.%'") == 0)
                #expect(try cluster.number("SELECT coalesce(max(solo_starts), 0)::bigint FROM job_key") <= 1)
                let unasked = (scene.workers + [scene.relay]).flatMap(\.ends).filter { !$0.wasAsked }
                #expect(unasked.isEmpty)
            }
        }
    }

    /// Holds a worker, and whoever else serves its command, until it has as many deliveries as it may hold and more lie
    /// in its queue: however fast the machine is, the stop comes under load.
    private static func fill(_ worker: Supervised, _ command: CommandName, _ scene: NemesisScene) throws {
        try awaitWork(of: worker)
        let all = zip(scene.workers, commands).filter { $0.1 == command }.map(\.0)
        for one in all { one.send(SIGSTOP) }
        defer { for one in all { one.send(SIGCONT) } }
        try eventually("there is more than \(worker.executable) may hold") { try scene.backlog(of: command) > 0 }
    }

    private static func stop(_ process: Supervised) throws {
        try awaitWork(of: process)
        let end = try process.drain()
        #expect(end.status == 0, "\(process.executable): \(process.output.suffix(2000))")
    }

    private static func awaitWork(of process: Supervised) throws {
        try eventually("\(process.executable) is at work") { process.count(of: "\"ready\"") == process.starts }
    }
}
