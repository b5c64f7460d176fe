import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

extension Cluster {
    /// Types the line that a change printed for taking it back, as it stands, into a shell.
    func undo(_ change: FinishedProcess) throws -> FinishedProcess { try undo(printed: change.output) }

    /// The same of what was printed.
    func undo(printed: String) throws -> FinishedProcess {
        let lines = printed.split(separator: "\n").filter { $0.hasPrefix("undo: ") }
        guard lines.count == 1 else { throw TestFailure("no way back: \(printed)") }
        let line = lines[0].dropFirst("undo: ".count)
        return try FinishedProcess(
            path: "/bin/sh", arguments: ["-c", "PATH=\(servers.binaries):$PATH; \(line)"], environment: environment)
    }
}

/// Every change says how to take it back, in words that do it, and that touch nothing else.
@Suite(.servers) struct CLIJobsUndoTests {
    @Test(arguments: [1, 3, 12]) func aReplayIsTakenBack(count: Int) throws {
        try withCluster { cluster in
            try cluster.leave(0..<count)
            // Waits for the same reason, and nobody replayed it.
            try cluster.leave(100..<104, state: .waiting)
            let replayed = try cluster.ruche("dead", "replay", "error:told-to", "--yes")
            #expect(replayed.status == 0, "\(replayed.errors)")
            let undone = try cluster.undo(replayed)
            #expect(undone.status == 0, "\(replayed.output) \(undone.errors)")
            #expect(undone.output.contains("\(count) of \(count) jobs cancelled"), "\(undone.output)")
            #expect(try cluster.count(.cancelled) == count)
            #expect(try cluster.count(.waiting) == 4)
            // And back again: the way back of the way back.
            let again = try cluster.undo(undone)
            #expect(again.output.contains("\(count) of \(count) jobs run now"), "\(again.output) \(again.errors)")
            #expect(try cluster.undo(again).status == 0)
            #expect(try cluster.count(.cancelled) == count)
        }
    }

    @Test(arguments: [1, 5, 6, 12]) func aCancellationIsTakenBackAndOthersStay(count: Int) throws {
        try withCluster { cluster in
            try cluster.leave(0..<count, state: .waiting)
            try cluster.leave(50..<52, state: .waiting, tenant: "acme")
            try cluster.leave(60..<63, state: .cancelled, reason: "cancelled")
            let line = ["jobs", "cancel", "command:probe", "--tenant", "*", "--reason", "a test"]
            let asked = try cluster.run("ruche", line)
            #expect(asked.status == 2)
            #expect(asked.errors.contains("\(count + 2) jobs of acme, default"), "\(asked.errors)")
            let cancelled = try cluster.run("ruche", line + ["--yes"])
            #expect(try cluster.count(.cancelled) == count + 5, "\(cancelled.errors)")
            let undone = try cluster.undo(cancelled)
            #expect(undone.status == 0, "\(cancelled.output) \(undone.errors)")
            #expect(try cluster.count(.cancelled) == 3, "somebody else's stay")
            #expect(try cluster.count(.waiting) == count + 2)
        }
    }

    @Test(arguments: [2, 9]) func whatIsDiscardedIsPutBackAndDiscardedAgain(count: Int) throws {
        try withCluster { cluster in
            try cluster.leave(0..<count)
            try cluster.leave(20..<21)
            func left() throws -> Int {
                try cluster.number("SELECT count(*) FROM job WHERE handled_at IS NULL")
            }
            #expect(try cluster.ruche("dead", "discard", "job-20", "--command", "probe").status == 0)
            let discarded = try cluster.ruche("dead", "discard", "command:probe", "--yes")
            #expect(try left() == 0, "\(discarded.errors)")
            let back = try cluster.undo(discarded)
            #expect(try left() == count, "\(discarded.output) \(back.errors)")
            #expect(try cluster.undo(back).status == 0)
            #expect(try left() == 0)
        }
    }

