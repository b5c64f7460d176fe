import AMQP
import Contracts
import Foundation
import Postgres
import Runtime
import Sealing
import TestSupport
import Testing

/// What any producer can write around a payload, and what it must not do to the workers or to anybody else's commands.
@Suite(.servers) struct HostileMessageTests {
    @Test func aHostileEnvelopeSpoilsNothing() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            // No relay: what the worker publishes must be confirmed to the worker.
            let worker = Supervised(cluster, "ProbeWorker")
            defer { worker.stop() }
            let load = try Load(cluster)
            let body = Cluster.probe("succeed")
            // Beyond what can be counted, where the next turn would be one more.
            try load.publish(Cluster.probe, id: "turn", body: body) {
                $0.type = "probe.v9"
                $0.headers[Topology.turnHeader] = .int(.max)
            }
            // Nanoseconds where AMQP wants seconds: no time that the database knows.
            try load.publish(Cluster.probe, id: "time", body: body) { $0.timestamp = 1_726_000_000_000_000_001 }
            // The broker closes the connection that publishes to it.
            try load.publish(Cluster.probe, id: "reply", body: body) {
                $0.replyTo = "amq.rabbitmq.reply-to.nonsense.x"
            }
            try load.publish(Cluster.probe, id: "kind", body: body) { $0.type = "com.example.Probe" }
            try load.publish(Cluster.probe, id: "after", body: body)
            try load.settle()
            try log.receive { log in
                log.outcomes.count == 3
                    && ["turn", "kind"].allSatisfy { id in log.events.contains { $0.subject == id } }
            }

