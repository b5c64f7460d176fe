import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

@testable import DeployShopWorker

/// Shops whose server is lost, with the real worker, and a real SSH server that does not let the operator in.
@Suite(.serialized, .servers, .logins) struct ShopForceTests {
    private static let slugs = ["refused", "changed", "away", "unknown"]

    @Test func aShopOfALostServerIsForgotten() async throws {
        try await withInit { scene, _ in
            let database = try scene.cluster.database()
            defer { database.close() }
            try begin(scene, database, Self.slugs)
            // Servers as they are lost: our key is refused, another host key is shown, nobody listens, its key is not
            // known at all.
            try scene.query("UPDATE server SET host_key = \("ssh-ed25519 \(scene.otherHostKey)") WHERE id = 2")
            try database.script(
                """
                UPDATE server SET ssh_port = 1 WHERE id = 3;
                UPDATE server SET host_key = 'SHA256:abc' WHERE id = 4;
                """)

            // Nobody has said that it is to be given up.
            #expect(try retire(scene, "refused", "a").refusal == "key-refused")
            #expect(try database.query("SELECT status FROM shop WHERE slug = 'refused'").get(0, 0) == "RETIRING")
            #expect(try scene.servers("status") == Array(repeating: "CONFIGURED", count: 4))
            #expect(try scene.cluster.number("SELECT count(*) FROM forgotten_shop") == 0)

            let reasons = [
                "The server refuses our key.", "shows another host key", "cannot be reached", "host key is not known",
            ]
            for (slug, reason) in zip(Self.slugs, reasons) {
                let gone = try retire(scene, slug, "force-\(slug)", "--force").completion
                #expect(gone?.isRetired == true && gone?.isForgotten == true && gone?.leaseReleased == true, "\(slug)")
                let said = try database.query(
                    """
                    SELECT f.reason, s.fault, s.fault_text, f.domain, f.place::bigint, f.run
                    FROM forgotten_shop AS f JOIN server AS s ON s.id = f.server WHERE f.slug = \(slug)
                    """)
                try #require(said.count == 1, "\(slug)")
                #expect(try said.get(0, 0, as: String.self).contains(reason))
                #expect(try said.get(0, 1) == "shop-forgotten")
                #expect(try said.get(0, 2, as: String.self).contains("The shop \(slug) was"))
                #expect(try said.get(0, 3) == "\(slug).default.example")
                #expect(try said.get(0, 4) == 1 && said.get(0, 5, as: UniqueID?.self) == nil)
            }
            #expect(try scene.servers("status") == Array(repeating: "ERROR", count: 4))
            #expect(
                try scene.cluster.number(
                    "SELECT count(*) FROM shop WHERE status = 'RETIRED' AND server IS NULL AND lease IS NULL") == 4)
            #expect(try scene.cluster.number("SELECT count(*) FROM shop_release WHERE state <> 'GONE'") == 0)
            #expect(try scene.cluster.number("SELECT count(*) FROM lease WHERE ended_at IS NULL") == 0)
            #expect(
                try scene.cluster.number(
                    "SELECT count(*) FROM run_event WHERE step = 'forget' AND state = 'unreachable'") == 4)
            #expect(try scene.cluster.number("SELECT count(*) FROM run") == 0)
            try expectWithheld(scene, database)
        }
    }

    /// Nobody gets what may be in use still; the names are free.
    private func expectWithheld(_ scene: InitScene, _ database: Postgres.Connection) throws {
        try scene.cluster.start("lease-ip")
        let lent = try scene.cluster.run("ruche", ["enqueue", "lease-ip", "--set", "holder=web-1", "--wait"])
        #expect(lent.output.contains("no-free-ip"), "\(lent)")
        for server in 1...4 { #expect(try database.query(ShopBook.freePlace(on: server)).get(0, 0) == 2) }
        // Another shop under the name of one: there is no address for it, and nothing else in its way.
        let again = try scene.cluster.run(
            "ruche",
            [
                "shops", "deploy", "other", "--title", "x", "--contact-email", "info@other.example",
                "--primary-color", "#0f766e", "--secondary-color", "#f59e0b", "--domain", "away.default.example",
                "--wait",
            ])
        #expect(again.output.contains("no-free-ip"), "\(again)")
        let shown = try scene.cluster.run("ruche", ["servers", "show", "1", "--json"])
        #expect(shown.output.contains(#""fault":"shop-forgotten""#), "\(shown)")
        #expect(shown.output.contains(#""forgottenShops":"refused""#), "\(shown)")
        // Retired is retired.
        #expect(try retire(scene, "away", "again", "--force").refusal == "no-such-shop")
    }

    /// A lease that is kept, or was never the shop's, leads no other shop to the server, whatever its status says.
    @Test func noShopComesToAServerWithAForgottenOne() async throws {
        try await withInit { scene, _ in
            let database = try scene.cluster.database()
            defer { database.close() }
            try begin(scene, database, ["refused"])
            let gone = try retire(scene, "refused", "a", "--force", "--keep-lease").completion
            #expect(gone?.isForgotten == true && gone?.leaseReleased == false)
            let lease: UniqueID = try database.query("SELECT id FROM lease WHERE ended_at IS NULL").get(0, 0)
            for status in ["ERROR", "CONFIGURED"] {
                try scene.query("UPDATE server SET status = \(status)")
                let deployed = try scene.cluster.run(
                    "ruche",
                    [
                        "shops", "deploy", "other", "--title", "x", "--contact-email", "info@other.example",
                        "--primary-color", "#0f766e", "--secondary-color", "#f59e0b", "--domain", "other.example",
                        "--lease", lease.description, "--wait",
                    ])
                #expect(deployed.output.contains("server-not-initialised"), "\(status): \(deployed)")
            }
            // Its holder gives it back: it is nobody's.
            try scene.cluster.start("lease-ip")
            let released = try scene.cluster.run(
                "ruche",
                ["enqueue", "release-ip", "--set", "leaseId=\(lease)", "--set", "holder=shop:refused", "--wait"])
            #expect(released.status == 0, "\(released)")
            #expect(try isWithheld(scene))
            // Nothing more is known to be there, and the server is as it should be.
            try database.script("DELETE FROM forgotten_shop")
            #expect(try !isWithheld(scene))
        }
    }

    /// The recipe is told what to remove. What is forgotten after that stays until the next run.
    @Test func aRecipeRemovesWhatWasForgottenBefore() async throws {
        try await withInit { scene, gate in
            let database = try scene.cluster.database()
            defer { database.close() }
            let session = try bring(scene, database, count: 1)
            // Nobody here can be logged on to as the operator.
            try database.script("UPDATE server SET operator_since = NULL")
            func forget(_ slug: String, _ place: Int) throws {
                try scene.query(
                    """
                    INSERT INTO forgotten_shop (server, place, tenant, slug, domain, reason)
                    SELECT id, \(place), tenant, \(slug), \("\(slug).example"), 'A test.' FROM server
                    """)
            }
            try forget("cups", 3)
            try forget("pots", 16)
            #expect(try scene.servers("status") == ["ERROR"])
            #expect(try isWithheld(scene))
            let marker = scene.cluster.directory + "/told"
            let told = "printf '%s\\n' {{ base_forgotten | default([]) | to_json | quote }} >> '\(marker)'"
            try scene.start(["RECIPES": try scene.recipes(told)])
            try scene.ask(InitServer(session: session, only: .failed), id: "one")
            try eventually("it waits in the second task") {
                try scene.lines("one", step: "Become root", state: "changed") == 1
            }
            try forget("late", 4)
            gate.open()
            let first = try scene.log.outcome(of: "one").decode(ServersInitialised.self)
            #expect(first.configured == 1, "\(first)")
            #expect(try scene.servers("status") == ["CONFIGURED"])
            #expect(try database.query("SELECT string_agg(slug, ',') FROM forgotten_shop").get(0, 0) == "late")
            #expect(try isWithheld(scene))

            try database.script("UPDATE server SET operator_since = NULL")
            #expect(try scene.completion(of: InitServer(session: session), id: "two").configured == 1)
            #expect(try scene.cluster.number("SELECT count(*) FROM forgotten_shop") == 0)
            #expect(try !isWithheld(scene))
            #expect(
                try String(contentsOfFile: marker, encoding: .utf8) == """
                    [{"domain": "cups.example", "place": 3, "shop": "cups"}, \
                    {"domain": "pots.example", "place": 16, "shop": "pots"}]
                    [{"domain": "late.example", "place": 4, "shop": "late"}]

                    """)
        }
    }

    private func isWithheld(_ scene: InitScene) throws -> Bool {
        try scene.cluster.number(
            """
            SELECT count(*) FROM address
            WHERE lease IS NULL AND quarantined_until = 'infinity' AND previous_holder IS NULL
            """) == 1
    }

    /// Retires a shop by hand.
    private func retire(
        _ scene: InitScene, _ slug: String, _ id: String, _ words: String...
    ) throws -> (completion: ShopRetired?, refusal: String?) {
        let reason = words.contains("--force") ? ["--reason", "a test", "--yes"] : []
        let run = try scene.cluster.run("ruche", ["shops", "retire", slug, "--id", id, "--wait"] + words + reason)
        let event = try scene.log.outcome(of: id)
        #expect(run.status == (event.kind == .succeeded ? 0 : 5), "\(run)")
        if event.kind == .succeeded { return (try event.decode(), nil) }
        return (nil, try event.decode(Reason.self).reason)
    }

    /// Servers as `init-server` leaves them. Returns the import.
    private func bring(_ scene: InitScene, _ database: Postgres.Connection, count: Int) throws -> Int {
        let hostKey = "ssh-ed25519 \(scene.hostKey)"
        let session = try scene.bring(
            InitScene.addresses.prefix(count).map { .init(ip: $0, port: scene.port, hostKey: hostKey) })
        try database.script(
            """
            UPDATE server SET status = 'CONFIGURED', operator_since = now();
            INSERT INTO address (tenant, ip, server, cores, ram_mb)
            SELECT tenant, ip, id, cores, ram_mb FROM server ON CONFLICT DO NOTHING;
            """)
        return session
    }

    /// A shop on a server of its own for each name, at an address that was leased for it, and the worker.
    private func begin(_ scene: InitScene, _ database: Postgres.Connection, _ slugs: [String]) throws {
        _ = try bring(scene, database, count: slugs.count)
        for (slug, address) in zip(slugs, InitScene.addresses) {
            try scene.query(
                """
                INSERT INTO lease (id, tenant, server, ip, holder, fence, expires_at)
                SELECT gen_random_uuid(), tenant, server, ip, \("shop:\(slug)"), 1, now() + interval '1 day'
                FROM address WHERE ip = \(address)::inet
                """)
            let shop = CLIShop(slug: slug, database: database)
            try shop.settle(at: address)
            try shop.serve(by: try CLIRun(slug, command: DeployShop.name, target: "shop:\(slug)", database).key)
        }
        try database.script(
            """
            UPDATE address a SET lease = l.id, fence = 1 FROM lease l WHERE l.ip = a.ip;
            UPDATE shop SET lease_is_own = true;
            DELETE FROM run;
            """)
        try scene.cluster.start("deploy-shop", ["FLEET_KEY_FILE": scene.cluster.directory + "/fleet-key"])
    }
}
