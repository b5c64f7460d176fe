import Contracts
import Foundation
import Glibc
import TestSupport
import Testing

/// `ruche top` on a real terminal and in a pipe.
@Suite(.servers) struct CLITopTests {
    @Test(arguments: [("q", 0), ("\u{3}", 130), ("", 143)] as [(String, Int32)])
    func theTerminalIsGivenBackAsItWas(key: String, code: Int32) throws {
        try withCluster { cluster in
            let terminal = try cluster.terminal(["top", "--every", "200ms"], columns: 60)
            try terminal.waitForOutput(containing: "q leaves")
            #expect(!terminal.isCooked)
            if key.isEmpty { terminal.signal(SIGTERM) } else { try terminal.type(key) }
            #expect(try terminal.waitForExit() == code)
            #expect(terminal.isCooked)
            #expect(terminal.output.hasPrefix("\u{1B}[?1049h\u{1B}[?25l"))
            #expect(terminal.output.hasSuffix("\u{1B}[?25h\u{1B}[?1049l"))
            for line in terminal.output.replacing(/\u{1B}\[[?0-9]*[A-Za-z]/, with: "").split(separator: "\r\n") {
                #expect(line.count <= 60, "\(line)")
            }
        }
    }

    @Test func aTerminalOfAnotherSizeIsDrawnAnew() throws {
        try withCluster { cluster in
            let terminal = try cluster.terminal(["top", "--every", "1h", "--color", "never"], columns: 40)
            try terminal.waitForOutput(containing: "q leaves")
            #expect(!terminal.output.contains("SCHEDULED"))
            terminal.resize(columns: 160, rows: 40)
            try terminal.waitForOutput(containing: "SCHEDULED")
            try terminal.type("q")
            #expect(try terminal.waitForExit() == 0)
        }
    }

    @Test func aPipeGetsItOnceOrALineEachTime() throws {
        try withCluster { cluster in
            try cluster.start("lease-ip")
            let done = try cluster.run(
                "ruche", ["enqueue", "lease-ip", "--set", "holder=a", "--wait", "--timeout", "30s"])
            #expect(done.status == 5)
            let schema = try JSONShape(contentsOf: schemaPath("top"))
            let once = try cluster.run("ruche", ["top", "--json"])
            #expect(try once.status == 0 && schema.faults(in: once.output) == [])
            #expect(once.output.contains(#""queue":"lease-ip","ready":0"#))
            #expect(once.output.contains(#""perSecond":0.0,"waitMs":"#))
            let table = try cluster.run("ruche", ["top", "--once"])
            #expect(table.output.contains("  outbox ") && table.output.contains("QUEUE"))

            let follow = try FinishedProcess(
                path: "/usr/bin/timeout",
                arguments: [
                    "--preserve-status", "-s", "INT", "3", "\(cluster.servers.binaries)/ruche", "top", "-o", "jsonl",
                    "--every", "200ms",
                ], environment: cluster.environment)
            #expect(follow.status == 130)
            let lines = follow.output.split(separator: "\n")
            #expect(lines.count >= 2)
            for line in lines { #expect(try schema.faults(in: String(line)) == []) }
        }
    }
}
