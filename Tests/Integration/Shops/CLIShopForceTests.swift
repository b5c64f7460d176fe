import AMQP
import Contracts
import Postgres
import TestSupport
import Testing

/// `ruche shops retire --force`: whoever says it says why, and agrees.
@Suite(.servers) struct CLIShopForceTests {
    private static let retire = ["shops", "retire", "teapots"]

    private func published(_ fleet: CLIFleet) throws -> Int {
        let broker = try fleet.cluster.broker()
        defer { broker.close() }
        return try #require(try broker.inspectQueue(Topology.queue(for: RetireShop.name))).messages
    }

    private func begin(_ fleet: CLIFleet) throws {
        try fleet.importServers()
        try fleet.lease()
        try CLIShop(slug: "teapots", database: fleet.database).settle()
    }

    @Test func itIsSaidWhyAndAskedAbout() throws {
        try withFleet { fleet in
            try begin(fleet)
            for (words, said) in [
                (["--force"], "--reason is needed"), (["--force", "--reason", " ", "--yes"], "--reason is empty"),
                (["--force", "--reason", "a test"], "say so with --yes"), (["--yes"], "--yes goes with --force"),
                (["--reason", "a test"], "--reason goes with --force"),
            ] {
                let run = try fleet.cluster.run("ruche", Self.retire + words)
                #expect(run.status == 2 && run.errors.contains(said), "\(words): \(run)")
            }
            let dry = try fleet.shown("shops", "retire", "teapots", "--force", "--dry-run")
            #expect(dry == #"{"shop":"teapots","keepLease":false,"force":true}"# + "\n")
            #expect(try published(fleet) == 0)
            #expect(try fleet.cluster.number("SELECT count(*) FROM audit") == 0)

            let words = ["--force", "--reason", "a test", "--yes", "--id", "s-1"]
            #expect(try fleet.cluster.run("ruche", Self.retire + words).status == 0)
            #expect(try published(fleet) == 1)
            #expect(try fleet.cluster.audited("shops retire --force") == (1, 1))
            #expect(try fleet.database.query("SELECT target FROM audit").get(0, 0) == "retire-shop s-1")
            let unknown = try fleet.cluster.run("ruche", ["shops", "retire", "nothing"] + words)
            #expect(unknown.status == 3)
            #expect(try fleet.cluster.number("SELECT count(*) FROM audit") == 1)
        }
    }

    @Test func onATerminalItsNameIsTyped() throws {
        try withFleet { fleet in
            try begin(fleet)
            func retire(typing answer: String) throws -> Int32 {
                let terminal = try fleet.cluster.terminal(
                    Self.retire + ["--force", "--reason", "a test", "-o", "name"], columns: 200)
                try terminal.waitForOutput(containing: "type teapots to go on")
                try terminal.type(answer)
                return try terminal.waitForExit()
            }
            #expect(try retire(typing: "yes\n") == 2)
            #expect(try published(fleet) == 0)
            #expect(try retire(typing: "teapots\n") == 0)
            #expect(try published(fleet) == 1)
            #expect(try fleet.cluster.audited("shops retire --force") == (1, 1))
        }
    }
}
