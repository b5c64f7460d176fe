import AMQP
import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// What operators and supervisors do to a worker: pause, stop, ask how it is, run several of it.
@Suite(.servers) struct ControlTests {
    @Test func aPausedQueueIsNotConsumedUntilItIsResumed() throws {
        try withCluster { cluster in
            try cluster.addServers(10)
            let log = try EventLog(cluster)
            let worker = try cluster.start("lease-ip")
            let broker = try cluster.broker()
            defer { broker.close() }
            let queue = Topology.queue(for: LeaseIP.name)

            let paused = try cluster.run("ruche", ["queues", "pause", "lease-ip", "--reason", "a test"])
            #expect(paused.status == 0, "\(paused.errors)")
            try worker.waitForLine(containing: "paused by an operator")
            try eventually("nobody consumes") { try broker.inspectQueue(queue)?.consumers == 0 }
            let load = try Load(cluster)
            for number in 1...10 { try load.publish(LeaseIP(holder: "web-\(number)"), id: "lease-\(number)") }
            try load.settle()
            #expect(try broker.inspectQueue(queue)?.messages == 10)
            let listed = try cluster.run("ruche", ["queues"])
            #expect(listed.output.contains("paused"), "\(listed.output)")

            let resumed = try cluster.run("ruche", ["queues", "resume", "lease-ip"])
            #expect(resumed.status == 0, "\(resumed.errors)")
            try log.receive { $0.outcomes.count == 10 }
            #expect(log.summary == [.succeeded: 10])
            let database = try cluster.database()
            defer { database.close() }
            #expect(try database.query("SELECT count(*) FROM audit WHERE target = 'lease-ip'").get(0, 0) == 2)
        }
    }

    @Test func aWorkerThatIsAskedToStopUnderLoadFinishesAndLeavesTheRest() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let commands = 2000
            let log = try EventLog(cluster)
            let load = try Load(cluster)
            for number in 0..<commands {
                try load.publish(
                    Cluster.probe, id: "job-\(number)",
                    body: Cluster.probe("slow", lane: "\(number)", milliseconds: 1))
            }
            try load.settle()
            // What it holds it finishes; the rest stays in the queue.
            let first = try cluster.start("ProbeWorker", ["PREFETCH": "100"])
            try log.receive { $0.outcomes.count >= 100 }
            #expect(first.terminate() == 0, "\(first.output)")
            #expect(first.output.contains("stopped"))
            #expect(try cluster.effects().jobs < commands, "the stop came under load")

