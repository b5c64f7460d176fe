import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// Replays with the real command, worker and relay: identity kept, canaries, rate, interruption, horizon, audit.
@Suite(.servers) struct CLIJobsReplayTests {
    @Test func aReplayOfTenThousandIsInterruptedAndResumedWithoutASecondEffect() throws {
        try withCluster { cluster in
            let all = 10_000
            try cluster.prepareProbe()
            try cluster.leave(0..<all)
            // What the filter must leave alone.
            try cluster.leave(all..<all + 50, reason: "another")
            try cluster.leave(all + 50..<all + 100, state: .failed)
            let worker = try cluster.start("ProbeWorker")
            try cluster.start("relay")

            let line = ["dead", "replay", "error:told-to", "--limit", "20000", "--yes", "--reason", "a test"]
            let began = ContinuousClock.now
            let first = try cluster.launch(
                "ruche", arguments: line + ["--canary", "100", "--max-failures", "1%", "--rate", "500/s"])
            try eventually("a part is replayed") { try cluster.audited("dead replay").rows >= 1000 }
            first.send(SIGINT)
            #expect(first.waitForExit() == 130, "\(first.output)")
            let elapsed = ContinuousClock.now - began
            let replayed = try cluster.audited("dead replay").rows
            #expect(replayed < all, "it was interrupted in the middle")
            #expect(Double(replayed) <= 100 + 500 * elapsed.seconds + 50, "the rate is kept: \(replayed) in \(elapsed)")
            #expect(first.output.contains("100 of 100 canaries succeeded"), "\(first.output)")
            #expect(first.output.contains("\(replayed) of \(all) commands run again"), "\(first.output)")
            #expect(try cluster.count(.dead) == all + 50 - replayed)

            // Without any notice, it leaves no command half way either.
            let second = try cluster.launch("ruche", arguments: line + ["--rate", "2000/s"])
            try eventually("more is replayed") { try cluster.audited("dead replay").rows >= replayed + 1000 }
            second.kill()

            let third = try cluster.run("ruche", line + ["--canary", "100", "--rate", "2000/s"])
            #expect(third.status == 0, "\(third.errors)")
            try eventually("all have run", within: 120) { try cluster.count(.succeeded) == all }

            let effects = try cluster.effects()
            #expect(effects.rows == all)
            #expect(effects.jobs == all)
            #expect(try cluster.audited("dead replay") == (all, all))
            #expect(try cluster.count(.dead) == 50)
            #expect(try cluster.count(.failed) == 50)
            #expect(try cluster.run("ruche", line).status == 3, "nothing is left to replay")
            #expect(try cluster.number("SELECT count(*) FROM job_key WHERE state = 's' AND turn = 3") == all)
            #expect(worker.terminate() == 0)
        }
    }

