import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// Which jobs a change takes: whose, by which id, each once, and what it leaves alone.
@Suite(.servers) struct CLIJobsChoiceTests {
    @Test func theTenantIsTheDefaultUnlessAnotherIsNamed() throws {
        try withCluster { cluster in
            try cluster.leave(0..<1, reason: "acme-err", tenant: "acme")
            try cluster.leave(1..<2, state: .waiting, reason: "acme-err", tenant: "acme")
            for verb in [["dead", "replay"], ["dead", "discard"], ["jobs", "retry"], ["jobs", "cancel"]] {
                func choose(_ more: String...) throws -> FinishedProcess {
                    try cluster.run("ruche", verb + ["error:acme-err", "--reason", "x", "--dry-run"] + more)
                }
                #expect(try choose().status == 3, "\(verb)")
                #expect(try choose("--tenant", "default").status == 3, "\(verb)")
                for more in [["--tenant", "acme"], ["--tenant", "*"], ["tenant:acme"]] {
                    let found = try cluster.run(
                        "ruche", verb + ["error:acme-err", "--reason", "x", "--dry-run"] + more)
                    #expect(found.output.contains(" of acme\n"), "\(verb) \(more): \(found.errors)")
                }
            }
            #expect(try cluster.run("ruche", ["dead", "list", "-o", "name"]).output.isEmpty)
            let key = try cluster.run("ruche", ["dead", "list", "--tenant", "*", "-o", "jsonl"]).output
            #expect(key.contains(#""tenant":"acme""#))
            let vague = try cluster.ruche("dead", "replay", "job-0", "--command", "probe", "--tenant", "*")
            #expect(vague.status == 3)
            #expect(vague.errors.contains("belongs to one tenant"), "\(vague.errors)")
            #expect(try cluster.ruche("jobs", "cancel", "job-7", "--command", "lease-ip", "--tenant", "*").status == 2)
        }
    }

    @Test func anIDThatIsGivenTwiceIsOneJob() throws {
        try withCluster { cluster in
            try cluster.leave(0..<2)
            let discarded = try cluster.ruche("dead", "discard", "job-1", "job-1", "--command", "probe")
            #expect(discarded.output.contains("1 of 1 dead"), "\(discarded.output) \(discarded.errors)")
            #expect(try cluster.number("SELECT count(*) FROM audit") == 1)
            let replayed = try cluster.ruche("dead", "replay", "job-0", "job-0", "--command", "probe")
            #expect(replayed.output.contains("1 of 1 commands"), "\(replayed.output) \(replayed.errors)")
            #expect(try cluster.audited("dead replay") == (1, 1))
        }
    }

