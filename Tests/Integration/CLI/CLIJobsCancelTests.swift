import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// Cancelling: whatever a command waits for, it ends once, its end is announced, and it has no effect.
@Suite(.servers) struct CLIJobsCancelTests {
    @Test func aWaitingJobIsCancelledAndCanBeRetried() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            try cluster.start("ProbeWorker")
            let load = try Load(cluster)
            try load.publish(Cluster.probe, id: "job-1", body: Cluster.probe("recover"))
            try load.settle()
            // Nobody moves the schedule yet.
            try eventually("its retry is scheduled") { try cluster.number("SELECT count(*) FROM schedule") == 1 }
            let why = try cluster.run("ruche", ["jobs", "why", "job-1", "--command", "probe"])
            #expect(why.output.contains("retrying: told-to"), "\(why.output) \(why.errors)")

            let rehearsed = try cluster.ruche("jobs", "cancel", "job-1", "--command", "probe", "--dry-run")
            #expect(rehearsed.output == "would cancel probe job-1\n")
            let cancelled = try cluster.ruche("jobs", "cancel", "job-1", "--command", "probe")
            #expect(cancelled.status == 0, "\(cancelled.errors)")
            #expect(cancelled.output.contains("1 of 1 jobs cancelled") && cancelled.output.contains("undo: "))
            #expect(try cluster.number("SELECT count(*) FROM schedule") == 0)
            #expect(try cluster.ruche("jobs", "cancel", "job-1", "--command", "probe").status == 7, "it has ended")

            let relay = try cluster.start("relay")
            let event = try log.outcome(of: "job-1")
            #expect(event.kind == .cancelled)
            #expect(try Reason(json: event.data).message == "a test")
            #expect(event.sequence == 2)
            #expect(try cluster.effects().rows == 0)

