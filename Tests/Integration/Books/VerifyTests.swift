import AMQP
import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// `ruche verify`: it passes a cluster that keeps its promise, finds what is done to one behind its back, and leaves
/// nothing but its rows of the ledger.
@Suite(.servers, .serialized) struct VerifyTests {
    @Test func theBooksBalanceUnderEveryFaultAndNothingIsLeft() throws {
        try withCluster { cluster in
            try cluster.start("relay")
            let seed = TestServers.seed(of: "verify")
            let commands = TestServers.isFull ? "20000" : "400"
            let run = try cluster.verify(["--commands", commands, "--seed", "\(seed)", "--json"])
            #expect(run.waitForExit() == 0, "\(run.output)")
            let report = try cluster.report(of: run)
            #expect(report["verdict"] as? String == "balanced", "\(run.output)")
            let faults = try #require(report["faults"] as? [String: Int])
            #expect(report["desertions"] as? [String] == [], "a worker has no reason to end: \(run.output)")
            // Connections are closed only once the broker has told of them.
            for fault in ["kill", "freeze", "stop", "session", "again"] { #expect(faults[fault] ?? 0 > 0, "\(fault)") }
            #expect(report["promises"] as? Int == (try cluster.number("SELECT count(*) FROM job")))
            #expect(report["effects"] as? Int == report["succeeded"] as? Int)
            #expect(report["published"] as? Int ?? 0 > Int(commands)!, "duplicates count too")
            let tenant = try #require(report["tenant"] as? String)
            #expect(!FileManager.default.fileExists(atPath: cluster.directory + "/ruche-" + tenant))
            try cluster.expectNothingOfVerify()
        }
    }

    @Test func whatIsDoneBehindItsBackIsFound() throws {
        try withCluster { cluster in
            try cluster.start("relay")
            let user = try OutageUser(cluster)
            defer { user.remove() }
            let run = try cluster.verify(
                ["--commands", "300", "--faults", "none", "--workers", "1", "--seed", "7", "--json"],
                ["AMQP_URL": user.amqpURL])
            try eventually("it is at work") { (try? cluster.number("SELECT count(*) FROM verify_effect")) ?? 0 > 40 }
            let database = try cluster.database()
            defer { database.close() }
            try database.script(
                """
                CREATE TEMP TABLE victim AS SELECT key, row_number() OVER () AS n FROM job WHERE state = 's' LIMIT 3;
                INSERT INTO verify_effect (job) SELECT key FROM victim WHERE n = 1;
                DELETE FROM verify_effect WHERE job = (SELECT key FROM victim WHERE n = 2);
                DELETE FROM event WHERE key = (SELECT key FROM victim WHERE n = 3)
                """)
            let broker = try cluster.broker()
            defer { broker.close() }
            #expect(try broker.purgeQueue("verify.events") > 0)
            try cluster.hangUpDuringTheComparison(user)
            #expect(run.waitForExit() == 8, "\(run.output)")
            let report = try cluster.report(of: run)
            let found = try #require(report["imbalances"] as? [[String: Any]])
            #expect(
                found.compactMap { $0["kind"] as? String }
                    == ["event-missing", "not-announced", "effect-twice", "success-without-effect"], "\(run.output)")
            #expect(run.output.contains("ledger, events and logs of the run are in"))
            let tenant = try #require(report["tenant"] as? String)
            #expect(FileManager.default.fileExists(atPath: "\(cluster.directory)/ruche-\(tenant)/ledger.jsonl"))
            try cluster.expectNothingOfVerify()
        }
    }

    @Test func controlCTidiesUpAndWhatAKilledRunLeftIsFoundAndRemoved() throws {
        try withCluster { cluster in
            try cluster.start("relay")
            let first = try cluster.verify(["--for", "10m", "--workers", "2"])
            try eventually("it is at work") { (try? cluster.number("SELECT count(*) FROM verify_effect")) ?? 0 > 10 }
            let second = try cluster.verify([])
            #expect(second.waitForExit() == 7, "\(second.output)")
            #expect(try cluster.run("ruche", ["doctor"]).output.contains("a run is under way"))
            first.send(SIGINT)
            #expect(first.waitForExit() == 130, "\(first.output)")
            try cluster.expectNothingOfVerify()

            let killed = try cluster.verify(["--for", "10m", "--workers", "2", "--faults", "freeze"])
            try eventually("it is at work") { (try? cluster.number("SELECT count(*) FROM verify_effect")) ?? 0 > 10 }
            killed.kill()
            try eventually("its workers go with it") { try cluster.sessionsOfVerify() == 0 }
            try eventually("the doctor finds what it left") {
                try cluster.run("ruche", ["doctor"]).output.contains("ruche verify --clean")
            }
            let cleaned = try cluster.run("ruche", ["verify", "--clean"])
            #expect(cleaned.status == 0, "\(cleaned.errors)")
            try cluster.expectNothingOfVerify()
            #expect(try cluster.run("ruche", ["doctor"]).output.contains("nothing left behind"))
            try cluster.expectVerifyBalancesBesideWhatAKilledRunAnnounces()
        }
    }

