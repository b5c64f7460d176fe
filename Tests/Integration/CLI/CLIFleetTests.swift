import AMQP
import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// Servers and leases on the line, as import and workers leave them.
@Suite(.servers) struct CLIFleetTests {
    @Test func serversAreListedByWhatIsAsked() throws {
        try withFleet { fleet in
            try fleet.importServers()
            try fleet.lease()
            let ids = try (1...4).map { try fleet.id("10.9.0.\($0)") }
            let run = try CLIRun("fleet-1", target: "server:\(ids[2])", fleet.database)
            try fleet.fail("10.9.0.3", by: run.key)
            try fleet.database.execute(
                """
                INSERT INTO server (tenant, session, ip, ssh_port, is_ssl, cores, ram_mb, storage_gb, ssh_user,
                    ssh_auth)
                SELECT 'acme', max(id), '10.9.0.9', 22, true, 1, 512, 10, 'root', 'KEY' FROM session
                """)
            #expect(try fleet.names("servers", "list") == ids)
            #expect(try fleet.names("servers", "list", "--status", "error,pending") == Array(ids[2...]))
            #expect(try fleet.names("servers", "list", "--fault", "wrong-password") == [ids[2]])
            #expect(try fleet.names("servers", "list", "--holder", "shop-a") == [ids[0]])
            #expect(try fleet.names("servers", "list", "--provider", "Nobody") == [])
            #expect(try fleet.names("servers", "list", "--session", "1", "--tenant", "acme").count == 1)
            #expect(try fleet.names("servers", "list", "--tenant", "*").count == 5)
            let shown = try fleet.shown("servers", "list", "-o", "jsonl", "--fault", "wrong-password")
            #expect(shown.contains(#""ip":"10.9.0.3","port":22,"session":1,"status":"ERROR","fault":"wrong-password""#))
            #expect(shown.contains(#""lastRun":"\#(run.key)""#))
        }
    }

    @Test func pagesHaveEveryServerOnce() throws {
        try withFleet { fleet in
            try fleet.cluster.addServers(25)
            var seen: [String] = []
            var place: String?
            repeat {
                let page = try fleet.cluster.run(
                    "ruche",
                    ["servers", "list", "-o", "name", "--limit", "10"] + (place.map { ["--after", $0] } ?? []))
                #expect(page.status == 0, "\(page.errors)")
                seen += page.output.split(separator: "\n").map(String.init)
                place = page.errors.components(separatedBy: "--after ").dropFirst().first?
                    .trimmingCharacters(in: .whitespacesAndNewlines)
            } while place != nil && seen.count < 100
            #expect(seen.count == 25 && Set(seen).count == 25)
            #expect(try fleet.cluster.run("ruche", ["servers", "list", "--after", "x"]).status == 2)
        }
    }

