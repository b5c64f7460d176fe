import AMQP
import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// `ruche runs` beside somebody who writes the run.
@Suite(.servers) struct CLIRunFollowingTests {
    /// The numbers of the lines that were printed, in their order.
    private func numbers(_ output: String) throws -> [Int] {
        try output.split(separator: "\n").filter { $0.hasPrefix("{") }.map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return object?["number"] as? Int ?? 0
        }
    }

    private static let done = ServersInitialised(
        recipe: "base", results: [ServerResult(server: 1, ip: "10.9.0.1", outcome: .configured, changed: 4)])

    @Test func aRunIsShownWithItsPlacesAndItsLines() throws {
        try withFleet { fleet in
            let run = try CLIRun("fleet-1", target: "server:1", fleet.database)
            try run.write(
                ("", "Gather", "note", "two servers"), ("10.9.0.1", "base : Become root", "started", ""),
                ("10.9.0.1", "base : Become root", "ok", ""),
                ("10.9.0.2", "base : Become root", "unreachable", "refused"))
            try run.tell(
                Contracts.Progress(
                    step: "play", text: "Running the recipe.", done: 1, total: 2,
                    places: [.init(place: "10.9.0.1", state: .running), .init(place: "10.9.0.2", state: .failed)]))
            let shown = try fleet.shown("runs", "show", "fleet-1")
            var rest = shown[...]
            for word in [
                "running", "init-server@test", #"["server:1"]"#, "Running the recipe.", "PLACE", "10.9.0.1  running",
                "10.9.0.2  failed", "Z - note Gather: two servers", "Z 10.9.0.1 started base : Become root\n",
                "Z 10.9.0.2 unreachable base : Become root: refused",
            ] {
                let found = try #require(rest.range(of: word), "\(word) in order:\n\(shown)")
                rest = rest[found.upperBound...]
            }
            #expect(try fleet.shown("runs", "show", run.key.description).contains("fleet-1"))
            let list = try fleet.shown("runs", "list", "-o", "csv", "state:running")
            #expect(
                list.contains("fleet-1,init-server,default,running,1,,init-server@test,4,10.9.0.2: base : Become root"))
            #expect(try fleet.names("runs", "list", "state:dead") == [])
            #expect(try fleet.cluster.run("ruche", ["runs", "show", "fleet-2"]).status == 3)

            let newest = try fleet.cluster.run("ruche", ["runs", "show", "fleet-1", "--limit", "2"])
            #expect(!newest.output.contains("started") && newest.errors.contains("there are 2 lines before these"))
            let first = try fleet.cluster.run("ruche", ["runs", "show", "fleet-1", "--after", "1", "--limit", "2"])
            #expect(!first.output.contains("Gather") && first.errors.contains("go on with --after 3"))
        }
    }

    @Test func aJobThatIsDoneAtOnceIsNoRun() throws {
        try withFleet { fleet in
            try fleet.importServers()
            let job = try #require(try fleet.names("jobs", "list").first)
            let shown = try fleet.cluster.run("ruche", ["runs", "show", job])
            #expect(shown.status == 3 && shown.errors.contains("import-batch is done at once"))
            #expect(try fleet.names("runs", "list") == [])
        }
    }

    @Test func eachLineIsPrintedOnceWhileItIsWrittenAlsoAcrossAnOutage() throws {
        try withFleet { fleet in
            let run = try CLIRun("fleet-1", target: "server:1", fleet.database)
            for number in 1...1500 { try run.write(("10.9.0.1", "step \(number)", "ok", "")) }
            let follower = try fleet.cluster.launch(
                "ruche", arguments: ["runs", "show", "fleet-1", "--follow", "-o", "jsonl"])
            try follower.waitForLine(containing: "following fleet-1")
            #expect(try numbers(follower.output) == Array(1...1500))
            try run.write(("10.9.0.1", "one more", "changed", "x"))
            try follower.waitForLine(containing: #""number":1501,"#)
            try fleet.cluster.withoutDatabase { try follower.waitForLine(containing: "trying again") }
            let again = try CLIRun(resuming: run, fleet.cluster)
            defer { again.database.close() }
            try follower.waitForLine(containing: "going on; nothing was heard since")
            for number in 1502...1600 { try again.write(("10.9.0.1", "step \(number)", "ok", "")) }
            try again.end(.succeeded, .succeeded, Self.done.json())
            #expect(follower.waitForExit() == 0)
            #expect(try numbers(follower.output) == Array(1...1600))
            #expect(follower.output.contains("ruche: fleet-1 ended succeeded"))
        }
    }

    @Test func itEndsAsTheRunEnds() throws {
        try withFleet { fleet in
            let run = try CLIRun("fleet-1", target: "server:1", fleet.database)
            try run.write(("10.9.0.1", "step", "ok", ""))
            let follower = try fleet.cluster.launch(
                "ruche", arguments: ["runs", "show", "fleet-1", "-f", "--after", "1"])
            try follower.waitForLine(containing: "following fleet-1")
            try run.write(("10.9.0.1", "last step", "failed", "no room"))
            try run.end(.dead, .dead, Reason(reason: "killed-the-worker", message: "It killed its workers.").json())
            #expect(follower.waitForExit() == 5)
            #expect(follower.output.contains("10.9.0.1 failed last step: no room"))
            #expect(!follower.output.contains("10.9.0.1 ok step"))
            #expect(follower.output.contains("fleet-1 ended dead: It killed its workers. (killed-the-worker)"))
            // What has ended is shown, and ends at once.
            let after = try fleet.cluster.run("ruche", ["runs", "show", "fleet-1", "-f", "-o", "jsonl"])
            #expect(try after.status == 5 && numbers(after.output) == [1, 2])
            #expect(try fleet.shown("runs", "show", "fleet-1").contains("It killed its workers."))
        }
    }

    @Test(arguments: [("q", 0), ("\u{3}", 130), ("", 5)] as [(String, Int32)])
    func aTerminalShowsItLive(key: String, code: Int32) throws {
        try withFleet { fleet in
            let run = try CLIRun("fleet-1", target: "server:1", fleet.database)
            let terminal = try fleet.cluster.terminal(["runs", "show", "fleet-1", "--follow"], columns: 90)
            try terminal.waitForPage { $0.contains("init-server fleet-1  running  attempt 1") }
            try run.write(
                ("10.9.0.1", "base : Become root", "ok", ""), ("10.9.0.2", "base : Become root", "started", ""))
            try run.tell(
                Contracts.Progress(
                    step: "play", text: "Running the recipe.", done: 1, total: 4,
                    places: [.init(place: "10.9.0.3", state: .waiting)]))
            try terminal.waitForPage { page in
                page.contains("[#####...............] 1 of 4  Running the recipe.") && page.contains("PLACE")
                    && page.contains("10.9.0.3") && page.contains("10.9.0.2 started base : Become root")
            }
            if key.isEmpty {
                try run.end(.failed, .failed, Reason(reason: "no-room", message: "There is no room.").json())
            } else {
                try terminal.type(key)
            }
            #expect(try terminal.waitForExit() == code)
            #expect(terminal.isCooked)
            let left = try #require(terminal.output.components(separatedBy: "\u{1B}[?25h\u{1B}[?1049l").last)
            #expect(left.contains("There is no room. (no-room)") == key.isEmpty)
            #expect(left.contains("stopped") == key.isEmpty)
            for line in terminal.output.replacing(/\u{1B}\[[?0-9;]*[A-Za-z]/, with: "").split(separator: "\r\n") {
                #expect(ScreenWidth.of(String(line)) <= 90, "\(line)")
            }
        }
    }

    @Test func aServerThatIsInitialisedIsFollowedFromTheBeginning() throws {
        try withFleet { fleet in
            try fleet.cluster.addServers(1)
            let server = try #require(try fleet.names("servers", "list").first)
            let follower = try fleet.cluster.launch(
                "ruche", arguments: ["servers", "init", server, "--id", "fleet-1", "--follow", "-o", "jsonl"])
            let broker = try fleet.cluster.broker()
            defer { broker.close() }
            try eventually("it is published") {
                try broker.inspectQueue(Topology.queue(for: InitServer.name))?.messages == 1
            }
            let run = try CLIRun("fleet-1", target: "server:\(server)", fleet.database)
            try run.write(("10.0.0.1", "step", "ok", ""))
            try follower.waitForLine(containing: #""step":"step""#)
            try run.end(.succeeded, .succeeded, Self.done.json())
            #expect(follower.waitForExit() == 0)
        }
    }
}
