import AMQP
import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// Shops on the line, as their worker leaves them.
@Suite(.servers) struct CLIShopTests {
    private static let words = [
        "--contact-email", "info@teapots.example", "--primary-color", "#0f766e", "--secondary-color", "#f59e0b",
        "--domain", "teapots.example",
    ]
    private static let title = #""; rm -rf / # {{ lookup('pipe','id') }} 🫖"#

    private func shop(_ slug: String, _ fleet: CLIFleet, tenant: String = "default") -> CLIShop {
        CLIShop(slug: slug, tenant: tenant, database: fleet.database)
    }

    @Test func shopsAreListedByWhatIsAsked() throws {
        try withFleet { fleet in
            try fleet.importServers()
            try fleet.lease()
            let run = try CLIRun("run-1", command: DeployShop.name, target: "shop:default/teapots", fleet.database)
            let teapots = shop("teapots", fleet)
            try teapots.settle(at: "10.9.0.1")
            try teapots.serve(by: run.key)
            try shop("kettles", fleet).settle(at: "10.9.0.2")
            try shop("bowls", fleet).settle(at: "10.9.0.1", place: 2)
            try shop("bowls", fleet).retire()
            try shop("cups", fleet, tenant: "acme").settle(at: "10.9.0.1", place: 3)
            #expect(try fleet.names("shops", "list") == ["bowls", "kettles", "teapots"])
            #expect(try fleet.names("shops", "list", "--status", "live,deploying") == ["kettles", "teapots"])
            #expect(try fleet.names("shops", "list", "--domain", "Teapots.default.example") == ["teapots"])
            #expect(try fleet.names("shops", "list", "--server", fleet.id("10.9.0.2")) == ["kettles"])
            #expect(try fleet.names("shops", "list", "--within", "10m") == ["kettles"])
            #expect(try fleet.names("shops", "list", "--tenant", "acme") == ["cups"])
            #expect(try fleet.names("shops", "list", "--tenant", "*").count == 4)
            let line = try fleet.shown("shops", "list", "--status", "live", "-o", "csv", "--no-headers")
            let expires: String = try fleet.database.query(
                """
                SELECT to_char(expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI') FROM lease
                WHERE holder = 'shop-a'
                """
            ).get(0, 0)
            let server = try fleet.id("10.9.0.1")
            #expect(
                line.hasPrefix("teapots,default,teapots.default.example,LIVE,1,\(server),10.9.0.1,\(expires)"),
                "\(line)")
        }
    }

    @Test func pagesHaveEveryShopOnce() throws {
        try withFleet { fleet in
            try fleet.importServers()
            try fleet.lease()
            for number in 1...25 {
                let shop = shop("shop-\(number)", fleet, tenant: number < 13 ? "default" : "it's one")
                try shop.settle()
                try shop.fail()
            }
            var seen: [String] = []
            var place: String?
            repeat {
                let page = try fleet.cluster.run(
                    "ruche",
                    ["shops", "list", "-o", "name", "--limit", "10", "--tenant", "*"]
                        + (place.map { ["--after", $0] } ?? []))
                #expect(page.status == 0, "\(page.errors)")
                seen += page.output.split(separator: "\n").map(String.init)
                // As a shell would read it.
                place = page.errors.components(separatedBy: "--after ").dropFirst().first?
                    .trimmingCharacters(in: .whitespacesAndNewlines).replacing(#"'\''"#, with: "\0")
                    .replacing("'", with: "").replacing("\0", with: "'")
            } while place != nil && seen.count < 100
            #expect(seen.count == 25 && Set(seen).count == 25)
            #expect(try fleet.cluster.run("ruche", ["shops", "list", "--after", "x"]).status == 2)
        }
    }

    @Test func aShopIsShownWithItsReleasesAndItsLastRun() throws {
        try withFleet { fleet in
            try fleet.importServers()
            try fleet.lease()
            let first = try CLIRun("run-1", command: DeployShop.name, target: "shop:default/other", fleet.database)
            let last = try CLIRun("run-2", command: DeployShop.name, target: "shop:default/teapots", fleet.database)
            let teapots = shop("teapots", fleet)
            try teapots.settle(at: "10.9.0.1")
            try teapots.serve(by: first.key)
            try teapots.serve("#ff0000", title: "evil \u{1B}[2J\nrow", by: last.key)
            let shown = try fleet.shown("shops", "show", "teapots")
            var rest = shown[...]
            for said in [
                "evil \\u{1b}[2J\\nrow", "teapots.default.example", "LIVE", "green", "tag2", "10.9.0.1", "shop-a",
                "run-2", "deploy-shop", "running", last.key.description, "NUMBER", "#ff0000", "20480", "KEPT", "tag1",
                "#0f766e", first.key.description,
            ] {
                let found = try #require(rest.range(of: said), "\(said) in order:\n\(shown)")
                rest = rest[found.upperBound...]
            }
            #expect(!shown.contains("\u{1B}"))
            let limited = try fleet.cluster.run("ruche", ["shops", "show", "teapots", "--limit", "1"])
            #expect(!limited.output.contains("tag1") && limited.errors.contains("there are more releases"))
            for words in [["nothing"], ["teapots", "--tenant", "acme"]] {
                #expect(try fleet.cluster.run("ruche", ["shops", "show"] + words).status == 3, "\(words)")
            }
            try shop("teapots", fleet, tenant: "acme").settle(at: "10.9.0.2")
            #expect(try fleet.cluster.run("ruche", ["shops", "show", "teapots", "--tenant", "*"]).status == 2)
        }
    }

    @Test func whatIsSaidOnTheLineIsOneCommand() throws {
        try withFleet { fleet in
            try fleet.importServers()
            try fleet.lease()
            try shop("teapots", fleet).settle()
            let lease = try #require(try fleet.names("leases").first)
            let deploy = ["shops", "deploy", "teapots", "--title", Self.title] + Self.words
            let dry = try fleet.cluster.run("ruche", deploy + ["--phone", "1", "--lease", lease, "--dry-run"])
            let command = try DeployShop(json: Array(dry.output.utf8), strict: true)
            #expect(command.title == Self.title && command.contactPhone == "1" && command.lease == UniqueID(lease))
            #expect(command.primaryColor == "#0f766e" && command.domain == "teapots.example")
            #expect(
                try fleet.shown("shops", "rollback", "teapots", "--to", "3", "--dry-run")
                    == #"{"shop":"teapots","to":"3"}"# + "\n")
            #expect(
                try fleet.shown("shops", "retire", "teapots", "--keep-lease", "--dry-run")
                    == #"{"shop":"teapots","keepLease":true,"force":false}"# + "\n")

            let broker = try fleet.cluster.broker()
            defer { broker.close() }
            for (words, name) in [
                (deploy, DeployShop.name), (["shops", "rollback", "teapots"], RollbackShop.name),
                (["shops", "retire", "teapots"], RetireShop.name),
            ] {
                #expect(try broker.inspectQueue(Topology.queue(for: name))?.messages == 0)
                let run = try fleet.cluster.run("ruche", words + ["--id", "s-1", "-o", "name"])
                #expect(run.status == 0 && run.output == "s-1\n", "\(run.errors)")
                #expect(try broker.inspectQueue(Topology.queue(for: name))?.messages == 1)
            }
            // Nobody serves it here.
            #expect(try fleet.cluster.run("ruche", deploy + ["--wait", "--timeout", "1s"]).status == 124)
        }
    }

    @Test func whatCannotBeIsRefusedBeforeItIsPublished() throws {
        try withFleet { fleet in
            let deploy = ["shops", "deploy", "teapots", "--title", "x"] + Self.words
            for (words, code) in [
                (["shops", "deploy", "teapots", "--title", "x"], 2), (deploy + ["--lease", "mine"], 2),
                (deploy + ["--wait", "--follow"], 2),
                (["shops", "deploy", "Tea Pots", "--title", "x"] + Self.words, 6),
                (["shops", "deploy", "teapots", "--title", ""] + Self.words, 6),
                (["shops", "rollback", "teapots"], 3), (["shops", "retire", "teapots"], 3), (["shops"], 2),
            ] as [([String], Int32)] {
                let run = try fleet.cluster.run("ruche", words)
                #expect(run.status == code, "\(words): \(run.errors)")
                #expect(!run.errors.isEmpty)
            }
            let broker = try fleet.cluster.broker()
            defer { broker.close() }
            for name in [DeployShop.name, RollbackShop.name, RetireShop.name] {
                #expect(try broker.inspectQueue(Topology.queue(for: name))?.messages == 0)
            }
        }
    }

    @Test func aTerminalShowsItsStepsLive() throws {
        try withFleet { fleet in
            let terminal = try fleet.cluster.terminal(
                ["shops", "deploy", "teapots", "--title", "x", "--id", "s-1", "--follow"] + Self.words, columns: 90)
            let broker = try fleet.cluster.broker()
            defer { broker.close() }
            try eventually("it is published") {
                try broker.inspectQueue(Topology.queue(for: DeployShop.name))?.messages == 1
            }
            let run = try CLIRun("s-1", command: DeployShop.name, target: "shop:default/teapots", fleet.database)
            try terminal.waitForPage { $0.contains("deploy-shop s-1  running  attempt 1") }
            try run.write(("teapots.example", "ship", "started", "Sends what the server lacks of the image."))
            try run.tell(Contracts.Progress(step: "ship", text: "Sends.", done: 3, total: 12))
            try terminal.waitForPage { page in
                page.contains("[#####...............] 3 of 12  Sends.")
                    && page.contains("teapots.example  running  [##........]")
                    && page.contains("teapots.example started ship: Sends what")
            }
            var deployed = ShopDeployed()
            (deployed.shop, deployed.domain, deployed.url) = ("teapots", "teapots.example", "http://teapots.example/")
            (deployed.address, deployed.version, deployed.tag) = ("10.9.0.1", 1, "t")
            try run.end(.succeeded, .succeeded, deployed.json())
            #expect(try terminal.waitForExit() == 0)
            let left = try #require(terminal.output.components(separatedBy: "\u{1B}[?25h\u{1B}[?1049l").last)
            #expect(left.contains("done") && left.contains("s-1 ended succeeded"))
        }
    }
}