            #expect(log.events.first { $0.subject == "turn" }?.kind == .parked)
            for id in ["time", "reply", "after"] { #expect(log.outcomes[id]?.kind == .succeeded) }
            let kind = try #require(log.events.first { $0.subject == "kind" })
            #expect(kind.kind == .parked)
            #expect(worker.starts == 1)
            try eventually("every event is confirmed to its worker") {
                try Rest(cluster, commands: [Cluster.probe]).outbox == 0
            }
        }
    }

    @Test func aRedeliveredTurnThatTheLedgerForgotIsRefused() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            try cluster.start("ProbeWorker")
            let load = try Load(cluster)
            try load.publish(Cluster.probe, id: "old", body: Cluster.probe("succeed")) {
                $0.headers = [Topology.turnHeader: 1, "x-delivery-count": 1]
            }
            try load.settle()

            let event = try log.outcome(of: "old")
            #expect(try Reason(json: event.data).reason == "past-horizon")
            #expect(try cluster.effects().rows == 0)
        }
    }

    @Test func aStartWhoseEndWasSeenDoesNotCount() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            try cluster.start("ProbeWorker")
            let load = try Load(cluster)
            try load.publish(Cluster.probe, id: "one", body: Cluster.probe("refuse")) {
                $0.headers = ["x-delivery-count": 1]
            }
            try load.settle()
            try log.outcome(of: "one")
            #expect(try Self.soloStarts(cluster) == 0)
        }
    }

    @Test func aDatabaseThatGoesAwayDoesNotCountAsADeath() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            let worker = try cluster.start("ProbeWorker", ["HOLD_LIMIT": "1s"])
            let load = try Load(cluster)
            let body = Cluster.probe("slow", milliseconds: 1500)
            try load.publish(Cluster.probe, id: "one", body: body) { $0.headers = ["x-delivery-count": 1] }
            try load.settle()
            // The worker has heard of its start's commit, then: one whose answer is lost is committed once more.
            try cluster.waitForTransaction()
            #expect(try Self.soloStarts(cluster) == 1)
            try Self.closeDatabase(cluster, true)
            try worker.waitForLine(containing: "deliveries are handed back")
            try Self.closeDatabase(cluster, false)

            #expect(try log.outcome(of: "one").kind == .succeeded)
            #expect(try Self.soloStarts(cluster) == 1)
            #expect(try cluster.effects().rows == 1)
        }
    }

    @Test func aCommandThatExpiresWhileTheDatabaseIsAwayHasNoEffect() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            let worker = try cluster.start("ProbeWorker")
            // Before it has read what operators hold back it takes nothing.
            try worker.waitForLine(containing: "consuming")
            try Self.closeDatabase(cluster, true)
            let load = try Load(cluster)
            let expiresAt = Timestamp.now + .seconds(3)
            try load.publish(Cluster.probe, id: "one", body: Cluster.probe("succeed")) {
                $0.headers = [Topology.expiresAtHeader: .string(expiresAt.rfc3339)]
            }
            try load.settle()
            try worker.waitForLine(containing: "admitting a batch again")
            try eventually("its time is over") { Timestamp.now > expiresAt }
            try Self.closeDatabase(cluster, false)

            #expect(try Reason(json: try log.outcome(of: "one").data).reason == "expired")
            #expect(try cluster.effects().rows == 0)
        }
    }

    @Test func aWorkerThatStartsTakesNothingFromAPausedQueue() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            let database = try cluster.database()
            defer { database.close() }
            try database.script("INSERT INTO queue_control VALUES ('probe', true, 'test', 'test')")
            let load = try Load(cluster)
            try load.publish(Cluster.probe, id: "one", body: Cluster.probe("succeed"))
            try load.settle()
            let worker = try cluster.start("ProbeWorker")
            try worker.waitForLine(containing: "paused by an operator")
            #expect(!worker.output.contains("consuming"))
            try database.script("UPDATE queue_control SET paused = false")
            #expect(try log.outcome(of: "one").kind == .succeeded)
        }
    }

    @Test func aFileThatTheDatabaseCannotReadIsNotTriedForEver() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let database = try cluster.database()
            defer { database.close() }
            try database.script(
                """
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                    $$ BEGIN RAISE EXCEPTION 'could not read block' USING ERRCODE = '58030'; END $$;
                CREATE TRIGGER refuse BEFORE INSERT ON probe_effect EXECUTE FUNCTION refuse()
                """)
            let log = try EventLog(cluster)
            try cluster.start("ProbeWorker")
            try cluster.start("relay")
            let load = try Load(cluster)
            try load.publish(Cluster.probe, id: "one", body: Cluster.probe("succeed"))
            try load.settle()
            let event = try log.outcome(of: "one")
            #expect(event.kind == .dead)
            #expect(event.attempt == 3)
        }
    }

    @Test func aCommandMayWaitForDaysForItsSlot() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            let database = try cluster.database()
            defer { database.close() }
            let body = Cluster.probe("refuse")
            let key = UniqueID(bytes: Digest.key("probe", Topology.defaultTenant, "one"))
            try database.execute(
                """
                INSERT INTO job_key (key, day, state, turn, attempt, sequence, body_hash)
                VALUES (\(key), current_date, 'p', 32767, 0, 32767, \(Bytes(Digest.sha256(body))))
                """)
            try cluster.start("ProbeWorker")
            let load = try Load(cluster)
            try load.publish(Cluster.probe, id: "one", body: body) { $0.headers = [Topology.turnHeader: 32_767] }
            try load.settle()
            #expect(try log.outcome(of: "one").sequence == 32_768)
        }
    }

    /// Starts in the solo lane that the ledger counts, of all commands.
    static func soloStarts(_ cluster: Cluster) throws -> Int {
        let database = try cluster.database()
        defer { database.close() }
        return try database.query("SELECT coalesce(sum(solo_starts), 0)::bigint FROM job_key").get(0, 0)
    }

    /// Ends every session of the cluster's database and lets none in; or lets them in again.
    static func closeDatabase(_ cluster: Cluster, _ isClosed: Bool) throws {
        let server = try Postgres.Connection.open(ConnectionSettings(cluster.servers.databaseURL))
        defer { server.close() }
        try server.script("ALTER DATABASE \(cluster.name) ALLOW_CONNECTIONS \(!isClosed)")
        guard isClosed else { return }
        _ = try server.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = \(cluster.name)")
    }
}
