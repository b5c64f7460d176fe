import Contracts
import Foundation
import Glibc
import TestSupport
import Testing

/// Lists that are drawn again and again.
@Suite(.servers) struct CLIWatchTests {
    @Test(arguments: [("q", 0), ("\u{3}", 130), ("", 143)] as [(String, Int32)])
    func aListFollowsWhatHappensUntilSomebodyLeaves(key: String, code: Int32) throws {
        try withCluster { cluster in
            try cluster.leave(0..<1)
            let terminal = try cluster.terminal(
                ["jobs", "list", "-w", "--every", "200ms", "state:dead", "since:1h"], columns: 80)
            try terminal.waitForPage { $0.contains("job-0") && $0.contains("  1 jobs") }
            #expect(terminal.output.contains("ruche jobs list state:dead since:1h  2"))
            try cluster.leave(1..<3)
            try terminal.waitForPage { $0.contains("job-2") && $0.contains("  3 jobs") && $0.contains("q leaves") }
            if key.isEmpty { terminal.signal(SIGTERM) } else { try terminal.type(key) }
            #expect(try terminal.waitForExit() == code)
            #expect(terminal.isCooked && terminal.output.hasSuffix("\u{1B}[?25h\u{1B}[?1049l"))
            for line in terminal.output.replacing(/\u{1B}\[[?0-9;]*[A-Za-z]/, with: "").split(separator: "\r\n") {
                #expect(ScreenWidth.of(String(line)) <= 80, "\(line)")
            }
        }
    }

    @Test func whatDoesNotFitIsCountedAndTheLastLineStays() throws {
        try withCluster { cluster in
            try cluster.leave(0..<40)
            let terminal = try cluster.terminal(["dead", "list", "-w"], columns: 120)
            // 24 rows: two of the title, one of names, nineteen jobs, two at the end.
            try terminal.waitForPage { $0.contains("q leaves; 21 lines do not fit") }
            terminal.resize(columns: 120, rows: 50)
            try terminal.waitForPage { $0.contains("job-0 ") && $0.contains("q leaves") && !$0.contains("do not fit") }
            try terminal.type("q")
            #expect(try terminal.waitForExit() == 0)
        }
    }

    @Test func whatIsNoTerminalOrNoTableIsRefused() throws {
        try withCluster { cluster in
            let piped = try cluster.run("ruche", ["jobs", "list", "--watch"])
            #expect(piped.status == 2 && piped.output.isEmpty)
            #expect(piped.errors.contains("--watch draws on a terminal"))
            #expect(piped.errors.contains("ruche events tail -o jsonl"))
            for words in [["--json"], ["--after", "1_00000000-0000-0000-0000-000000000000"]] {
                let terminal = try cluster.terminal(["jobs", "list", "-w"] + words)
                #expect(try terminal.waitForExit() == 2)
            }
        }
    }
}
