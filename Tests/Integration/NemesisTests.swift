import Books
import Foundation
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

    private static func run(_ seed: UInt64, on servers: TestServers, _ server: PrivateDatabase) throws {
        try withCluster(on: servers) { cluster in
            let scene = try NemesisScene(cluster, server: server, seed: seed)
            defer { scene.stop() }
            let possible = NemesisAction.allCases.filter { $0.isPossible(in: scene) }
            let (felt, failures) = try NemesisRun(scene).run()
            #expect(failures.isEmpty, "seed \(seed): \(failures)")
            #expect(Set(felt.keys) == Set(possible), "seed \(seed)")
            try scene.rest()
            let report = try scene.check()
            print("nemesis \(seed): \(report.counts)")
            for process in scene.processes {
                let unasked = process.ends.filter { !$0.wasAsked }.map(\.status)
                print("nemesis \(seed): \(process.executable), \(process.starts) starts, ended by itself \(unasked)")
            }
            #expect(report.balances, "seed \(seed): \(report)\n\(scene.complaints())")
        }
    }
}
