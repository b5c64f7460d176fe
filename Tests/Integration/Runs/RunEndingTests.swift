import AMQP
import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// Long commands that are cancelled, or take too long.
@Suite(.servers) struct RunEndingTests {
    @Test func aRunningOneIsCancelledAndUndoesWhatItHasDone() throws {
        try withCluster { cluster in
            try cluster.prepareLongProbe()
            let log = try EventLog(cluster)
            let load = try Load(cluster)
            try cluster.startLongProbe()
            try load.publish(
                Cluster.longProbe, id: "one", body: Cluster.longProbe(gate: 1, targets: ["server:12"]))
            try load.settle()
            try cluster.wait(for: "one", steps: 1)
            let cancelled = try cluster.cancel("one")
            #expect(cancelled.output.contains("1 of 1 jobs are running and were asked to end"), "\(cancelled)")
            let event = try log.outcome(of: "one")
            #expect(event.kind == .cancelled)
            #expect(try event.decode(Reason.self).message == "the test wants it")
            #expect(try cluster.steps("one").map(\.step) == [0, -1])
            #expect(try cluster.longEffects() == 0)
            #expect(try cluster.hasNoRuns())
            // It has its outcome.
            let again = try cluster.cancel("one")
            #expect(again.status != 0 && again.errors.contains("cancelled already"), "\(again)")
        }
    }

    @Test func aQueuedOneIsCancelledAtOnce() throws {
        try withCluster { cluster in
            try cluster.prepareLongProbe()
            let load = try Load(cluster)
            let worker = try cluster.startLongProbe(["SHUTDOWN_GRACE": "1s"])
            try load.publish(
                Cluster.longProbe, id: "one", body: Cluster.longProbe(gate: 1, targets: ["server:12"]))
            try load.settle()
            try cluster.wait(for: "one", steps: 1)
            #expect(worker.terminate() == 0)
            #expect(try cluster.number("SELECT count(*) FROM run WHERE state = 'q'") == 1)
            let log = try EventLog(cluster)
            let cancelled = try cluster.cancel("one")
            #expect(cancelled.output.contains("1 of 1 jobs cancelled"), "\(cancelled)")
            #expect(try cluster.hasNoRuns())
            try cluster.start("relay")
            #expect(try log.outcome(of: "one").kind == .cancelled)
            // A wake-up that is on its way finds the outcome.
            try cluster.startLongProbe()
            #expect(try cluster.longEffects() == 0)
        }
    }

    @Test func aFrozenOneIsCancelledByWhoTakesItOver() throws {
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
            defer { first.send(SIGCONT) }
            _ = try cluster.cancel("one")
            try cluster.startLongProbe()
            #expect(try log.outcome(of: "one").kind == .cancelled)
            #expect(try cluster.longEffects() == 0)
            #expect(try cluster.hasNoRuns())
        }
    }

    @Test func oneThatTakesTooLongIsTriedAgainAndDies() throws {
        try withCluster { cluster in
            try cluster.prepareLongProbe()
            let log = try EventLog(cluster)
            let load = try Load(cluster)
            try cluster.start("relay")
            let worker = try cluster.startLongProbe(["PROBE_RUN_TIMEOUT": "300"])
            try load.publish(Cluster.longProbe, id: "one", body: Cluster.longProbe(gate: 1))
            try load.settle()
            let event = try log.outcome(of: "one")
            #expect(event.kind == .dead && event.attempt == 3)
            #expect(try event.decode(Reason.self).reason == "timed-out")
            #expect(log.events.count { $0.kind == .retrying } == 2)
            #expect(log.events.map(\.sequence) == Array(1...log.events.count))
            #expect(try cluster.hasNoRuns())
            #expect(worker.isRunning)
        }
    }

    @Test func oneThatDoesNotHearIsHeldAsLongAsItWorks() throws {
        try withCluster { cluster in
            try cluster.prepareLongProbe()
            let log = try EventLog(cluster)
            let load = try Load(cluster)
            try cluster.start("relay")
            try cluster.startLongProbe(["CONCURRENCY": "2"])
            try load.publish(Cluster.longProbe, id: "one", body: Cluster.longProbe("stubborn", gate: 1))
            try load.settle()
            try cluster.wait(for: "one", steps: 1)
            _ = try cluster.cancel("one")
            // Leases later it is still its holder's, and not taken from it.
            try eventually("it is renewed") {
                try cluster.number(
                    """
                    SELECT count(*) FROM run WHERE state = 'r' AND cancel_requested
                        AND lease_until > claimed_at + interval '8 seconds'
                    """) == 1
            }
            try cluster.open("one")
            #expect(try log.outcome(of: "one").kind == .cancelled)
            #expect(Set(try cluster.steps("one").map(\.fence)) == [1])
        }
    }
}

extension Cluster {
    fileprivate func cancel(_ id: String) throws -> FinishedProcess {
        try run(
            "ruche",
            ["jobs", "cancel", key(id), "--reason", "the test wants it"])
    }

    /// The catalogue does not know the tests' command, so a job of it is named by its key.
    private func key(_ id: String) -> String {
        UniqueID.ledgerKey(Cluster.longProbe.rawValue, Topology.defaultTenant, id).description
    }
}
