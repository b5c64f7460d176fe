import Contracts
import Postgres
import Runtime
import TestSupport
import Testing

@testable import DeployShopWorker

/// What becomes of a shop that its run, or its lease, has left.
@Suite(.serialized, .servers) struct ShopWatchTests {
    @Test func aRunThatIsOverHasWhatItBeganLookedAfter() throws {
        try withShop { fleet, shop in
            try fleet.database.script(
                """
                INSERT INTO schedule (subject, due_at, command, tenant, message_id, payload, cause)
                SELECT lease_watch, now() + interval '1 day', 'retire-shop', tenant, 'look', '', 'test' FROM shop;
                """)
            let isDue: SQL = "SELECT due_at <= clock_timestamp() FROM schedule"
            let runs = try (1...4).map { number in
                try CLIRun("run-\(number)", command: DeployShop.name, target: "shop:\(number)", fleet.database)
            }
            func over(_ run: CLIRun) throws -> Bool {
                try fleet.database.execute("DELETE FROM run WHERE key = \(run.key)")
                let answer: Bool = try fleet.database.query(isDue).get(0, 0)
                try fleet.database.execute("UPDATE schedule SET due_at = now() + interval '1 day'")
                return answer
            }
            // The first version serves; the second was begun, and the run is another's or waits.
            try shop.serve(by: runs[0].key)
            #expect(try !over(runs[0]))
            try shop.begin(by: runs[1].key)
            #expect(try !over(runs[2]))
            try fleet.database.execute("DELETE FROM run_target")
            #expect(try !fleet.database.query(isDue).get(0, 0, as: Bool.self))
            #expect(try over(runs[1]))
            // An address for which nothing was begun.
            try fleet.database.execute(ShopBook.leave("default", "teapots", .failed))
            try shop.settle(at: "10.9.0.1")
            try fleet.database.execute(ShopBook.note(runs[3].key, at: "default", "teapots"))
            #expect(try over(runs[3]))
        }
    }

    @Test func whoGoesBackHasTheTitleOfThen() throws {
        try withShop { fleet, shop in
            for (number, title) in ["Of then", "Of now"].enumerated() {
                let run = try CLIRun("\(number)", command: DeployShop.name, target: "shop:\(number)", fleet.database)
                try shop.serve(title: title, by: run.key)
                #expect(try fleet.database.query("SELECT title FROM shop").get(0, 0) == title)
            }
            let back = StoredShop.Turn(release: 1, slot: .blue)
            try fleet.database.execute(ShopBook.serve(back, of: "default", "teapots"))
            #expect(try fleet.database.query("SELECT title FROM shop").get(0, 0) == "Of then")
        }
    }

    /// Runs `body` with a shop that is settled at an address.
    private func withShop(_ body: (CLIFleet, CLIShop) throws -> Void) throws {
        try withFleet { fleet in
            try fleet.importServers()
            try fleet.lease()
            let shop = CLIShop(slug: "teapots", database: fleet.database)
            try shop.settle(at: "10.9.0.1")
            try body(fleet, shop)
        }
    }
}
