import Contracts
import Foundation
import Glibc
import Postgres
import TestSupport
import Testing

/// The real `ruche` on a pseudo-terminal.
@Suite(.servers) struct CLITerminalTests {
    @Test func tablesFitTheTerminalAndAreWholeInAPipe() throws {
        try withCluster { cluster in
            try cluster.insertSessions()
            for columns in [40, 60, 79, 120, 300] as [UInt16] {
                let terminal = try cluster.terminal(["sessions"], columns: columns)
                #expect(try terminal.waitForExit() == 0)
                #expect(terminal.lines.count == 4)
                for line in terminal.lines {
                    #expect(ScreenWidth.of(line) <= Int(columns), "\(columns): \(line)")
                }
                #expect(terminal.output.contains("…") == (columns < 300), "\(columns)")
            }
            let piped = try cluster.run("ruche", ["sessions"])
            #expect(piped.output.contains("長い名前のセッション 長い名前のセッション 長い名前のセッション"))
            #expect(!piped.output.contains("…") && !piped.output.contains("\u{1B}"))
        }
    }

    @Test func coloursAndTimesFollowTheTerminalUnlessAsked() throws {
        try withCluster { cluster in
            try cluster.insertSessions()
            func shown(_ arguments: [String], _ changes: [String: String] = [:]) throws -> String {
                let terminal = try cluster.terminal(["sessions"] + arguments, columns: 200, changes)
                #expect(try terminal.waitForExit() == 0)
                return terminal.output
            }
            #expect(try shown([]).hasPrefix("\u{1B}[1m"))
            #expect(try shown([]).contains(" ago"))
            #expect(try !shown([], ["NO_COLOR": "1"]).contains("\u{1B}"))
            #expect(try shown([], ["NO_COLOR": ""]).contains("\u{1B}"))
            #expect(try !shown([], ["TERM": "dumb"]).contains("\u{1B}"))
            #expect(try !shown(["--color", "never"]).contains("\u{1B}"))
            #expect(try shown(["--color=always"], ["NO_COLOR": "1"]).contains("\u{1B}[1m"))
            #expect(try !shown(["--time", "iso"]).contains(" ago"))
            #expect(try !shown(["--no-headers"]).contains("PROVIDER"))
            #expect(try !shown(["--json"]).contains("\u{1B}"))

            let piped = try cluster.run("ruche", ["sessions", "--color", "always", "--time", "relative"])
            #expect(piped.output.hasPrefix("\u{1B}[1m") && piped.output.contains(" ago"))
        }
    }

    @Test func whatOthersWroteCannotCommandTheTerminal() throws {
        try withCluster { cluster in
            try cluster.insertSessions(named: "evil \u{1B}]0;title\u{7} \u{1B}[2J\nrow")
            let terminal = try cluster.terminal(["sessions", "--color", "never"], columns: 200)
            #expect(try terminal.waitForExit() == 0)
            #expect(!terminal.output.contains("\u{1B}"))
            #expect(terminal.output.contains("evil \\u{1b}]0;title\\u{7} \\u{1b}[2J\\nrow"))
        }
    }

    @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
    func aSignalEndsAVerbAsTheShellExpects(signal: Int32, code: Int32) throws {
        try withCluster { cluster in
            let terminal = try cluster.terminal(["events", "tail"])
            try terminal.waitForOutput(containing: "following events")
            if signal == SIGINT { try terminal.type("\u{3}") } else { terminal.signal(signal) }
            #expect(try terminal.waitForExit() == code)
        }
    }

    @Test func aLongWaitTellsItsProgressAndTakesItAway() throws {
        try withCluster { cluster in
            let terminal = try cluster.terminal(
                ["enqueue", "lease-ip", "--set", "holder=a", "--id", "w-1", "--wait", "--timeout", "2s"])
            try terminal.waitForOutput(containing: "\r\u{1B}[Kwaiting for the outcome of w-1, 1 s")
            #expect(try terminal.waitForExit() == 124)
            #expect(terminal.output.contains("\r\u{1B}[Kruche: `w-1` has no outcome yet"))

            let piped = try cluster.run(
                "ruche", ["enqueue", "lease-ip", "--set", "holder=a", "--wait", "--timeout", "2s"])
            #expect(piped.status == 124 && !piped.errors.contains("waiting") && !piped.errors.contains("\u{1B}"))
        }
    }
}

extension Cluster {
    /// `ruche` on a terminal of its own.
    func terminal(
        _ arguments: [String], columns: UInt16 = 80, _ changes: [String: String] = [:]
    ) throws -> PseudoTerminal {
        try PseudoTerminal(
            path: "\(servers.binaries)/ruche", arguments: arguments,
            environment: environment.merging(["TERM": "xterm-256color"]) { $1 }.merging(changes) { $1 },
            columns: columns)
    }

    /// Three sessions: a long name in wide characters, a usual one, and one more.
    func insertSessions(named name: String = "spring order") throws {
        let database = try database()
        defer { database.close() }
        let wide = "長い名前のセッション 長い名前のセッション 長い名前のセッション"
        for (index, name) in [wide, name, "last"].enumerated() {
            let content = Bytes([UInt8(index)])
            try database.execute(
                """
                INSERT INTO session (tenant, name, content, job, inserted, updated, unchanged, rejected)
                VALUES ('default', \(name), \(content), gen_random_uuid(), 12000, 0, 3, 0)
                """)
        }
    }
}

/// The columns a line takes, counted here by another rule than the program's: escape sequences none, CJK two.
enum ScreenWidth {
    static func of(_ line: String) -> Int {
        let plain = line.replacing(/\u{1B}\[[0-9;]*m/, with: "")
        return plain.unicodeScalars.reduce(0) { $0 + ((0x2E80...0x9FFF).contains($1.value) ? 2 : 1) }
    }
}