    @Test func anIDWithAColonIsNamed() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            for (id, word) in [("order:17", "order:17"), ("order:18", "id:order:18"), ("state:dead", "id:state:dead")] {
                let cancelled = try cluster.ruche("jobs", "cancel", word, "--command", "probe")
                #expect(cancelled.output.contains("cancelled probe \(id) before"), "\(cancelled.errors)")
                let again = try cluster.ruche("jobs", "cancel", word, "--command", "probe")
                #expect(again.status == 7, "\(again.errors)")
            }
            for word in ["comand:x", "stat:waiting"] {
                let mistyped = try cluster.ruche("jobs", "cancel", word, "--command", "probe")
                #expect(mistyped.status == 2)
                #expect(mistyped.errors.contains("did you mean") && mistyped.errors.contains("id:\(word)"))
            }
            #expect(try cluster.ruche("jobs", "cancel", "id:stat:waiting", "--command", "probe").status == 0)
            #expect(try cluster.run("ruche", ["jobs", "list", "order:17"]).errors.contains("is written id:ID"))
            #expect(try cluster.run("ruche", ["jobs", "list", "id:order:17", "-o", "name"]).output == "order:17\n")
        }
    }

    @Test func onlyACommandThatThereIsIsCancelledAhead() throws {
        try withCluster { cluster in
            func cancel(_ id: String, _ command: String, _ more: String...) throws -> FinishedProcess {
                try cluster.run("ruche", ["jobs", "cancel", id, "--command", command, "--reason", "a test"] + more)
            }
            #expect(try cancel("foo", "no-such-cmd").status == 3)
            #expect(try cancel("foo", "no-such-cmd", "--dry-run").status == 3)
            #expect(try cancel("foo", "No Name").status == 3)
            let near = try cancel("foo", "lease-pi")
            #expect(near.status == 3 && near.errors.contains("did you mean lease-ip?"), "\(near.errors)")
            #expect(try cancel(String(repeating: "é", count: 128), "lease-ip").status == 2)
            #expect(try cancel("", "lease-ip").status == 2)
            #expect(try cancel(String(repeating: "x", count: 255), "lease-ip").status == 0)
            try cluster.schedule(ExpireLease.name, numbers: 1..<2, dueIn: 3600)
            let deadline = try cancel("m-1", "expire-lease", "--tenant", "acme")
            #expect(deadline.status == 7)
            #expect(deadline.errors.contains("cancel-task or release-ip"), "\(deadline.errors)")
            #expect(deadline.errors.contains("ruche schedule cancel m-1 --command expire-lease --tenant acme"))
            #expect(try cluster.number("SELECT count(*) FROM job_key") == 1)
            #expect(try cluster.number("SELECT count(*) FROM schedule") == 1)
        }
    }

    @Test func aRetryLeavesDiscardedOnesAloneAndAsksForKeysFirst() throws {
        try withCluster { cluster in
            try cluster.leave(0..<3)
            #expect(try cluster.ruche("dead", "discard", "job-1", "--command", "probe").status == 0)
            #expect(try cluster.ruche("jobs", "retry", "job-0", "--command", "probe").status == 0)
            let database = try cluster.database()
            defer { database.close() }
            try database.execute("UPDATE schedule SET due_at = now() + interval '1 hour'")
            func retry(_ words: String...) throws -> (status: Int32, output: String) {
                let process = try cluster.launch(
                    "ruche", ["RUCHE_KEY_FILE": "/nowhere"], arguments: ["jobs", "retry", "--reason", "a test"] + words)
                return (process.waitForExit(), process.output)
            }
            #expect(try retry("command:probe", "--yes").status != 0)
            #expect(try cluster.number("SELECT count(*) FROM schedule WHERE due_at > now()") == 1, "nothing is hurried")
            let hurried = try retry("state:waiting", "command:probe")
            #expect(hurried.status == 0, "what waits needs no key: \(hurried.output)")
            #expect(hurried.output.contains("cannot be undone"), "\(hurried.output)")

            let rest = try cluster.ruche("jobs", "retry", "command:probe", "--yes")
            #expect(rest.output.contains("1 of 2 jobs run now"), "\(rest.output) \(rest.errors)")
            #expect(rest.output.contains("1 are on their way already"), "\(rest.output)")
            #expect(try cluster.count(.dead) == 1, "the discarded one")
            #expect(try cluster.ruche("jobs", "retry", "job-1", "--command", "probe").status == 0)
            #expect(try cluster.count(.dead) == 0)
        }
    }

    /// Starts a line while rows of the ledger are held, and lets them go when it waits for them.
    private func start(
        _ line: [String], holding statement: SQL, _ cluster: Cluster, whenItWaits: (RunningProcess) -> Void = { _ in }
    ) throws -> RunningProcess {
        let holder = try cluster.database()
        defer { holder.close() }
        var started: Result<RunningProcess, any Error>?
        try holder.transaction { (tx: borrowing Postgres.Transaction) throws(PostgresError) in
            try tx.execute(statement)
            started = Result {
                let process = try cluster.launch("ruche", arguments: line)
                try eventually("it waits for the row") {
                    try cluster.number(
                        """
                        SELECT count(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND wait_event_type = 'Lock'
                        """) > 0
                }
                whenItWaits(process)
                return process
            }
        }
        return try #require(started).get()
    }

    @Test func aReplayThatComesSecondSaysWhy() throws {
        try withCluster { cluster in
            try cluster.leave(0..<2)
            let line = ["dead", "replay", "command:probe", "--yes", "--reason", "a test"]
            let process = try start(line, holding: "UPDATE job_key SET state = 'w'", cluster)
            #expect(process.waitForExit() == 0)
            #expect(process.output.contains("0 of 2 commands run again"), "\(process.output)")
            #expect(process.output.contains("2 had been taken up by somebody else"), "\(process.output)")
            #expect(process.output.contains("nothing to undo") && !process.output.contains("undo: "))
        }
    }

    @Test func anInterruptedCancellationIsTakenBackToo() throws {
        try withCluster { cluster in
            try cluster.leave(0..<801, state: .waiting)
            // One of the third batch.
            let process = try start(
                ["jobs", "cancel", "command:probe", "--yes", "--reason", "a test"],
                holding: """
                    UPDATE job_key SET attempt = attempt
                    WHERE key = (SELECT key FROM job_key ORDER BY key OFFSET 450 LIMIT 1)
                    """, cluster
            ) { $0.send(SIGINT) }
            #expect(process.waitForExit() == 130)
            #expect(process.output.contains("600 of 801 jobs cancelled"), "\(process.output)")
            let undone = try cluster.undo(printed: process.output)
            #expect(undone.output.contains("600 of 600 jobs run now"), "\(process.output) \(undone.errors)")
        }
    }
}