    @Test func twoOperatorsAtOnceReplayEveryJobOnce() throws {
        try withCluster { cluster in
            let all = 3000
            try cluster.leave(0..<all)
            let line = ["dead", "replay", "command:probe", "--limit", "5000", "--yes", "--reason", "a test"]
            let both = try (0..<2).map { _ in try cluster.launch("ruche", arguments: line) }
            for one in both { #expect(one.waitForExit() == 0, "\(one.output)") }
            #expect(try cluster.audited("dead replay") == (all, all))
            #expect(try cluster.number("SELECT count(*) FROM schedule") == all)
            #expect(try cluster.number("SELECT count(*) FROM job_key WHERE state = 'w' AND turn = 3") == all)
        }
    }

    @Test func canariesThatFailKeepTheOthersBack() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            try cluster.leave(0..<10, act: "refuse")
            try cluster.start("ProbeWorker")
            try cluster.start("relay")
            let stopped = try cluster.ruche("dead", "replay", "command:probe", "--yes", "--canary", "4")
            #expect(stopped.status == 5)
            #expect(stopped.errors.contains("canaries did not succeed; the others were not replayed"))
            #expect(stopped.output.contains("4 of 10 commands run again"))
            #expect(try cluster.count(.dead) == 6)
            #expect(try cluster.audited("dead replay") == (4, 4))

            let going = try cluster.ruche(
                "dead", "replay", "command:probe", "--yes", "--canary", "2", "--max-failures", "100%")
            #expect(going.status == 0, "\(going.errors)")
            try eventually("all are refused") { try cluster.count(.refused) == 10 }
            #expect(try cluster.effects().rows == 0)
        }
    }

    @Test func canariesWithoutAnOutcomeAreNotWaitedForForEver() throws {
        try withCluster { cluster in
            try cluster.leave(0..<4)
            let late = try cluster.ruche(
                "dead", "replay", "command:probe", "--yes", "--canary", "2", "--canary-timeout", "300ms")
            #expect(late.status == 124)
            #expect(late.errors.contains("2 of 2 canaries have no outcome yet"))
            #expect(try cluster.count(.dead) == 2)
        }
    }

    @Test func aReplayPastTheHorizonIsRefused() throws {
        try withCluster { cluster in
            try cluster.leave(0..<1, daysAgo: 40, isKnown: false)
            try cluster.leave(1..<2, daysAgo: 31)
            try cluster.leave(2..<3, daysAgo: 30)
            for id in ["job-0", "job-1"] {
                for verb in [["dead", "replay"], ["jobs", "retry"]] {
                    let refused = try cluster.run(
                        "ruche", verb + [id, "--command", "probe", "--reason", "a test"])
                    #expect(refused.status == 7, "\(verb) \(id): \(refused.errors)")
                    #expect(refused.errors.contains("past the horizon of 30 days"), "\(refused.errors)")
                }
            }
            #expect(try cluster.number("SELECT count(*) FROM schedule") == 0)
            #expect(try cluster.number("SELECT count(*) FROM audit") == 0)

            let rest = try cluster.ruche("dead", "replay", "command:probe")
            #expect(rest.status == 0, "\(rest.errors)")
            #expect(rest.errors.contains("2 jobs are left alone"))
            #expect(rest.output.contains("1 of 1 commands run again"))
            let none = try cluster.ruche("dead", "replay", "command:probe")
            #expect(none.status == 7, "only forgotten ones are left")
            #expect(try cluster.number("SELECT count(*) FROM schedule WHERE message_id = 'job-2'") == 1)
        }
    }

    @Test func nothingIsReplayedByAccident() throws {
        try withCluster { cluster in
            try cluster.leave(0..<3)
            try cluster.leave(3..<4, state: .succeeded)
            let rehearsed = try cluster.ruche("dead", "replay", "command:probe", "--dry-run")
            #expect(rehearsed.status == 0)
            #expect(rehearsed.output.split(separator: "\n").count == 3)
            #expect(rehearsed.output.contains("would replay probe job-1"))
            let unasked = try cluster.ruche("dead", "replay", "command:probe")
            #expect(unasked.status == 2)
            #expect(unasked.errors.contains("3 jobs") && unasked.errors.contains("--yes"))
            #expect(try cluster.run("ruche", ["dead", "replay", "command:probe", "--yes"]).status == 2, "no reason")
            #expect(try cluster.ruche("dead", "replay", "--yes").status == 2, "neither id nor filter")
            #expect(try cluster.ruche("dead", "replay", "--yes", "--tenant", "*").status == 2, "all is no choice")
            #expect(try cluster.ruche("dead", "replay", "job-3", "--command", "probe").status == 7, "a verdict stays")
            #expect(try cluster.ruche("dead", "replay", "job-9", "--command", "probe").status == 3)
            #expect(try cluster.ruche("dead", "replay", "comand:probe").errors.contains("did you mean command:?"))
            #expect(try cluster.count(.dead) == 3)
            #expect(try cluster.number("SELECT count(*) FROM audit") == 0)
        }
    }

    @Test func whatIsDiscardedStaysDeadAndLeavesTheList() throws {
        try withCluster { cluster in
            try cluster.leave(0..<3)
            func listed(_ more: String...) throws -> [Substring] {
                try cluster.run("ruche", ["dead", "list", "-o", "name"] + more).output.split(separator: "\n").sorted()
            }
            let discarded = try cluster.ruche("dead", "discard", "job-1", "--command", "probe")
            #expect(discarded.status == 0, "\(discarded.errors)")
            #expect(discarded.output.contains("undo: ruche dead discard --undo"))
            #expect(try listed() == ["job-0", "job-2"])
            #expect(try listed("--discarded") == ["job-1"])
            #expect(try cluster.count(.dead) == 3, "it keeps its outcome")
            #expect(try cluster.ruche("dead", "discard", "job-1", "--command", "probe").status == 7)
            let others = try cluster.ruche("dead", "replay", "command:probe", "--dry-run")
            #expect(!others.output.contains("job-1"), "a filter leaves it alone")

            let undone = try cluster.ruche("dead", "discard", "job-1", "--command", "probe", "--undo")
            #expect(undone.status == 0, "\(undone.errors)")
            #expect(try listed().count == 3)
            #expect(try cluster.audited("dead discard") == (1, 1))
            #expect(try cluster.audited("dead discard --undo") == (1, 1))
        }
    }
}

extension Duration {
    /// In seconds, with fractions.
    fileprivate var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
