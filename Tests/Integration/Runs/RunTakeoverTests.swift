import AMQP
import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// A long command whose worker is killed, frozen, asked to stop or cut off: it goes on elsewhere, once.
@Suite(.servers) struct RunTakeoverTests {
    @Test func aKilledWorkersRunIsTakenOverFromItsCheckpoint() throws {
        try withCluster { cluster in
            try cluster.prepareLongProbe()
            let log = try EventLog(cluster)
            let load = try Load(cluster)
            let relay = try cluster.start("relay")
            let first = try cluster.startLongProbe()
            try load.publish(
                Cluster.longProbe, id: "one", body: Cluster.longProbe(gate: 2, targets: ["server:12"]))
            try load.settle()
            try cluster.wait(for: "one", steps: 2)
            try cluster.startLongProbe()
            first.kill()
            try relay.waitForLine(containing: "a run is taken from its holder")
            // The gate opens for whoever goes on.
            try eventually("somebody else has it") {
                try cluster.number("SELECT count(*) FROM run WHERE state = 'r' AND fence > 1") == 1
            }
            #expect(try cluster.number("SELECT count(*) FROM run_target") == 1, "its target is locked still")
            try cluster.open("one")

            #expect(try log.outcome(of: "one").kind == .succeeded)
            #expect(log.events.map(\.sequence) == Array(1...log.events.count))
            // Two steps by the first; a look whether all is quiet, and the rest, by the second.
            let steps = try cluster.steps("one")
            #expect(steps.map(\.step) == [0, 1, -2, 2])
            #expect(Set(steps.prefix(2).map(\.fence)) == [1] && Set(steps.suffix(2).map(\.fence)).count == 1)
            #expect(try cluster.longEffects() == 1)
            #expect(try cluster.hasNoRuns())
        }
    }

    @Test func aFrozenWorkerWritesNothingWhenItWakes() throws {
        try withCluster { cluster in
            try cluster.prepareLongProbe()
            let log = try EventLog(cluster)
            let load = try Load(cluster)
            try cluster.start("relay")
            let first = try cluster.startLongProbe()
            try load.publish(Cluster.longProbe, id: "one", body: Cluster.longProbe(gate: 1))
            try load.settle()
            try cluster.wait(for: "one", steps: 1)
            first.send(SIGSTOP)
            try cluster.startLongProbe()
            try eventually("somebody else has it") {
                try cluster.number("SELECT count(*) FROM run WHERE state = 'r' AND fence > 1") == 1
            }
            first.send(SIGCONT)
            try first.waitForLine(containing: "a run was lost")
            try cluster.open("one")
            #expect(try log.outcome(of: "one").kind == .succeeded)
            let steps = try cluster.steps("one")
            #expect(steps.map(\.step) == [0, -2, 1, 2])
            #expect(steps.filter { $0.fence == 1 }.map(\.step) == [0])
            #expect(try cluster.longEffects() == 1)
            #expect(first.terminate() == 0)
        }
    }

    @Test func aStoppingWorkerHandsItsRunOverAtOnce() throws {
        try withCluster { cluster in
            try cluster.prepareLongProbe()
            let log = try EventLog(cluster)
            let load = try Load(cluster)
            try cluster.start("relay")
            // A lease that no rescue would wait for.
            let changes = ["RUN_LEASE": "10m", "SHUTDOWN_GRACE": "2s"]
            let first = try cluster.startLongProbe(changes)
            // One comes to its next checkpoint, the other is stopped where it is.
            try load.publish(Cluster.longProbe, id: "one", body: Cluster.longProbe(gate: 1))
            try load.settle()
            try cluster.wait(for: "one", steps: 1)
            first.send(SIGTERM)
            #expect(first.waitForExit() == 0)
            #expect(try cluster.number("SELECT count(*) FROM run WHERE state = 'q' AND starts = 0") == 1)
            try cluster.open("one")
            let second = try cluster.startLongProbe(changes)
            #expect(try log.outcome(of: "one").kind == .succeeded)
            #expect(try cluster.steps("one").map(\.step) == [0, -2, 1, 2])
            #expect(try cluster.longEffects() == 1)
            #expect(second.terminate() == 0)
            #expect(try cluster.hasNoRuns())
        }
    }

    @Test func aStoppingWorkerLetsItsRunComeToACheckpoint() throws {
        try withCluster { cluster in
            try cluster.prepareLongProbe()
            let load = try Load(cluster)
            let first = try cluster.startLongProbe(["RUN_LEASE": "10m", "SHUTDOWN_GRACE": "1h"])
            try load.publish(Cluster.longProbe, id: "one", body: Cluster.longProbe(gate: 1))
            try load.settle()
            try cluster.wait(for: "one", steps: 1)
            first.send(SIGTERM)
            try first.waitForLine(containing: "runs go on to their next checkpoint")
            try cluster.open("one")
            #expect(first.waitForExit() == 0)
            #expect(
                try cluster.number(
                    "SELECT count(*) FROM run WHERE state = 'q' AND (checkpoint->>'step')::int = 2") == 1)
            #expect(try cluster.longEffects() == 0)
        }
    }

    @Test func aCommandThatKillsItsWorkersIsBuried() throws {
        try withCluster { cluster in
            try cluster.prepareLongProbe()
            let log = try EventLog(cluster)
            let load = try Load(cluster)
            try cluster.start("relay")
            try load.publish(Cluster.longProbe, id: "one", body: Cluster.longProbe("die", steps: 1))
            try load.settle()
            for _ in 1...3 {
                let worker = try cluster.startLongProbe()
                #expect(worker.waitForExit() == 128 + SIGKILL)
            }
            try cluster.startLongProbe()
            let event = try log.outcome(of: "one")
            #expect(event.kind == .dead)
            #expect(try event.decode(Reason.self).reason == "killed-the-worker")
            #expect(try cluster.hasNoRuns())
        }
    }
}
