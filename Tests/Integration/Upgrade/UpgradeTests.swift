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
        let after = try TestServers.require()
        try withCluster(on: before) { cluster in
            let scene = try UpgradeScene(cluster)
            let oldRelay = try scene.start("relay", of: before.binaries)
            let first = try scene.startProxied(of: before.binaries)
            let stream = try scene.produce()
            try scene.awaitWork(by: first)
            try scene.leaveWaiting(in: stream)

            // The schema first, while everything of the edition before goes on.
            let schema: Int = try cluster.number("SELECT max(version)::bigint FROM schema_migration")
            let migrated = try scene.run("ruche", ["migrate"])
            #expect(migrated.status == 0, "\(migrated.errors)")
            // Editions of one schema have nothing to migrate: then it is the other test that shows how it is done.
            let isNewer = schema < SchemaFiles.all.count
            #expect(migrated.output.contains(isNewer ? "applied V" : "up to date"), "\(migrated.output)")
            try scene.awaitWork(by: first)
            #expect(oldRelay.isRunning && first.isRunning, "nobody died of it")

            // What the edition before has done is delivered again to this one.
            try scene.killBetweenCommitAndAck(first)
            let new = try ["relay", "lease-ip", "lease-ip"].map { try scene.start($0, of: after.binaries) }
            try eventually("deliveries cross the editions") { try cluster.redeliveries(LeaseIP.name) > 0 }

            // Old and new work side by side, as on hosts that are upgraded one after another.
            let second = try scene.start("lease-ip", of: before.binaries)
            for worker in [second, new[1], new[2]] { try scene.awaitWork(20, by: worker) }
            try scene.expectWaiting()
            for process in [second, oldRelay] { #expect(process.terminate() == 0) }
            try scene.letThemCome()
            // Producers of either edition, workers of the new one.
            try scene.askOnce(with: before.binaries, holder: "old-producer")
            try scene.askOnce(with: after.binaries, holder: "new-producer")
            try stream.stop()
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
            for name in ["relay", "lease-ip"] { _ = try scene.start(name, of: before.binaries) }
            try scene.askOnce(with: TestServers.require().binaries, holder: "new-producer")
            let load = try Load(cluster)
            let (field, version) = (UpgradeScene.newID(), UpgradeScene.newID())
            try load.publish(
                LeaseIP.name, id: field, body: Array(#"{"holder":"a","notYet":{"a":[1]},"ttlSeconds":60}"#.utf8))
            try load.publish(LeaseIP.name, id: version, body: Array(#"{"holder":"b"}"#.utf8)) {
                $0.type = Topology.messageType(of: LeaseIP.name, version: 9)
            }
            try load.settle()
            #expect(try log.outcome(of: field).kind == .succeeded)
            try log.receive { $0.events.contains { $0.subject == version } }
            #expect(log.events.first { $0.subject == version }?.kind == .parked, "parked, and not failed")
        }
    }

    @Test func migratingUnderLoadHoldsUpNobodyForLongAndLosesNothing() throws {
        try withCluster { cluster in
            let scene = try UpgradeScene(cluster)
            let processes = try ["relay", "lease-ip", "lease-ip"].map {
                try scene.start($0, of: cluster.servers.binaries)
            }
            let stream = try scene.produce()
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
            try stream.stop()
            try scene.balance()
            #expect(processes.allSatisfy { $0.isRunning }, "nobody died of it")
            let migrated = try scene.run("ruche", ["migrate"])
            #expect(migrated.status == 0 && migrated.errors.contains("does not know"), "\(migrated.errors)")
        }
    }
}
