import AMQP
import Books
import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// From the edition before to this one with the load going on: nothing is lost, nothing happens twice, nobody dies.
///
/// The edition before is built from the repository's history; see scripts/lib/edition-before.
@Suite(.servers, .serialized) struct UpgradeTests {
    /// Where the executables of the edition before are, when `scripts/test --full` has built them.
    static let before = ProcessInfo.processInfo.environment["RUCHE_TEST_BEFORE"]

    @Test(.enabled(if: before != nil, "needs the edition before: scripts/test --full"))
    func aRollingUpgradeUnderLoadKeepsThePromise() throws {
        let before = try TestServers.require().with(binaries: #require(Self.before))
        try withCluster(on: before) { cluster in
            let scene = try UpgradeScene(cluster)
            let old = try scene.start(before.binaries)
            let producer = try scene.produce()
            try eventually("the old workers work") { try cluster.number("SELECT count(*) FROM job") > 200 }

            // The schema first, while everything of the edition before goes on.
            let begun = ContinuousClock.now
            let migrated = try scene.run("ruche", ["migrate"])
            #expect(migrated.status == 0, "\(migrated.errors)")
            #expect(ContinuousClock.now - begun < .seconds(30))
            #expect(migrated.output.contains("applied V"), "there is something to migrate: \(migrated.output)")
            let jobs: Int = try cluster.number("SELECT count(*) FROM job")
            try eventually("the old workers work on with the new schema") {
                try cluster.number("SELECT count(*) FROM job") > jobs + 200
            }
            #expect(old.allSatisfy { $0.isRunning }, "nobody died of it")

            // Then one after another, so that old and new work side by side for a while.
            let new = try scene.start(TestServers.require().binaries)
            for process in old { #expect(process.terminate() == 0) }
            // Producers of either edition, workers of the new one.
            try scene.askOnce(with: before.binaries, id: "old-producer")
            try scene.askOnce(with: TestServers.require().binaries, id: "new-producer")
            try producer.stop()
            try scene.balance()
            #expect(new.allSatisfy { $0.isRunning })
        }
    }

    @Test(.enabled(if: before != nil, "needs the edition before: scripts/test --full"))
    func workersOfTheEditionBeforeTakeWhatProducersOfThisOneSend() throws {
        let before = try TestServers.require().with(binaries: #require(Self.before))
        try withCluster(on: before) { cluster in
            let scene = try UpgradeScene(cluster)
            let log = try EventLog(cluster)
            _ = try scene.start(before.binaries)
            try scene.askOnce(with: TestServers.require().binaries, id: "new-producer")
            let load = try Load(cluster)
            try load.publish(
                LeaseIP.name, id: "field", body: Array(#"{"holder":"a","notYet":{"a":[1]},"ttlSeconds":60}"#.utf8))
            try load.publish(LeaseIP.name, id: "version", body: Array(#"{"holder":"b"}"#.utf8)) {
                $0.type = Topology.messageType(of: LeaseIP.name, version: 9)
            }
            try load.settle()
            #expect(try log.outcome(of: "field").kind == .succeeded)
            try log.receive { $0.events.contains { $0.subject == "version" } }
            #expect(log.events.first { $0.subject == "version" }?.kind == .parked, "parked, and not failed")
        }
    }

    @Test func migratingUnderLoadHoldsUpNobodyForLongAndLosesNothing() throws {
        try withCluster { cluster in
            let scene = try UpgradeScene(cluster)
            let processes = try scene.start(cluster.servers.binaries)
            let producer = try scene.produce()
            try eventually("the workers work") { try cluster.number("SELECT count(*) FROM job") > 100 }
            // What an edition may bring: a column of every table that each job touches, and an index.
            let next = SchemaFiles.all.count + 1
            let sql =
                ["job_key", "job", "outbox", "event", "schedule"].map {
                    "ALTER TABLE \($0) ADD COLUMN next_edition text;"
                }
                .joined() + "CREATE INDEX ON job_key (next_edition);"
            let all = SchemaFiles.all.map { Migration(version: $0.version, name: $0.name, sql: $0.sql) }
            let database = try cluster.database()
            defer { database.close() }
            let begun = ContinuousClock.now
            let applied = try Migrations.apply(
                all + [Migration(version: next, name: "V_next.sql", sql: sql)], on: database)
            #expect(applied.map(\.version) == [next])
            #expect(ContinuousClock.now - begun < .seconds(20))
            let jobs: Int = try cluster.number("SELECT count(*) FROM job")
            try eventually("the workers work on") { try cluster.number("SELECT count(*) FROM job") > jobs + 100 }
            try producer.stop()
            try scene.balance()
            #expect(processes.allSatisfy { $0.isRunning }, "nobody died of it")
            let migrated = try scene.run("ruche", ["migrate"])
            #expect(migrated.status == 0 && migrated.errors.contains("does not know"), "\(migrated.errors)")
        }
    }
}
