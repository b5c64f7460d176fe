import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// A worker that stands still, as under a debugger or on an overloaded host, and goes on later as if nothing had been.
@Suite(.servers) struct FreezeTests {
    @Test func aWorkerThatWakesPastItsWatchdogHasOneEffect() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            try cluster.start("relay")
            let worker = try cluster.start("ProbeWorker")
            let load = try Load(cluster)
            try load.publish(Cluster.probe, id: "one", body: Cluster.probe("slow", milliseconds: 1000))
            try load.settle()
            try cluster.waitForTransaction()
            worker.send(SIGSTOP)
            // The time of a batch of this worker is two seconds, by a clock that does not stand still.
            let database = try cluster.database()
            defer { database.close() }
            _ = try database.query("SELECT pg_sleep(4)")
            worker.send(SIGCONT)

            #expect(try log.outcome(of: "one").kind == .succeeded)
            #expect(try cluster.effects().rows == 1)
            try load.publish(Cluster.probe, id: "two", body: Cluster.probe("succeed"))
            try load.settle()
            #expect(try log.outcome(of: "two").kind == .succeeded)
            #expect(worker.isRunning)
            #expect(worker.terminate() == 0)
        }
    }

    @Test func aDatabaseThatStandsStillCostsNoAttempt() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            try cluster.start("ProbeWorker")
            let load = try Load(cluster)
            try load.publish(Cluster.probe, id: "one", body: Cluster.probe("slow", milliseconds: 1000))
            try load.settle()
            try cluster.waitForTransaction()
            let backend = try cluster.number(
                "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'probe@%' AND state LIKE 'idle in%'")
            kill(Int32(backend), SIGSTOP)
            defer { kill(Int32(backend), SIGCONT) }
            // The time of the batch is over after two seconds; a server that is well stops a statement at once.
            let database = try cluster.database()
            defer { database.close() }
            _ = try database.query("SELECT pg_sleep(9)")
            kill(Int32(backend), SIGCONT)

            let outcome = try log.outcome(of: "one")
            #expect(outcome.kind == .succeeded)
            #expect(outcome.attempt == 1, "nothing of it is the command's doing")
            #expect(try cluster.effects().rows == 1)
        }
    }

    @Test func theSessionOfAFrozenWorkerEndsAndAnotherDoesItsWork() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            // The broker and the server wait for a minute and more when nothing else is said.
            let impatient = [
                "AMQP_URL": cluster.environment["AMQP_URL"]! + "?heartbeat=2", "LIVENESS_PATIENCE": "6s",
            ]
            let frozen = try cluster.start("ProbeWorker", impatient)
            let load = try Load(cluster)
            try load.publish(Cluster.probe, id: "one", body: Cluster.probe("slow", milliseconds: 1000))
            try load.settle()
            try cluster.waitForTransaction()
            frozen.send(SIGSTOP)
            defer { frozen.send(SIGCONT) }
            let other = try cluster.start("ProbeWorker")
            // The broker misses the heartbeats, and the server the next statement: neither asks the frozen process.
            #expect(try log.outcome(of: "one", within: 180).kind == .succeeded)

            frozen.send(SIGCONT)
            #expect(other.terminate() == 0)
            // The first producer has not read the broker's heartbeats meanwhile.
            let later = try Load(cluster)
            try later.publish(Cluster.probe, id: "two", body: Cluster.probe("succeed"))
            try later.settle()
            #expect(try log.outcome(of: "two").kind == .succeeded)
            #expect(try cluster.effects().rows == 2)
            #expect(log.outcomes.count == 2)
            #expect(frozen.terminate() == 0)
        }
    }
}
