import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// A ledger that is older than the world around it, as after a restore.
@Suite(.servers) struct ReconcileTests {
    @Test func whatTheLedgerLacksIsNamedAndCanBeDoneAgain() throws {
        try withCluster { cluster in
            for process in ["lease-ip", "relay"] { try cluster.start(process) }
            let database = try cluster.database()
            defer { database.close() }
            let (file, journal) = ("\(cluster.directory)/leases.ndjson", "\(cluster.directory)/journal")
            try (1...4).map { #"{"holder":"web-\#($0)","ttlSeconds":600}"# + "\n" }.joined()
                .write(toFile: file, atomically: true, encoding: .utf8)
            let sent = try cluster.run("ruche", ["enqueue", "lease-ip", "--ndjson", "-f", file, "--journal", journal])
            #expect(sent.status == 0)
            try Self.awaitEnds(4, database)
            let events = try Self.keepEvents(cluster, database)
            try sent.output.write(toFile: "\(cluster.directory)/confirmed", atomically: true, encoding: .utf8)
            let accounts = ["--journal", journal, "-f", file, "--events", events]
            #expect(try reconcile(cluster, accounts, status: 0)["verdict"] as? String == "complete")

            try Self.growYounger(sent, database)
            let again = "\(cluster.directory)/again.ndjson"
            let report = try reconcile(cluster, accounts + ["--again", again], status: 8)
            #expect(report["lost"] as? Int == 1 && report["stranded"] as? Int == 1 && report["undone"] as? Int == 1)
            let found = try #require(report["commands"] as? [[String: String]])
            #expect(found.first { $0["kind"] == "lost" }?["found"] == "confirmed, line 2")
            #expect(found.first { $0["kind"] == "stranded" }?["found"] == "waiting, turn 1")
            // Without the journal the event alone tells of it, and so does what was printed.
            #expect(try reconcile(cluster, ["--events", events], status: 8, command: nil)["lost"] as? Int == 1)
            let printed = ["--confirmed", "\(cluster.directory)/confirmed"]
            #expect(try reconcile(cluster, printed, status: 8, command: nil)["lost"] as? Int == 1)

            try mend(cluster, found, again)
            try Self.awaitEnds(4, database)
            #expect(try reconcile(cluster, accounts, status: 0)["verdict"] as? String == "complete")
        }
    }

    @Test func filesThatAreNoAccountsAreRefused() throws {
        try withCluster { cluster in
            let path = "\(cluster.directory)/accounts"
            for (text, option, status) in [
                ("nonsense\n", "--events", 6), ("{\"id\":\"a\"}\n", "--confirmed", 6), ("nonsense\n", "--ledger", 1),
                ("{\"id\":\"a\",\"command\":\"lease-ip\",\"outcome\":\"queue-full\"}\n", "--confirmed", 0),
            ] as [(String, String, Int32)] {
                try text.write(toFile: path, atomically: true, encoding: .utf8)
                #expect(try cluster.run("ruche", ["reconcile", option, path]).status == status, "\(option) \(text)")
            }
            for (words, status) in [
                (["--journal", path], 2), (["--again", path], 2), (["lease-ip"], 2), (["--ledger", path + "x"], 3),
                (["--journal", path, "-f", path], 7),
            ] as [([String], Int32)] {
                #expect(try cluster.run("ruche", ["reconcile"] + words).status == status, "\(words)")
            }
            #expect(!FileManager.default.fileExists(atPath: path + "x"))
        }
    }

    private func reconcile(
        _ cluster: Cluster, _ accounts: [String], status: Int32, command: String? = "lease-ip"
    ) throws -> [String: Any] {
        let said = try cluster.run("ruche", ["reconcile"] + (command.map { [$0] } ?? []) + accounts + ["--json"])
        #expect(said.status == status, "\(said.output)\(said.errors)")
        #expect(try JSONShape(contentsOf: schemaPath("reconcile")).faults(in: said.output) == [], "\(said.output)")
        return try #require(JSONSerialization.jsonObject(with: Data(said.output.utf8)) as? [String: Any])
    }

    /// What the findings say is to be done.
    private func mend(_ cluster: Cluster, _ found: [[String: String]], _ again: String) throws {
        let stranded = try #require(found.first { $0["kind"] == "stranded" }?["id"])
        let words = ["--command", "lease-ip", "--reason", "a restore"]
        for verb in ["cancel", "retry"] {
            let said = try cluster.run("ruche", ["jobs", verb, stranded] + words)
            #expect(said.status == 0, "\(said.errors)")
        }
        let said = try cluster.run("ruche", ["enqueue", "--ndjson", "-f", again])
        #expect(said.status == 0, "\(said.errors)")
        #expect(said.output.contains(try #require(found.first { $0["kind"] == "lost" }?["id"])))
    }

    /// Waits until so many leases have an outcome that a worker gave them.
    private static func awaitEnds(_ count: Int, _ database: Postgres.Connection) throws {
        try eventually("\(count) have their outcome") {
            try database.query(
                """
                SELECT count(*) FROM job_key k JOIN job j USING (day, key)
                WHERE k.state IN ('s', 'r') AND NOT EXISTS (SELECT FROM schedule s WHERE s.subject = k.key)
                """
            ).get(0, 0) == count
        }
    }

    /// What a subscriber had: every event, on a line.
    private static func keepEvents(_ cluster: Cluster, _ database: Postgres.Connection) throws -> String {
        let rows = try database.query("SELECT convert_from(body, 'UTF8') FROM event")
        let lines = try (0..<rows.count).map { try rows.get($0, 0, as: String.self) + "\n" }
        let path = "\(cluster.directory)/events"
        try lines.joined().write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    /// The second line was never admitted, and the third waits for a message that has come and gone.
    private static func growYounger(_ sent: FinishedProcess, _ database: Postgres.Connection) throws {
        let ids = try sent.output.split(separator: "\n").map { line in
            let result = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return (try #require(result?["line"] as? Int), try #require(result?["id"] as? String))
        }
        let id = Dictionary(uniqueKeysWithValues: ids)
        let (second, third) = (try #require(id[2]), try #require(id[3]))
        try database.transaction { (tx: borrowing Postgres.Transaction) throws(PostgresError) in
            for statement: SQL in [
                "DELETE FROM event e USING job j WHERE e.key = j.key AND j.id = \(second)",
                "DELETE FROM job_key k USING job j WHERE k.key = j.key AND j.id = \(second)",
                "DELETE FROM job WHERE id = \(second)",
                """
                UPDATE job_key k SET state = 'w', turn = 1, sequence = 0 FROM job j
                WHERE k.key = j.key AND j.id = \(third)
                """,
                "UPDATE job SET state = 'w', finished_at = NULL WHERE id = \(third)",
                "DELETE FROM event e USING job j WHERE e.key = j.key AND j.id = \(third)",
            ] { _ = try tx.execute(statement) }
        }
    }
}
