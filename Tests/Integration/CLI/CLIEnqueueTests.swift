import AMQP
import Contracts
import Foundation
import Glibc
import Postgres
import TestSupport
import Testing

/// `enqueue --ndjson`: many commands from one file, resumable.
@Suite(.servers) struct CLIEnqueueTests {
    private func lines(_ count: Int) -> String {
        (1...count).map { #"{"holder":"web-\#($0)","ttlSeconds":600}"# + "\n" }.joined()
    }

    private func file(_ text: String, _ cluster: Cluster, _ name: String = "commands.ndjson") throws -> String {
        let path = "\(cluster.directory)/\(name)"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    /// The ids that were confirmed, by line; what a terminal shows beside whole results is passed over.
    private func confirmed(_ output: String) throws -> [Int: String] {
        var ids: [Int: String] = [:]
        for line in output.split(separator: "\n") {
            guard let result = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                result["outcome"] as? String == "confirmed", let number = result["line"] as? Int
            else { continue }
            ids[number] = result["id"] as? String
        }
        return ids
    }

    @Test func tensOfThousandsAreConfirmedAndTheSameFileHasTheSameIds() throws {
        try withCluster { cluster in
            let path = try file(lines(20_000), cluster)
            let first = try cluster.run("ruche", ["enqueue", "lease-ip", "--ndjson", "-f", path])
            #expect(first.status == 0)
            #expect(first.errors.contains("ruche: 20000 confirmed\n"))
            let ids = try confirmed(first.output)
            #expect(ids.count == 20_000 && Set(ids.values).count == 20_000)

            let again = try cluster.run("ruche", ["enqueue", "lease-ip", "--ndjson", "-f", path])
            #expect(try confirmed(again.output) == ids)
            let other = try file(lines(20_000) + "\n", cluster, "other.ndjson")
            let third = try cluster.run("ruche", ["enqueue", "lease-ip", "--ndjson", "--dry-run", "-f", other])
            #expect(third.status == 0 && !third.output.contains(ids[1]!))

            let broker = try cluster.broker()
            defer { broker.close() }
            #expect(try broker.ready(Topology.queue(for: LeaseIP.name), 40_000) == 40_000)
        }
    }

    @Test func badLinesAreNamedAndTheOthersGoThrough() throws {
        try withCluster { cluster in
            let text = """
                \u{FEFF}{"holder":"a"}\r
                {"holder":"b","ttlSeconds":0}

                not json
                {"id":"order-5","command":"lease-ip","tenant":"acme","payload":{"holder":"c"}}
                {"command":"lease-pi","payload":{}}
                {"id":"order-7","payload":{"holder":"d","ttlSecond":5}}
                {"holder":"e"}
                """
            let run = try cluster.run("ruche", ["enqueue", "lease-ip", "--ndjson"], input: text)
            #expect(run.status == 6)
            #expect(try Set(confirmed(run.output).keys) == [1, 5, 8])
            #expect(run.output.contains(#""line":5,"id":"order-5","command":"lease-ip","outcome":"confirmed""#))
            for said in [
                "line 2: /ttlSeconds: ", "line 4: the line: ",
                "line 6: /command: There is no such command. Did you mean “lease-ip”?",
                "line 7: /payload/ttlSecond: There is no such field. Did you mean “ttlSeconds”?",
                "ruche: 3 confirmed, 4 invalid",
            ] { #expect(run.errors.contains(said), "\(said) in \(run.errors)") }
            let schema = try JSONShape(contentsOf: schemaPath("enqueue-ndjson"))
            for line in run.output.split(separator: "\n") { #expect(try schema.faults(in: String(line)) == []) }
        }
    }

    @Test(arguments: [(SIGINT, 130), (SIGKILL, 137)] as [(Int32, Int32)])
    func anInterruptedRunGoesOnWhereItWas(signal: Int32, code: Int32) throws {
        try withCluster { cluster in
            let count = 25_000
            let path = try file(lines(count), cluster)
            let journal = "\(cluster.directory)/journal"
            let words = ["enqueue", "lease-ip", "--ndjson", "-f", path, "--journal", journal]
            let terminal = try cluster.terminal(words)
            try terminal.waitForOutput(containing: "\"outcome\":\"confirmed\"")
            if signal == SIGINT { try terminal.type("\u{3}") } else { terminal.signal(signal) }
            #expect(try terminal.waitForExit() == code)
            let before = try confirmed(
                terminal.output.replacing("\r\n", with: "\n").replacing(/\r\u{1B}\[K[^{\n]*/, with: ""))
            #expect(before.count > 0 && before.count < count)
            if signal == SIGINT { #expect(terminal.output.contains("go on with the same command line")) }

            let rest = try cluster.run("ruche", words)
            #expect(rest.status == 0, "\(rest.errors)")
            let after = try confirmed(rest.output)
            // Whoever has read “confirmed” can rely on the journal: nothing of it was sent again.
            if signal == SIGINT { #expect(Set(before.keys).isDisjoint(with: after.keys)) }
            #expect(rest.errors.contains("\(after.count) confirmed, \(count - after.count) confirmed before"))
            let third = try cluster.run("ruche", words)
            #expect(
                third.status == 0 && third.output.isEmpty
                    && third.errors.contains("0 confirmed, \(count) confirmed before"))
        }
    }

    @Test func aJournalIsOfOneFileOneCommandAndOneRun() throws {
        try withCluster { cluster in
            let path = try file(lines(5), cluster)
            let journal = "\(cluster.directory)/journal"
            func run(_ words: String...) throws -> FinishedProcess {
                try cluster.run("ruche", ["enqueue", "lease-ip", "--ndjson", "-f", path, "--journal", journal] + words)
            }
            #expect(try run().status == 0)
            // A corrected last line and one more are new; a line before the others moves them all.
            _ = try file(lines(4) + "{\"holder\":\"new\"}\n", cluster)
            #expect(try run().status == 7)
            _ = try file(lines(6), cluster)
            let more = try run()
            #expect(try more.status == 0 && confirmed(more.output).keys.sorted() == [6])
            let foreign = try run("--tenant", "acme")
            #expect(foreign.status == 7 && foreign.errors.contains("another command or tenant"))
            // A torn end is cut off, and its line goes out once more under the same id.
            let handle = try #require(FileHandle(forWritingAtPath: journal))
            let size = try handle.seekToEnd()
            try handle.truncate(atOffset: size - 3)
            let torn = try run()
            #expect(try torn.status == 0 && confirmed(torn.output).keys.sorted() == [6])
            #expect(try confirmed(torn.output)[6] == confirmed(more.output)[6])

            try "something of mine\n".write(toFile: journal, atomically: true, encoding: .utf8)
            let mine = try run()
            #expect(mine.status == 7 && mine.errors.contains("is no journal"))
            #expect(try String(contentsOfFile: journal, encoding: .utf8) == "something of mine\n")
        }
    }

    @Test func linesFromAFileAreLeasedOnce() throws {
        try withCluster { cluster in
            let database = try cluster.database()
            defer { database.close() }
            try cluster.start("lease-ip")
            let path = try file(lines(200), cluster)
            for _ in 1...2 {
                #expect(try cluster.run("ruche", ["enqueue", "lease-ip", "--ndjson", "-f", path]).status == 0)
            }
            try eventually("every command has its outcome and no message is left") {
                let jobs: Int = try database.query("SELECT count(*) FROM job WHERE finished_at IS NOT NULL").get(0, 0)
                return jobs == 200
            }
        }
    }
}

/// A schema of the command line's output.
func schemaPath(_ name: String) -> String {
    Checkout.path("docs/cli/schemas/\(name).json")
}
