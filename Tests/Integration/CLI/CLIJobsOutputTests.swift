import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// How the verbs about jobs speak to people and to programs.
@Suite(.servers) struct CLIJobsOutputTests {
    @Test func whatIsPrintedIsWhatTheSchemasSay() throws {
        try withCluster { cluster in
            try cluster.leave(0..<2)
            try cluster.leave(2..<3, state: .succeeded, tenant: "acme")
            try cluster.schedule(numbers: 1..<2, dueIn: 3600)
            let held = try cluster.ruche("jobs", "retry", "job-1", "--command", "probe")
            #expect(held.status == 0, "\(held.errors)")
            let examples: [(schema: String, line: [String])] = [
                ("jobs-list", ["jobs", "list"]), ("jobs-list", ["jobs", "list", "state:parked"]),
                ("dead-list", ["dead", "list"]), ("schedule-list", ["schedule", "list"]),
                ("jobs-why", ["jobs", "why", "job-0", "--command", "probe"]),
                ("jobs-why", ["why", "job-1", "--command", "probe"]),
                ("jobs-why", ["why", "job-9", "--command", "lease-ip"]),
                ("jobs-show", ["dead", "show", "job-0", "--command", "probe"]),
                ("jobs-show", ["jobs", "show", "job-1", "--command", "probe"]),
                ("jobs-show", ["jobs", "show", "job-2", "--command", "probe", "--tenant", "acme"]),
            ]
            for example in examples {
                let shape = try JSONShape(contentsOf: schemaPath(example.schema))
                let whole = try cluster.run("ruche", example.line + ["--json"])
                #expect(whole.status == 0, "\(example.line): \(whole.errors)")
                #expect(try shape.faults(in: whole.output) == [], "\(example.line): \(whole.output)")
                for line in try cluster.run("ruche", example.line + ["-o", "jsonl"]).output.split(separator: "\n") {
                    #expect(try shape.faults(inElement: String(line)) == [], "\(example.line)")
                }
            }
        }
    }

    @Test func onATerminalTheCountIsTyped() throws {
        try withCluster { cluster in
            try cluster.leave(0..<3)
            func replay(typing answer: String) throws -> Int32 {
                let terminal = try PseudoTerminal(
                    path: "\(cluster.servers.binaries)/ruche",
                    arguments: ["dead", "replay", "command:probe", "--reason", "a test"],
                    environment: cluster.environment)
                try terminal.waitForOutput(containing: "this will replay 3 jobs; type 3 to go on")
                try terminal.type(answer)
                return try terminal.waitForExit()
            }
            #expect(try replay(typing: "2\n") == 2)
            #expect(try replay(typing: "\u{3}") == 130)
            #expect(try cluster.count(.dead) == 3)
            #expect(try replay(typing: "3\n") == 0)
            #expect(try cluster.count(.dead) == 0)
            #expect(try cluster.audited("dead replay") == (3, 3))
        }
    }

    @Test func aJobThatIsTakenFromTheScheduleHasAnOutcome() throws {
        try withCluster { cluster in
            try cluster.prepareProbe()
            let log = try EventLog(cluster)
            try cluster.leave(0..<1)
            #expect(try cluster.ruche("dead", "replay", "job-0", "--command", "probe").status == 0)
            let cancelled = try cluster.ruche("schedule", "cancel", "job-0")
            #expect(cancelled.status == 0, "\(cancelled.errors)")
            #expect(try cluster.count(.cancelled) == 1)
            try cluster.start("relay")
            #expect(try log.outcome(of: "job-0").kind == .cancelled)
            #expect(try cluster.number("SELECT count(*) FROM schedule") == 0)
            #expect(try cluster.audited("schedule cancel") == (1, 1))
        }
    }
}