            try cluster.start("ProbeWorker")
            try cluster.start("relay")
            try log.receive { $0.outcomes.count == commands }
            #expect(log.summary == [.succeeded: commands])
            let effects = try cluster.effects()
            #expect(effects.rows == commands && effects.jobs == commands)
            try eventually("the books are closed") {
                let books = try Rest(cluster, commands: [Cluster.probe])
                return books.outbox == 0 && books.queued == 0 && books.schedule == 0
                    && books.endings == ["s": commands]
            }
        }
    }

    @Test func aDrainingWorkerIsAliveAndNotReadyAndASecondSignalEndsIt() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            let worker = try cluster.start("ProbeWorker")
            let port = try Self.port(of: worker)
            try eventually("it is ready") { try get("readyz", port, cluster).status == 200 }
            #expect(try get("livez", port, cluster).status == 200)
            #expect(try get("nothing", port, cluster).status == 404)
            let load = try Load(cluster)
            for number in 1...3 {
                try load.publish(Cluster.probe, id: "job-\(number)", body: Cluster.probe("succeed"))
            }
            try load.publish(Cluster.probe, id: "job-4", body: Cluster.probe("refuse"))
            try load.settle()
            try log.receive { $0.outcomes.count == 4 }
            let metrics = try get("metrics", port, cluster)
            #expect(metrics.body.contains(#"ruche_jobs_total{command="probe",outcome="succeeded"} 3"#))
            #expect(metrics.body.contains(#"ruche_jobs_total{command="probe",outcome="refused"} 1"#))

            // It computes and does not hear of the stop; what it says of itself is told by other threads.
            try load.publish(
                Cluster.probe, id: "job-5", body: Cluster.probe("slow", lane: "a", milliseconds: 20_000))
            try load.settle()
            try cluster.waitForTransaction()
            worker.send(SIGTERM)
            try worker.waitForLine(containing: "stopping")
            let ready = try get("readyz", port, cluster)
            #expect(ready.status == 503)
            #expect(ready.body.contains("draining"))
            #expect(try get("livez", port, cluster).status == 200)
            // Signals that come together are one request, so a person's second one is told by sending until it counts.
            try eventually("a second signal ends it at once", within: 10) {
                worker.send(SIGTERM)
                return !worker.isRunning
            }
            #expect(worker.waitForExit() == 1)
        }
    }

    @Test func aWorkerWhoseQueueWasDeletedConsumesAgainAfterAMigration() throws {
        try withCluster { cluster in
            try cluster.addServers(6)
            let log = try EventLog(cluster)
            // Within about 20 ms RabbitMQ 3.10 says nothing to a consumer whose queue is deleted and declared anew,
            // keeps it in its books, and delivers nothing: it takes the renewal to get out of that.
            let worker = try cluster.start("lease-ip", ["CONSUMER_RENEWAL": "1s"])
            let broker = try cluster.broker()
            defer { broker.close() }
            let queue = Topology.queue(for: LeaseIP.name)
            let load = try Load(cluster)
            func lease(_ number: Int) throws {
                try load.publish(LeaseIP(holder: "web-\(number)"), id: "lease-\(number)")
                try load.settle()
                #expect(try log.outcome(of: "lease-\(number)").kind == .succeeded)
            }
            try lease(0)
            for round in 1...5 {
                _ = try broker.deleteQueue(queue)
                if round % 2 == 0 {
                    // At once: the old queue is still going.
                    for declaration in Topology.declarations(for: [LeaseIP.name]) { try broker.declare(declaration) }
                } else {
                    let migrated = try cluster.run("ruche", ["migrate"])
                    #expect(migrated.status == 0, "\(migrated.errors)")
                }
                try lease(round)
            }
            #expect(worker.isRunning)
        }
    }

    @Test func aCapOfOneIsNeverExceededAndWhatWasPostponedEnds() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let database = try cluster.database()
            defer { database.close() }
            // The row is written at the end of the work, so two ends of one lane lie a whole work apart.
            try database.script(
                "ALTER TABLE probe_effect ADD COLUMN done timestamptz NOT NULL DEFAULT clock_timestamp()")
            let log = try EventLog(cluster)
            let workers = try (1...2).map { _ in try cluster.start("ProbeWorker", ["PREFETCH": "1"]) }
            try cluster.start("relay")
            let load = try Load(cluster)
            for number in 1...12 {
                try load.publish(
                    Cluster.probe, id: "job-\(number)", body: Cluster.probe("slow", lane: "one", milliseconds: 100))
            }
            try load.settle()
            try log.receive { $0.outcomes.count == 12 }

            #expect(log.summary == [.succeeded: 12])
            #expect(log.events.contains { $0.kind == .parked }, "both workers wanted the slot")
            let overlaps = try database.query(
                """
                SELECT count(*) FROM probe_effect a JOIN probe_effect b ON a.ctid < b.ctid
                WHERE a.done - b.done BETWEEN '-99 ms' AND '99 ms'
                """)
            #expect(try overlaps.get(0, 0) == 0)
            #expect(try cluster.effects().jobs == 12)
            #expect(log.outcomes.values.allSatisfy { $0.attempt == 1 }, "to wait for a slot is no attempt")
            for worker in workers { #expect(worker.terminate() == 0) }
        }
    }

    private static func port(of worker: RunningProcess) throws -> Int {
        for line in worker.output.split(separator: "\n") where line.contains("\"ready\"") {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            if let port = object?["http.port"] as? Int { return port }
        }
        throw TestFailure("no port in:\n\(worker.output)")
    }

    private func get(_ path: String, _ port: Int, _ cluster: Cluster) throws -> (status: Int, body: String) {
        let result = try FinishedProcess(
            path: "/usr/bin/env",
            arguments: ["curl", "-sS", "-m", "5", "-w", "\n%{http_code}", "http://127.0.0.1:\(port)/\(path)"],
            environment: cluster.environment)
        guard result.status == 0 else { throw TestFailure("GET /\(path): \(result.errors)") }
        let lines = result.output.split(separator: "\n", omittingEmptySubsequences: false)
        return (Int(lines.last ?? "") ?? 0, lines.dropLast().joined(separator: "\n"))
    }
}