    @Test func aServerIsShownWithAllButItsSecrets() throws {
        try withFleet { fleet in
            try fleet.importServers()
            try fleet.lease()
            let id = try fleet.id("10.9.0.1")
            let run = try CLIRun("fleet-1", target: "server:\(id)", fleet.database)
            try fleet.fail("10.9.0.1", by: run.key)
            for name in [id, "10.9.0.1", "10.9.0.1:22"] {
                let shown = try fleet.shown("servers", "show", name)
                for said in [
                    CLIFleet.fingerprint, "wrong-password", "The server refuses the password.", "shop-a", "fleet-1",
                    "init-server", "running", "fleet.csv", run.key.description,
                ] { #expect(shown.contains(said), "\(said) in \(shown)") }
            }
            for name in ["999", "10.9.0.99", "10.9.0.1:23"] {
                #expect(try fleet.cluster.run("ruche", ["servers", "show", name]).status == 3, "\(name)")
            }
            #expect(try fleet.cluster.run("ruche", ["servers", "show", id, "--tenant", "acme"]).status == 3)
            #expect(try fleet.cluster.run("ruche", ["servers", "show", "web-1"]).status == 2)
        }
    }

    @Test func leasesAreListedByWhatIsAsked() throws {
        try withFleet { fleet in
            try fleet.importServers()
            try fleet.lease()
            func holders(_ words: String...) throws -> [String] {
                let run = try fleet.cluster.run("ruche", ["leases", "-o", "csv", "--no-headers"] + words)
                #expect(run.status == 0, "\(words): \(run.errors)")
                return run.output.split(separator: "\r\n").map { line in
                    let cells = line.split(separator: ",", omittingEmptySubsequences: false)
                    return "\(cells[4]) \(cells[6])"
                }
            }
            #expect(try holders() == ["shop-b overdue", "shop-a active"])
            #expect(try holders("--all") == ["shop-a active", "shop-b overdue", "web released"])
            #expect(try holders("--holder", "shop-a") == ["shop-a active"])
            #expect(try holders("--holder", "shop-*") == ["shop-b overdue", "shop-a active"])
            #expect(try holders("--within", "10m") == ["shop-b overdue"])
            #expect(try holders("--within", "1h").count == 2)
            #expect(try holders("--server", try fleet.id("10.9.0.2")) == ["shop-b overdue"])
            #expect(try holders("--tenant", "acme") == [])
            for words in [[], ["--all"]] {
                let page = try fleet.cluster.run("ruche", ["leases", "--limit", "1"] + words)
                let place = try #require(page.errors.components(separatedBy: "--after ").last)
                let next = try fleet.cluster.run(
                    "ruche", ["leases", "--after", place.trimmingCharacters(in: .newlines), "-o", "name"] + words)
                #expect(next.output.split(separator: "\n").count == words.count + 1, "\(next.errors)")
            }
            let shown = try fleet.shown("leases", "show", "10.9.0.1")
            #expect(shown.contains("shop-a") && shown.contains("active"))
            let ended = try #require(try fleet.names("leases", "--all", "--holder", "web").first)
            #expect(try fleet.shown("leases", "show", ended).contains("released"))
            #expect(try fleet.cluster.run("ruche", ["leases", "show", "10.9.0.4"]).status == 3)
        }
    }

    @Test func noPasswordIsEverPrinted() throws {
        try withFleet { fleet in
            try fleet.importServers()
            let id = try fleet.id("10.9.0.1")
            let sealed = try fleet.database.query("SELECT encode(ssh_password, 'hex') FROM server ORDER BY id")
            let hidden = CLIFleet.passwords + (try (0..<sealed.count).map { try sealed.get($0, 0) as String })
            #expect(hidden.count == 8)
            for words in [["servers", "list"], ["servers", "show", id], ["runs", "list"], ["leases", "--all"]] {
                for format in ["table", "json", "jsonl", "name", "csv"] {
                    let run = try fleet.cluster.run("ruche", words + ["-o", format])
                    #expect(run.status == 0, "\(words): \(run.errors)")
                    for text in hidden { #expect(!(run.output + run.errors).contains(text)) }
                    #expect(!run.output.lowercased().contains("password\":"))
                }
            }
        }
    }

    @Test func serversAreToBeInitialisedByOneCommand() throws {
        try withFleet { fleet in
            try fleet.cluster.addServers(3)
            let ids = try fleet.names("servers", "list")
            let rehearsed = try fleet.shown("servers", "init", ids[1], "10.0.0.1", ids[1], "--dry-run")
            #expect(
                rehearsed == #"{"servers":[\#(ids[1]),\#(ids[0])],"recipe":"base","only":"all"}"# + "\n")
            let queue = Topology.queue(for: InitServer.name)
            let broker = try fleet.cluster.broker()
            defer { broker.close() }
            #expect(try broker.inspectQueue(queue)?.messages == 0)
            #expect(try fleet.names("servers", "init", "--session", "1", "--only", "failed", "--id", "f-1") == ["f-1"])
            #expect(try broker.inspectQueue(queue)?.messages == 1)
            // Nobody serves it here.
            let waited = try fleet.cluster.run("ruche", ["servers", "init", ids[0], "--wait", "--timeout", "1s"])
            #expect(waited.status == 124)
            #expect(try fleet.cluster.run("ruche", ["servers", "init", "10.9.9.9"]).status == 3)
            #expect(try fleet.cluster.run("ruche", ["servers", "init", ids[0], "--tenant", "acme"]).status == 3)
            #expect(try fleet.cluster.run("ruche", ["servers", "init", ids[0], "--recipe", "No Recipe"]).status == 6)
        }
    }
}