            let retried = try cluster.ruche("jobs", "retry", "job-1", "--command", "probe")
            #expect(retried.status == 0, "\(retried.errors)")
            try eventually("it succeeds") { try cluster.count(.succeeded) == 1 }
            #expect(try cluster.effects().rows == 1)
            #expect(try cluster.audited("jobs cancel") == (1, 1))
            #expect(try cluster.audited("jobs retry") == (1, 1))
            #expect(try cluster.ruche("jobs", "retry", "job-1", "--command", "probe").status == 7, "success stays")
            #expect(relay.terminate() == 0)
        }
    }

    @Test func aCommandInItsQueueIsCancelledBeforeItIsAdmitted() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            let load = try Load(cluster)
            try load.publish(Cluster.probe, id: "job-1", body: Cluster.probe("succeed"))
            try load.settle()
            let vague = try cluster.ruche("jobs", "cancel", "job-1")
            #expect(vague.status == 3)
            #expect(vague.errors.contains("--command NAME"))
            let cancelled = try cluster.ruche("jobs", "cancel", "job-1", "--command", "probe")
            #expect(cancelled.status == 0, "\(cancelled.errors)")
            #expect(try cluster.ruche("jobs", "cancel", "job-1", "--command", "probe").status == 7)
            #expect(try cluster.ruche("jobs", "retry", "job-1", "--command", "probe").status == 1, "nothing was kept")

            try cluster.start("relay")
            try log.receive { $0.events.count == 1 }
            try cluster.start("ProbeWorker")
            try log.receive { $0.events.count == 2 }
            // Whatever else comes under the id is cancelled too: nobody knew what it held.
            try load.publish(Cluster.probe, id: "job-1", body: Cluster.probe("succeed", lane: "another"))
            try load.settle()
            try log.receive { $0.events.count == 3 }
            #expect(log.events.allSatisfy { $0.kind == .cancelled && $0.subject == "job-1" })
            #expect(Set(log.events.map(\.id)).count == 1, "one outcome, announced for every delivery")
            #expect(try cluster.effects().rows == 0)
            #expect(try cluster.audited("jobs cancel") == (1, 1))
        }
    }

    @Test func aJobThatIsBeingDoneIsDoneAndNotCancelled() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            try cluster.start("ProbeWorker")
            let load = try Load(cluster)
            try load.publish(Cluster.probe, id: "job-1", body: Cluster.probe("slow", milliseconds: 1500))
            try load.settle()
            try cluster.waitForTransaction()
            let late = try cluster.ruche("jobs", "cancel", "job-1", "--command", "probe")
            #expect(late.status == 7, "\(late.output) \(late.errors)")
            #expect(try log.outcome(of: "job-1").kind == .succeeded)
            #expect(try cluster.effects().rows == 1)
            #expect(try cluster.number("SELECT count(*) FROM audit") == 0)
        }
    }

    @Test func aPurgedQueueLeavesOneOutcomeForEveryCommand() throws {
        try withCluster { cluster in
            let all = 450
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            let load = try Load(cluster)
            // One has its outcome already, one comes twice, one has no id.
            try cluster.leave(0..<1, state: .refused)
            for number in 0..<all {
                try load.publish(Cluster.probe, id: "job-\(number)", body: Cluster.probe("succeed"))
            }
            try load.publish(Cluster.probe, id: "job-7", body: Cluster.probe("succeed"))
            try load.publish(Cluster.probe, id: nil, body: Cluster.probe("succeed"))
            try load.settle()
            let rehearsed = try cluster.ruche("queues", "purge", "probe", "--dry-run")
            #expect(rehearsed.output.contains("would cancel the \(all + 2) commands"), "\(rehearsed.output)")
            #expect(try cluster.ruche("queues", "purge", "probe").status == 2, "unconfirmed")
            #expect(try cluster.ruche("queues", "purge", "probe", "--confirm=lease-ip").status == 2)
            #expect(try cluster.ruche("queues", "purge", "unheard-of", "--confirm=unheard-of").status == 3)
            #expect(try cluster.number("SELECT count(*) FROM job_key") == 1, "nothing has been touched so far")

            let purged = try cluster.ruche("queues", "purge", "probe", "--confirm=probe")
            #expect(purged.status == 0, "\(purged.errors)")
            #expect(purged.output.contains("\(all + 2) messages taken"), "\(purged.output)")
            #expect(purged.output.contains("\(all) commands cancelled"), "\(purged.output)")
            #expect(try cluster.audited("queues purge") == (all, all))
            try cluster.start("relay")
            try log.receive { $0.outcomes.count == all }
            #expect(log.summary == [.cancelled: all])

            try cluster.start("ProbeWorker")
            let retried = try cluster.ruche("jobs", "retry", "state:cancelled", "id:job-*", "--yes")
            #expect(retried.status == 0, "\(retried.errors)")
            try eventually("what was purged runs after all") { try cluster.count(.succeeded) == all - 1 }
            #expect(try cluster.effects().rows == all - 1)
            #expect(try cluster.count(.refused) == 1)
        }
    }

    @Test func aPurgeThatIsKilledGoesOnWithoutASecondOutcome() throws {
        try withCluster { cluster in
            let all = 2000
            try cluster.prepareProbe()
            let load = try Load(cluster)
            for number in 0..<all {
                try load.publish(Cluster.probe, id: "job-\(number)", body: Cluster.probe("succeed"))
            }
            try load.settle()
            let line = ["queues", "purge", "probe", "--confirm=probe", "--reason", "a test"]
            let first = try cluster.launch("ruche", arguments: line)
            try eventually("a part is purged") { try cluster.audited("queues purge").rows >= 200 }
            first.kill()
            // The broker hands out again what was in hand; what was booked of it is known.
            try eventually("the queue is empty") {
                let next = try cluster.run("ruche", line)
                #expect(next.status == 0, "\(next.errors)")
                return try Rest(cluster, commands: [Cluster.probe]).queued == 0
                    && cluster.count(.cancelled) == all
            }
            #expect(try cluster.audited("queues purge") == (all, all))
            #expect(try cluster.number("SELECT count(*) FROM event") == all)
            #expect(try cluster.number("SELECT count(*) FROM job_key WHERE sequence = 1 AND attempt = 0") == all)
        }
    }
}
