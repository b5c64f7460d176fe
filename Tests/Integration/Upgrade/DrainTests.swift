import AMQP
import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// What a worker that is asked to stop leaves behind: nothing new taken, nothing counted against a command.
@Suite(.servers) struct DrainTests {
    @Test func aStoppingWorkerWhoseDatabaseGoesAwayHandsBackAndTakesNothingNew() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            let load = try Load(cluster)
            let worker = try cluster.start("ProbeWorker", ["PREFETCH": "1"])
            try load.publish(Cluster.probe, id: "one", body: Cluster.probe("slow", lane: "a", milliseconds: 1500))
            try load.settle()
            try cluster.waitForTransaction()
            try load.publish(Cluster.probe, id: "two", body: Cluster.probe("succeed"))
            try load.settle()
            worker.send(SIGTERM)
            try worker.waitForLine(containing: "stopping")
            try HostileMessageTests.closeDatabase(cluster, true)
            #expect(worker.waitForExit() == 0)
            try HostileMessageTests.closeDatabase(cluster, false)

            let lines = worker.output.split(separator: "\n")
            let stopping = try #require(lines.firstIndex { $0.contains("stopping") })
            #expect(!lines[stopping...].contains { $0.contains("consuming") }, "\(worker.output)")
            #expect(lines.count { $0.contains("admitting a batch again") } == 1)
            #expect(try cluster.effects().rows == 0)
            let broker = try cluster.broker()
            defer { broker.close() }
            try eventually("both are in their queue") {
                try broker.inspectQueue(Topology.queue(for: Cluster.probe))?.messages == 2
            }
            try cluster.start("ProbeWorker")
            try log.receive { $0.outcomes.count == 2 }
            #expect(log.summary == [.succeeded: 2])
            #expect(try cluster.effects().rows == 2)
        }
    }

    @Test func aDrainedWorkerCountsNoStartOfWhatItHandsBack() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            let load = try Load(cluster)
            // Handed out before, so that each is started alone and its start is committed.
            let commands = 30
            try Self.publish(commands, taking: 200, to: load, handedOutBefore: true)
            // More rounds than the starts after which a command counts as a killer.
            for _ in 1...5 {
                // The grace ends before what is in hand is done, and the rest is handed back.
                let worker = try cluster.start("ProbeWorker", ["SHUTDOWN_GRACE": "100ms"])
                try eventually("it has started one") { try Self.started(cluster) > 0 }
                #expect(worker.terminate() == 0)
                #expect(try Self.started(cluster) == 0, "what has not ended has not started")
                #expect(try cluster.effects().rows < commands, "it did not go through all that it held")
            }
            try cluster.start("ProbeWorker")
            try log.receive { $0.outcomes.count == commands }
            #expect(log.summary == [.succeeded: commands])
            let database = try cluster.database()
            defer { database.close() }
            #expect(try database.query("SELECT max(solo_starts)::integer FROM job_key").get(0, 0, as: Int.self) == 1)
            #expect(try cluster.effects().rows == commands)
        }
    }

    @Test func aWorkerThatIsAskedToStopDuringABatchFinishesWhatItHolds() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let load = try Load(cluster)
            let commands = 6
            // Two batches: the request comes during the first.
            try Self.publish(commands, taking: 100, to: load)
            let worker = try cluster.start("ProbeWorker", ["SHUTDOWN_GRACE": "1h"])
            try cluster.waitForTransaction()
            let broker = try cluster.broker()
            defer { broker.close() }
            try eventually("it holds all of them") {
                try broker.inspectQueue(Topology.queue(for: Cluster.probe))?.messages == 0
            }
            #expect(worker.terminate() == 0)
            #expect(try cluster.effects().rows == commands)
        }
    }

    /// One loop has nothing left while the other is at its work for longer than a thread may stand still.
    @Test(.enabled(if: TestServers.isFull)) func aLongDrainIsNoStandstill() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let load = try Load(cluster)
            let commands = 8
            // Handed out before, so that one loop takes them one by one.
            try Self.publish(commands, taking: 1000, to: load, handedOutBefore: true)
            let worker = try cluster.start("ProbeWorker", ["SHUTDOWN_GRACE": "1h", "LIVENESS_PATIENCE": "3s"])
            try cluster.waitForTransaction()
            #expect(worker.terminate() == 0, "\(worker.output)")
            #expect(try cluster.effects().rows == commands)
        }
    }

    @Test func aSessionThatEndsDuringTheDrainCountsNoStart() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            let load = try Load(cluster)
            try load.publish(Cluster.probe, id: "one", body: Cluster.probe("slow", milliseconds: 1000)) {
                $0.headers = ["x-delivery-count": 1]
            }
            try load.settle()
            let worker = try cluster.start("ProbeWorker")
            try cluster.waitForTransaction()
            worker.send(SIGTERM)
            try worker.waitForLine(containing: "stopping")
            let server = try cluster.database()
            defer { server.close() }
            _ = try server.query(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'probe@%'")
            #expect(worker.waitForExit() == 0)
            #expect(worker.output.contains("admitting a batch again"))
            #expect(try log.outcome(of: "one").kind == .succeeded)
            #expect(try HostileMessageTests.soloStarts(cluster) == 1)
            #expect(try cluster.effects().rows == 1)
        }
    }

    /// Publishes commands that take so many milliseconds each, and waits until the broker has them.
    private static func publish(
        _ commands: Int, taking milliseconds: Int, to load: Load, handedOutBefore: Bool = false
    ) throws {
        for number in 1...commands {
            let body = Cluster.probe("slow", lane: "\(number)", milliseconds: milliseconds)
            try load.publish(Cluster.probe, id: "job-\(number)", body: body) {
                if handedOutBefore { $0.headers = ["x-delivery-count": 1] }
            }
        }
        try load.settle()
    }

    /// Commands whose start is committed and whose end is not.
    private static func started(_ cluster: Cluster) throws -> Int {
        try cluster.number("SELECT count(*) FROM job_key WHERE state = 'x' AND solo_starts > 0")
    }
}