    @Test func withoutARelayOrTheRightsItSaysSoAndLeavesNothing() throws {
        try withCluster { cluster in
            let alone = try cluster.run("ruche", ["verify"])
            #expect(alone.status == 69)
            #expect(alone.errors.contains("no relay runs"))
            try cluster.start("relay")

            let role = cluster.name + "_reader"
            try TestServers.administer(cluster.servers.databaseURL, "CREATE ROLE \(role) LOGIN")
            let database = try cluster.database()
            try database.script("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO \(role)")
            var parts = try #require(URLComponents(string: cluster.environment["DATABASE_URL"]!))
            parts.user = role
            let poor = try cluster.verify([], ["DATABASE_URL": parts.string!])
            #expect(poor.waitForExit() == 4, "\(poor.output)")
            #expect(poor.output.contains("GRANT CREATE ON SCHEMA public"), "\(poor.output)")
            try database.script("DROP OWNED BY \(role)")
            database.close()
            try TestServers.administer(cluster.servers.databaseURL, "DROP ROLE \(role)")

            let user = try OutageUser(cluster, configure: "^amq\\\\.gen")
            defer { user.remove() }
            var management = try #require(URLComponents(string: cluster.servers.managementURL))
            management.user = URLComponents(string: user.amqpURL)?.user
            management.password = management.user
            let bound = try cluster.verify(
                [], ["AMQP_URL": user.amqpURL, "RABBITMQ_MANAGEMENT_URL": management.string!])
            #expect(bound.waitForExit() == 4, "\(bound.output)")
            #expect(bound.output.contains("may see them (tag `monitoring`); left out"), "\(bound.output)")
            #expect(bound.output.contains("configure"), "\(bound.output)")
            try cluster.expectNothingOfVerify()
        }
    }
}

extension Cluster {
    fileprivate func verify(_ words: [String], _ changes: [String: String] = [:]) throws -> RunningProcess {
        try launch(
            "ruche",
            ["RABBITMQ_MANAGEMENT_URL": servers.managementURL, "TMPDIR": directory].merging(changes) { $1 },
            arguments: ["verify"] + words)
    }

    fileprivate func report(of run: RunningProcess) throws -> [String: Any] {
        let lines = run.output.split(separator: "\n").filter { $0.hasPrefix("{") }
        let line = try #require(lines.last, "\(run.output)")
        #expect(try JSONShape(contentsOf: schemaPath("verify")).faults(in: String(line)) == [], "\(line)")
        return try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    fileprivate func sessionsOfVerify() throws -> Int {
        try number(
            """
            SELECT count(*) FROM pg_stat_activity
            WHERE application_name LIKE 'verify@%' AND datname = current_database()
            """)
    }

    /// The broker closes the connections of a run while it waits for a table that only the comparison reads.
    fileprivate func hangUpDuringTheComparison(_ user: OutageUser) throws {
        let database = try database()
        defer { database.close() }
        let tx = database.begin()
        try tx.script("LOCK TABLE stray IN ACCESS EXCLUSIVE MODE")
        try eventually("it compares", within: 120) {
            try number(
                """
                SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
                WHERE relation = 'stray'::regclass AND NOT granted AND application_name NOT LIKE 'relay@%'
                """) > 0
        }
        let before = try user.connections
        try user.closeConnections()
        // Its producer comes again.
        try eventually("the broker has hung up") { try user.connections < before }
        tx.rollback()
    }

    /// A run is not blamed for what an earlier one still had in the outbox when it was killed, nor for its strays.
    fileprivate func expectVerifyBalancesBesideWhatAKilledRunAnnounces() throws {
        let database = try database()
        defer { database.close() }
        try database.script(
            """
            INSERT INTO outbox (due_at, days, keys, sequences)
            SELECT now() + interval '1 hour', ARRAY[day], ARRAY[key], ARRAY[sequence] FROM event
            WHERE type = 'ruche.verify.succeeded.v1' LIMIT 1;
            INSERT INTO stray (exchange, routing_key, message_id, body)
            VALUES ('', 'ruche.verify', 'of an earlier run', '')
            """)
        let run = try verify(["--commands", "60", "--faults", "none", "--workers", "1"])
        try eventually("it hears of events") { (try? number("SELECT count(*) FROM verify_effect")) ?? 0 > 0 }
        try database.script("UPDATE outbox SET due_at = now() WHERE due_at > now() + interval '1 minute'")
        #expect(run.waitForExit() == 0, "\(run.output)")
        #expect(try number("SELECT count(*) FROM outbox") == 0)
    }

    fileprivate func expectNothingOfVerify() throws {
        let broker = try broker()
        defer { broker.close() }
        #expect(try broker.inspectQueue("ruche.verify") == nil)
        #expect(try broker.inspectQueue("verify.events") == nil)
        #expect(try number("SELECT count(*) FROM pg_class WHERE relname = 'verify_effect'") == 0)
        #expect(try number("SELECT count(*) FROM schedule") == 0)
        try eventually("no worker is left") { try sessionsOfVerify() == 0 }
    }
}
