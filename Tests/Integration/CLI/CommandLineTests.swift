import AMQP
import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// The command of the line as operators use it, and what the other executables say to arguments.
@Suite(.servers) struct CommandLineTests {
    @Test func anEmptyListIsCalledEmpty() throws {
        try withCluster { cluster in
            let path = cluster.directory + "/empty.csv"
            try "".write(toFile: path, atomically: true, encoding: .utf8)
            for file in ["/dev/null", path] {
                let done = try cluster.run("ruche", ["import", file])
                #expect(done.status == 6)
                #expect(done.errors == "ruche: \(file): the file is empty\n")
            }
            #expect(try cluster.number("SELECT count(*) FROM upload") == 0)
        }
    }

    @Test(arguments: [("DATABASE_URL", "jobs", "list"), ("AMQP_URL", "events", "tail")])
    func noPlaceInTheSourceReachesUsers(setting: String, noun: String, verb: String) throws {
        let scheme = setting == "AMQP_URL" ? "amqp" : "postgresql"
        let done = try FinishedProcess(
            path: "\(TestServers.require().binaries)/ruche", arguments: [noun, verb],
            environment: [setting: "\(scheme)://127.0.0.1:1/x"])
        #expect(done.status == 69)
        #expect(!done.errors.contains(".swift"), "\(done.errors)")
    }

    @Test func aListIsImportedOrEveryFaultOfItIsTold() throws {
        try withCluster { cluster in
            try cluster.start("import-batch")
            let file = cluster.directory + "/servers.csv"
            try ServerList(count: 5).csv.write(toFile: file, atomically: true, encoding: .utf8)
            let imported = try cluster.run("ruche", ["import", file, "--output", "json"])
            #expect(imported.status == 0, "\(imported.errors)")
            let done = try Self.object(imported.output)
            #expect(done["outcome"] as? String == "succeeded")
            #expect(done["name"] as? String == "servers.csv")
            #expect(done["inserted"] as? Int == 5)

            let example = try cluster.run("ruche", ["enqueue", "import-batch", "--example", "--wait"])
            #expect(example.status == 0, "\(example.errors)")
            #expect(try cluster.number("SELECT count(*) FROM session") == 2)
            let printed = try cluster.run("ruche", ["enqueue", "import-batch", "--example"])
            #expect(printed.output.hasPrefix("{"), "\(printed.errors)")

            // The third line lacks a column, the fourth has no number of cores.
            let bad = """
                \(ServerList.requiredHeader)
                10.1.0.1,true,4,8192,80,root,22,KEY
                10.1.0.2,true,4
                10.1.0.3,true,many,8192,80,root,22,KEY

                """
            try bad.write(toFile: file, atomically: true, encoding: .utf8)
            let refused = try cluster.run("ruche", ["import", file, "--session", "bad", "-o", "json"])
            #expect(refused.status == 5)
            let report = try Self.object(refused.output)
            #expect(report["outcome"] as? String == "refused")
            #expect(report["reason"] as? String == "rows-invalid")
            let errors = try #require(report["errors"] as? [[String: Any]])
            #expect(errors.map { $0["line"] as? Int } == [3, 4])
            #expect(refused.errors.contains("line 3: "), "\(refused.errors)")
            #expect(refused.errors.contains("line 4, cores: "), "\(refused.errors)")
        }
    }

    @Test func theDoctorNamesTheFixOfWhatItFinds() throws {
        try withCluster { cluster in
            let stopped = try Self.findings(cluster)
            #expect(stopped["ruche.lease-ip"] == "start its worker")
            #expect(stopped["parked"] == "-")

            try cluster.start("lease-ip")
            let paused = try cluster.run("ruche", ["queues", "pause", "lease-ip", "--reason", "a test"])
            #expect(paused.status == 0, "\(paused.errors)")
            let log = try EventLog(cluster)
            let load = try Load(cluster)
            try load.publish("renew-lease", id: "strange", body: Array("{}".utf8)) { $0.type = "mend-lease" }
            try load.settle()
            try log.receive { $0.events.contains { $0.kind == .parked } }
            let found = try Self.findings(cluster)
            #expect(found["ruche.lease-ip"] == "ruche queues resume lease-ip")
            #expect(found["parked"]?.contains("ruche jobs list --state parked") == true)
        }
    }

