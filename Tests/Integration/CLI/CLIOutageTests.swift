import Contracts
import Foundation
import TestSupport
import Testing

/// What goes on and on survives that a server is away: it says so, and goes on when it is back.
@Suite(.servers) struct CLIOutageTests {
    @Test(arguments: [["top"], ["jobs", "list", "-w"]])
    func aPageStaysWhileTheDatabaseIsAway(verb: [String]) throws {
        try withCluster { cluster in
            let terminal = try cluster.terminal(verb + ["--every", "200ms"], columns: 200)
            try terminal.waitForPage { $0.contains("q leaves") && !$0.contains("away") }
            try cluster.withoutDatabase {
                try terminal.waitForPage { $0.contains("away\u{1B}[0m since 2") && $0.contains("database: ") }
                // What was seen last is still there.
                try terminal.waitForPage { $0.contains("ruche \(verb[0])") && $0.contains("q leaves") }
            }
            try terminal.waitForPage { $0.contains("ruche \(verb[0])") && !$0.contains("away") }
            try terminal.type("\u{3}")
            #expect(try terminal.waitForExit() == 130)
            #expect(terminal.isCooked)
        }
    }

    @Test func aPageStaysWhileTheBrokerIsAway() throws {
        try withCluster { cluster in
            let user = try OutageUser(cluster)
            defer { user.remove() }
            let terminal = try cluster.terminal(
                ["top", "--every", "200ms"], columns: 200, ["AMQP_URL": user.amqpURL])
            try terminal.waitForPage { $0.contains("q leaves") && !$0.contains("away") }
            user.remove()
            try terminal.waitForPage { $0.contains("away\u{1B}[0m since 2") && $0.contains("broker: ") }
            let again = try OutageUser(cluster)
            try terminal.waitForPage { !$0.contains("away") }
            try again.closeConnections()
            try terminal.waitForPage { $0.contains("away") }
            try terminal.waitForPage { !$0.contains("away") }
            try terminal.type("q")
            #expect(try terminal.waitForExit() == 0)
        }
    }

    @Test func linesInAPipePauseAndGoOn() throws {
        try withCluster { cluster in
            let top = try cluster.launch("ruche", arguments: ["top", "-o", "jsonl", "--every", "100ms"])
            try top.waitForLine(containing: #"{"time":"#)
            try cluster.withoutDatabase {
                try top.waitForLine(containing: "trying again")
                #expect(top.isRunning)
            }
            try top.waitForLine(containing: "ruche: going on; nothing was heard since 2")
            let lines = top.output.split(separator: "\n")
            let back = try #require(lines.lastIndex { $0.hasPrefix("ruche: going on") })
            try eventually("there are lines after it") {
                top.output.split(separator: "\n").dropFirst(back + 1).contains { $0.hasPrefix("{") }
            }
            #expect(lines.count { $0.contains("trying again") } == lines.count { $0.contains("going on") })
            #expect(top.terminate() == 143)
        }
    }

    @Test func whatIsAwayFromTheBeginningIsAnError() throws {
        try withCluster { cluster in
            for verb in [["top"], ["jobs", "list", "-w"], ["logs", "-f"]] {
                let terminal = try cluster.terminal(verb, ["DATABASE_URL": "postgresql://127.0.0.1:1/x"])
                #expect(try terminal.waitForExit() == 69)
                #expect(terminal.isCooked)
            }
        }
    }
}

extension Cluster {
    /// The database lets nobody in while `body` runs, and whoever is in is thrown out.
    func withoutDatabase(_ body: () throws -> Void) throws {
        func allow(_ flag: Bool) throws {
            try TestServers.administer(servers.databaseURL, "ALTER DATABASE \(name) ALLOW_CONNECTIONS \(flag)")
        }
        try allow(false)
        defer { try? allow(true) }
        try TestServers.administer(
            servers.databaseURL, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)'")
        try body()
    }
}
