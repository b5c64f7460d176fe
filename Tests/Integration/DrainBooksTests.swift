import Books
import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// A rolling restart under full load: every process is asked to stop, one after the other, again and again.
@Suite(.servers) struct DrainBooksTests {
    @Test func aRollingRestartUnderABacklogLosesAndFailsNothing() throws {
        try withCluster { cluster in
            var plan = NemesisScene.Plan()
            plan.mix = .steady
            plan.rate = 0
            plan.limit = TestServers.isFull ? 12_000 : 4000
            plan.hasClocks = false
            let scene = try NemesisScene(cluster, server: nil, seed: TestServers.seed(of: "drain"), plan)
            defer { scene.stop() }
            var stops = 0
            var stopsWithBacklog = 0
            for _ in 0..<(TestServers.isFull ? 10 : 2) {
                for process in scene.workers + [scene.relay] {
                    if try scene.backlog(of: Cluster.probe) > 0 { stopsWithBacklog += 1 }
                    try eventually("\(process.executable) is at work") {
                        process.count(of: "\"ready\"") == process.starts
                    }
                    let end = try process.drain()
                    #expect(end.status == 0, "\(process.executable): \(process.output.suffix(2000))")
                    stops += 1
                }
            }
            #expect(stopsWithBacklog > stops / 2, "the stops come under load")
            try eventually("the producer has said everything", within: 120) {
                try scene.check().counts.intended == plan.limit
            }
            try scene.rest()
            let report = try scene.check()
            print("drain: \(stops) stops, \(stopsWithBacklog) with a backlog: \(report.counts)")
            #expect(report.balances, "\(report)")
            #expect(report.counts.confirmed == plan.limit)
            #expect(report.counts.outcomes[.succeeded] == plan.limit)
            // What a stop interrupts is no attempt, and no start whose end nobody saw.
            let attempts = try cluster.number("SELECT max(attempt)::bigint FROM job")
            #expect(attempts == 1)
            #expect(try cluster.number("SELECT count(*) FROM event WHERE type LIKE '%.retrying.%'") == 0)
            #expect(try cluster.number("SELECT coalesce(max(solo_starts), 0)::bigint FROM job_key") <= 1)
            let unasked = scene.processes.flatMap(\.ends).filter { !$0.wasAsked }
            #expect(unasked.isEmpty)
        }
    }
}
