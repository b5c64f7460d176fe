import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// What every verb prints with `--json`, held against the schemas in `docs/cli/schemas`.
@Suite(.servers) struct CLISchemaOutputTests {
    /// The lines that print what a schema describes; a schema that nothing is held against fails the test.
    private static let lines: [String: [String]] = [
        "autoscale": ["autoscale", "--once", "lease-ip=1:4", "ingest-logs=0:2:10s"],
        "config-check": ["config", "check"], "config-show": ["config", "show"],
        "contracts-check": ["contracts", "check", "--baseline", baseline], "contracts-list": ["contracts", "list"],
        "contracts-show": ["contracts", "show", "lease-ip"], "dead-list": ["dead", "list"],
        "dead-show": ["dead", "show", "job-0", "--command", "probe"], "doctor": ["doctor"],
        "enqueue": ["enqueue", "lease-ip", "--set", "holder=a"], "jobs-list": ["jobs", "list"],
        "jobs-show": ["jobs", "show", "job-0", "--command", "probe"],
        "jobs-why": ["jobs", "why", "job-0", "--command", "probe"], "leases": ["leases"],
        "leases-show": ["leases", "show", "10.0.0.0"], "logs": ["logs"],
        "logs-stats": ["logs", "stats"], "queues": ["queues"], "reconcile": ["reconcile"],
        "runs-list": ["runs", "list"], "runs-show": ["runs", "show", "run-0"], "schedule-list": ["schedule", "list"],
        "servers-init": ["servers", "init", "10.0.0.0"], "servers-list": ["servers", "list"],
        "servers-show": ["servers", "show", "10.0.0.0"], "sessions": ["sessions"],
        "shops-deploy": [
            "shops", "deploy", "teapots", "--title", "x", "--contact-email", "a@b.example", "--domain", "b.example",
            "--primary-color", "#0f766e", "--secondary-color", "#f59e0b",
        ],
        "shops-list": ["shops", "list"], "shops-retire": ["shops", "retire", "teapots"],
        "shops-rollback": ["shops", "rollback", "teapots"], "shops-show": ["shops", "show", "teapots"],
        "tasks": ["tasks"], "top": ["top"], "version": ["version"],
        "why": ["why", "job-0", "--command", "probe"],
    ]
    /// Those that the test has of its own.
    private static let followed: Set<String> = ["import", "events-tail", "enqueue-ndjson", "verify"]
    /// Those in which nothing may stand.
    private static let mayBeEmpty: Set<String> = ["config-check", "contracts-check"]

    private static var baseline: String {
        URL(filePath: schemaPath("x")).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Contracts/baseline.json")
            .path(percentEncoded: false)
    }

    @Test func everyVerbPrintsWhatItsSchemaSays() throws {
        try withCluster { cluster in
            let tail = try cluster.launch("ruche", arguments: ["events", "tail", "--json", "--count", "5"])
            try tail.waitForLine(containing: "following events")
            for worker in ["import-batch", "lease-ip", "ingest-logs", "expire-task"] { try cluster.start(worker) }
            try cluster.leave(0..<2)
            try cluster.schedule(numbers: 5..<6, dueIn: 3600)
            try importLists(cluster)
            try enqueueLines(cluster)
            try leaveRun(cluster)

            for (name, line) in Self.lines {
                let run = try cluster.run("ruche", line + ["--json"])
                #expect(name == "doctor" || run.status == 0, "\(name): \(run.errors)")
                #expect(try Self.schema(name).faults(in: run.output) == [], "\(name): \(run.output)")
                #expect(Self.mayBeEmpty.contains(name) || run.output != "[]\n", "\(name) prints nothing")
            }
            let refused = try cluster.run(
                "ruche",
                ["enqueue", "release-ip", "--set", "leaseId=\(UUID())", "--set", "holder=a", "--wait", "--json"])
            #expect(refused.status == 5)
            #expect(try Self.schema("enqueue").faults(in: refused.output) == [], "\(refused.output)")

            #expect(tail.waitForExit() == 0)
            let events = tail.output.split(separator: "\n").filter { $0.hasPrefix("{") }
            #expect(events.count == 5)
            for event in events { #expect(try Self.schema("events-tail").faults(in: String(event)) == []) }
        }
    }

    @Test func noSchemaIsHeldAgainstNothing() throws {
        let folder = URL(filePath: schemaPath("x")).deletingLastPathComponent().path(percentEncoded: false)
        let files = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(Set(files) == Set(Self.followed.union(Self.lines.keys).map { "\($0).json" }))
    }

    /// A list that is taken, one that is looked at, and one that is refused.
    private func importLists(_ cluster: Cluster) throws {
        let file = cluster.directory + "/servers.csv"
        var list = ServerList(count: 5)
        for (fault, words, status) in [(nil, [], 0), (nil, ["--dry-run"], 0), (2, [], 5), (2, ["--skip-invalid"], 0)]
            as [(Int?, [String], Int32)]
        {
            list.faultEvery = fault
            list.status = "CONFIGURED"
            try list.csv.write(toFile: file, atomically: true, encoding: .utf8)
            let run = try cluster.run("ruche", ["import", file, "--json"] + words)
            #expect(run.status == status, "\(run.errors)")
            #expect(try Self.schema("import").faults(in: run.output) == [], "\(run.output)")
        }
    }

    /// A lease, a line of logs and a task, and a line that is none.
    private func enqueueLines(_ cluster: Cluster) throws {
        let text = """
            {"command":"lease-ip","payload":{"holder":"web-1"}}
            {"command":"ingest-logs","payload":{"records":[{"message":"x","host":"web-1"}]}}
            {"command":"create-task","payload":{"owner":"ada","title":"x","dueAt":"2999-01-01T00:00:00Z"}}
            {"command":"lease-ip","payload":{}}
            """
        let run = try cluster.run("ruche", ["enqueue", "--ndjson", "-o", "jsonl"], input: text)
        #expect(run.status == 6, "\(run.errors)")
        let results = run.output.split(separator: "\n")
        #expect(results.count == 4)
        for line in results { #expect(try Self.schema("enqueue-ndjson").faults(in: String(line)) == [], "\(line)") }
        let database = try cluster.database()
        defer { database.close() }
        try eventually("every command has its outcome") {
            try database.query("SELECT count(*) FROM job WHERE state = 's' AND command <> 'import-batch'").get(0, 0)
                == 3
        }
    }

    /// A run that is in the middle of it, and shops.
    private func leaveRun(_ cluster: Cluster) throws {
        let database = try cluster.database()
        defer { database.close() }
        let run = try CLIRun("run-0", target: "server:1", database)
        try run.write(("10.0.0.0", "step", "ok", ""), ("", "step", "note", "text"))
        try run.tell(.init(step: "play", done: 1, total: 2, places: [.init(place: "10.0.0.1", state: .waiting)]))
        // A shop that serves, and one that is nowhere.
        let shop = CLIShop(slug: "teapots", database: database)
        try shop.settle()
        try shop.serve(by: run.key)
        try CLIShop(slug: "kettles", database: database).settle(place: 2)
        try CLIShop(slug: "kettles", database: database).fail()
    }

    private static func schema(_ name: String) throws -> JSONShape { try JSONShape(contentsOf: schemaPath(name)) }
}
