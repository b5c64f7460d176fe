import Books
import Foundation
import Glibc
import TestSupport
import Testing

/// Everything bad that is known happens to a cluster at work, in a drawn order: to broker, database and processes
/// at the same time. Afterwards the books balance. docs/proof.md says what it is made of and what it has found.
@Suite(
    .servers, .serialized,
    .enabled(if: ServerControl.command != nil || TestServers.isCI, "needs the servers of scripts/test"))
struct NemesisTests {
    @Test func theBooksBalanceWhateverHappens() throws {
        let server = try PrivateDatabase()
        defer { server.remove() }
        let shared = try TestServers.require()
        let servers = TestServers(
            amqpURL: shared.amqpURL, managementURL: shared.managementURL, databaseURL: server.url,
            binaries: shared.binaries)
        let seed = TestServers.seed(of: "nemesis")
        let end = ContinuousClock.now + (TestServers.isFull ? TestServers.time("NEMESIS", .seconds(1200)) : .zero)
        var round: UInt64 = 0
        repeat {
            try Self.run(seed + round, on: servers, server)
            round += 1
        } while ContinuousClock.now < end
    }

    /// Short faults outlast what the tests' own workers bear, and how long anybody holds deliveries.
    private static var plan: NemesisScene.Plan {
        var plan = NemesisScene.Plan()
        plan.changes["HOLD_LIMIT"] = "1s"
        plan.probeChanges["LIVENESS_PATIENCE"] = "5s"
        return plan
    }

    private static func run(_ seed: UInt64, on servers: TestServers, _ server: PrivateDatabase) throws {
        try withCluster(on: servers) { cluster in
            try withNemesisScene(cluster, server: server, seed: seed, plan) { scene in
                let possible = NemesisAction.allCases.filter { $0.isPossible(in: scene) }
                if TestServers.isCI { #expect(possible == NemesisAction.allCases, "all of it can happen in CI") }
                let (felt, failures) = try NemesisRun(scene).run()
                #expect(failures.isEmpty, "seed \(seed): \(failures)")
                #expect(Set(felt.keys) == Set(possible), "seed \(seed)")
                try scene.rest()
                let report = try scene.check()
                print("nemesis \(seed): \(report.counts)")
                #expect(report.balances, "seed \(seed): \(report)\n\(scene.complaints())")
                expectThatNobodyGaveUp(scene)
            }
        }
    }

    /// An outage is no reason to die, and nothing is a reason to crash. Who may stand still for seconds only ends for a
    /// restart when a fault lasts longer.
    private static func expectThatNobodyGaveUp(_ scene: NemesisScene) {
        for process in scene.processes {
            let unasked = process.ends.filter { !$0.wasAsked }.map(\.status)
            print("nemesis \(scene.seed): \(process.executable), \(process.starts) starts, ended by itself \(unasked)")
            let allowed: Set<Int32> =
                switch process.executable {
                case "ProbeWorker": [EX_SOFTWARE]
                // Having said everything.
                case "Producer": [0]
                default: []
                }
            #expect(
                Set(unasked).isSubset(of: allowed),
                "seed \(scene.seed): \(process.executable) ended by itself\n\(scene.complaints())")
        }
    }
}