    @Test func aJobIsListedAndShownWithItsTimeline() throws {
        try withCluster { cluster in
            try cluster.addServers(1)
            let log = try EventLog(cluster)
            try cluster.start("lease-ip")
            let load = try Load(cluster)
            try load.publish(LeaseIP(holder: "web-1"), id: "one")
            try load.publish(LeaseIP(holder: "web-2"), id: "two")
            try load.settle()
            try log.receive { $0.outcomes.count == 2 }

            let list = try cluster.run("ruche", ["jobs", "list", "--command", "lease-ip", "-o", "jsonl"])
            #expect(list.status == 0, "\(list.errors)")
            let jobs = try list.output.split(separator: "\n").map { try Self.object(String($0)) }
            #expect(Set(jobs.map { $0["id"] as? String }) == ["one", "two"])
            #expect(Set(jobs.map { $0["state"] as? String }) == ["succeeded", "refused"])
            let refused = try #require(jobs.first { $0["state"] as? String == "refused" }?["id"] as? String)
            let few = try cluster.run("ruche", ["jobs", "list", "--state", "refused"])
            #expect(few.output.contains(refused) && few.output.split(separator: "\n").count == 2, "\(few.output)")

            let shown = try cluster.run("ruche", ["jobs", "show", refused])
            #expect(shown.status == 0, "\(shown.errors)")
            #expect(shown.output.contains(#""holder":"web-"#), "its payload is opened: \(shown.output)")
            #expect(shown.output.contains("lease-ip.refused"), "its timeline has its end")
            #expect(try cluster.run("ruche", ["jobs", "show", "three"]).status == 3)
            #expect(try cluster.run("ruche", ["jobs", "list", "--state", "lost"]).status == 2)
        }
    }

    @Test func theTailOfEventsHasWhatIsAskedForAndEnds() throws {
        try withCluster { cluster in
            try cluster.addServers(2)
            try cluster.start("lease-ip")
            let tail = try cluster.launch(
                "ruche", arguments: ["events", "tail", "--job", "two", "--count", "1", "-o", "jsonl"])
            try tail.waitForLine(containing: "following events")
            let load = try Load(cluster)
            for id in ["one", "two"] { try load.publish(LeaseIP(holder: "web"), id: id) }
            try load.settle()
            #expect(tail.waitForExit() == 0)
            let lines = tail.output.split(separator: "\n").filter { $0.hasPrefix("{") }
            #expect(lines.count == 1)
            let event = try CompletionEvent(parsing: Array(try #require(lines.first).utf8))
            #expect(event.subject == "two")
            #expect(event.kind == .succeeded)
        }
    }

    /// Settings come from the environment alone, so whoever gives arguments wants to know, or is mistaken.
    @Test(arguments: [
        ("lease-ip", "lease-ip: serves lease-ip, renew-lease, release-ip, expire-lease"),
        ("import-batch", "import-batch: serves import-batch"), ("relay", "relay: publishes"),
    ])
    func anExecutableAnswersArgumentsAndDoesNotStart(executable: String, purpose: String) throws {
        let servers = try TestServers.require()
        func run(_ arguments: String...) throws -> FinishedProcess {
            try FinishedProcess(path: "\(servers.binaries)/\(executable)", arguments: arguments, environment: [:])
        }
        let help = try run("--help")
        #expect(help.status == 0)
        #expect(help.output.hasPrefix(purpose), "\(help.output)")
        #expect(try run("--version").output.hasPrefix("\(executable) "))
        let refused = try run("--port", "80")
        #expect(refused.status == 64)
        #expect(refused.errors.contains("takes no arguments"), "\(refused.errors)")
    }

    @Test(arguments: ["--version", "-V"])
    func theEditionIsToldAsEveryProgramTellsIt(flag: String) throws {
        let path = try TestServers.require().binaries + "/ruche"
        let asked = try FinishedProcess(path: path, arguments: [flag, "-o", "json"], environment: [:])
        let verb = try FinishedProcess(path: path, arguments: ["version", "-o", "json"], environment: [:])
        #expect(asked.status == 0)
        #expect(!asked.output.isEmpty && asked.output == verb.output)
    }

    private static func object(_ text: String) throws -> [String: Any] {
        let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
        return try #require(value as? [String: Any], "\(text)")
    }

    /// The fix of each finding, by what it is about.
    private static func findings(_ cluster: Cluster) throws -> [String: String] {
        let result = try cluster.run("ruche", ["doctor", "-o", "jsonl"])
        let findings = try result.output.split(separator: "\n").map { try object(String($0)) }
        return Dictionary(
            findings.map { ($0["what"] as? String ?? "", $0["fix"] as? String ?? "") }, uniquingKeysWith: { $1 })
    }
}