    @Test func aPurgeIsTakenBackAndOtherCancellationsStay() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            try cluster.leave(900..<903, state: .cancelled, reason: "cancelled")
            let load = try Load(cluster)
            for number in 0..<250 {
                try load.publish(Cluster.probe, id: "job-\(number)", body: Cluster.probe("succeed"))
            }
            try load.settle()
            let purged = try cluster.ruche("queues", "purge", "probe", "--confirm=probe")
            #expect(purged.output.contains("250 commands cancelled"), "\(purged.output) \(purged.errors)")
            #expect(purged.output.contains("error:purged") && purged.output.contains("command:probe"))
            #expect(purged.output.contains("since:2") && purged.output.contains("--limit 250"))
            #expect(try cluster.number("SELECT count(*) FROM job WHERE reason = 'purged'") == 250)
            let undone = try cluster.undo(purged)
            #expect(undone.output.contains("250 of 250 jobs run now"), "\(purged.output) \(undone.errors)")
            #expect(try cluster.count(.cancelled) == 3)
            let nothing = try cluster.ruche("queues", "purge", "probe", "--confirm=probe")
            #expect(nothing.output.contains("nothing to undo") && !nothing.output.contains("undo: "))
        }
    }

    @Test func whatCannotBeUndoneIsSaidPlainly() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            try cluster.schedule(numbers: 1..<4, dueIn: 3600)
            let run = try cluster.ruche("schedule", "run", "m-1", "m-1", "--tenant", "acme")
            #expect(run.output.contains("1 of 1 scheduled commands are due now"), "\(run.output) \(run.errors)")
            #expect(run.output.contains("cannot be undone") && !run.output.contains("undo: "))
            let taken = try cluster.ruche("schedule", "cancel", "m-2", "--tenant", "acme")
            #expect(taken.output.contains("cannot be put back") && !taken.output.contains("undo: "))
            let ahead = try cluster.ruche("jobs", "cancel", "job-1", "--command", "probe")
            #expect(ahead.output.contains("cannot be undone") && !ahead.output.contains("undo: "))
            let retried = try cluster.ruche("jobs", "retry", "job-1", "--command", "probe")
            #expect(retried.status == 1)
            #expect(retried.output.contains("0 of 1 jobs run now"))
            #expect(retried.output.contains("nothing to undo") && !retried.output.contains("on their way"))

            // A job that lies there can run again.
            try cluster.leave(5..<7)
            #expect(try cluster.ruche("dead", "replay", "command:probe", "--yes").status == 0)
            let cancelled = try cluster.ruche("schedule", "cancel", "job-5", "job-6", "--yes")
            #expect(try cluster.number("SELECT count(*) FROM job_key WHERE state = 'c'") == 3, "\(cancelled.errors)")
            #expect(try cluster.undo(cancelled).status == 0, "\(cancelled.output)")
            #expect(try cluster.count(.waiting) == 2)
        }
    }

    @Test func aPauseIsTakenBackAndTheFirstReasonStays() throws {
        try withCluster { cluster in
            func control(_ words: String..., reason: String) throws -> FinishedProcess {
                try cluster.run("ruche", ["queues"] + words + ["--reason", reason])
            }
            for blank in ["", " ", "\t \n"] {
                #expect(try control("pause", "lease-ip", reason: blank).status == 2)
                #expect(try control("resume", "lease-ip", reason: blank).status == 2)
                #expect(try cluster.run("ruche", ["dead", "replay", "state:dead", "--reason", blank]).status == 2)
            }
            let running = try control("resume", "lease-ip", reason: "a test")
            #expect(running.status == 0 && running.output.contains("is not paused"))
            #expect(running.output.contains("nothing to undo"))
            #expect(try cluster.number("SELECT count(*) FROM audit") == 0)

            #expect(try control("pause", "lease-ip", reason: " it's $HOME, again ").status == 0)
            let twice = try control("pause", "lease-ip", reason: "another")
            #expect(twice.status == 0)
            #expect(twice.output.contains(": it's $HOME, again\n"), "\(twice.output)")
            #expect(try cluster.number("SELECT count(*) FROM audit") == 1)
            let resumed = try control("resume", "lease-ip", reason: "over")
            let paused = try cluster.undo(resumed)
            #expect(paused.status == 0, "\(resumed.output) \(paused.errors)")
            #expect(
                try cluster.number("SELECT count(*) FROM queue_control WHERE paused AND reason = 'it''s $HOME, again'")
                    == 1)
            #expect(try cluster.undo(paused).status == 0)
            #expect(try cluster.number("SELECT count(*) FROM queue_control WHERE paused") == 0)
        }
    }
}
