import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// `ruche shops` beside the real worker, and a real SSH server that does not let the operator in.
@Suite(.serialized, .servers, .logins) struct CLIShopWorkerTests {
    private static let title = #""; rm -rf / # {{ lookup('pipe','id') }} 🫖"#

    @Test func aDeploymentIsFollowedToItsEnd() async throws {
        try await withInit { scene, _ in
            let database = try scene.cluster.database()
            defer { database.close() }
            try begin(scene, database)
            let deploy = [
                "shops", "deploy", "teapots", "--title", Self.title, "--contact-email", "info@teapots.example",
                "--primary-color", "#0f766e", "--secondary-color", "#f59e0b", "--domain", "teapots.example",
            ]
            let followed = try scene.cluster.run("ruche", deploy + ["--id", "one", "--follow"])
            #expect(followed.status == 5, "\(followed.output)\(followed.errors)")
            #expect(followed.output.contains("Z teapots.example started validate: "))
            #expect(followed.errors.contains("one ended refused: The server refuses our key. (key-refused)"))
            #expect(try database.query("SELECT title FROM shop").get(0, 0) == Self.title)

            // Nothing had served: the shop is nowhere, and its address is given back.
            let listed = try scene.cluster.run("ruche", ["shops", "list", "-o", "csv", "--no-headers"])
            #expect(listed.output.hasPrefix("teapots,default,teapots.example,FAILED,,,,,20"), "\(listed.output)")
            let leases = try scene.cluster.run("ruche", ["leases", "--all", "-o", "csv", "--no-headers"])
            #expect(leases.output.contains("shop:teapots") && leases.output.contains("released"))
            let shown = try scene.cluster.run("ruche", ["shops", "show", "teapots", "--json"])
            for said in [
                #""lastRunId":"one","lastRunCommand":"deploy-shop","lastRunState":"refused""#,
                #""lastRunReason":"key-refused","lockedBy":null"#, #""releases":[]"#,
            ] { #expect(shown.output.contains(said), "\(shown.output)") }

            // It is known, and nowhere: the worker has the last word.
            let retired = try scene.cluster.run("ruche", ["shops", "retire", "teapots", "--wait"])
            #expect(retired.status == 5 && retired.output.contains("no-such-shop"), "\(retired.output)")
        }
    }

    /// A lease ends while the server does not let us in, and a recipe has failed on it since: the look is put aside,
    /// and not taken for done.
    @Test func aShopIsLookedAfterForAsLongAsItsServerIsAway() async throws {
        try await withInit { scene, _ in
            let database = try scene.cluster.database()
            defer { database.close() }
            try begin(scene, database)
            try database.script(
                """
                UPDATE server SET status = 'ERROR';
                INSERT INTO lease (id, tenant, server, ip, holder, fence, expires_at)
                SELECT gen_random_uuid(), tenant, server, ip, 'somebody', 1, now() + interval '1 day' FROM address;
                UPDATE address SET lease = (SELECT id FROM lease), fence = 1;
                """)
            let shop = CLIShop(slug: "teapots", database: database)
            try shop.settle()
            let run = try CLIRun("made", command: DeployShop.name, target: "shop:x", database)
            try shop.serve(by: run.key)
            try database.script("UPDATE lease SET ended_at = now(), ended_by = 'released'")
            let lease: UniqueID = try database.query("SELECT id FROM lease").get(0, 0)
            let load = try Load(scene.cluster)
            try load.publish(RetireShop(shop: "teapots", ifEnded: lease), id: "look")
            try load.settle()
            try eventually("it is put aside") {
                try scene.cluster.number("SELECT count(*) FROM run WHERE command = 'retire-shop' AND state = 'w'") == 1
            }
            #expect(try database.query("SELECT status FROM shop").get(0, 0) == "RETIRING")
            #expect(
                try database.query("SELECT reason FROM job WHERE id = 'look'").get(0, 0) == "key-refused")
            // Steps are begun anew by whoever comes next: they are no reason to forget deaths of workers.
            #expect(try scene.cluster.number("SELECT starts FROM run WHERE command = 'retire-shop'") == 1)
        }
    }

    /// An address of a server that gets no shops is not given to the same shop again.
    @Test func theNextTryGetsAnotherAddress() async throws {
        try await withInit { scene, _ in
            let database = try scene.cluster.database()
            defer { database.close() }
            try begin(scene, database, InitScene.addresses.prefix(2))
            try database.script("UPDATE server SET operator_since = NULL WHERE id = (SELECT min(id) FROM server)")
            for (id, reason) in [("one", "server-not-initialised"), ("two", "key-refused")] {
                let run = try scene.cluster.run(
                    "ruche",
                    [
                        "shops", "deploy", "teapots", "--title", "x", "--contact-email", "info@teapots.example",
                        "--primary-color", "#0f766e", "--secondary-color", "#f59e0b", "--domain", "teapots.example",
                        "--id", id, "--wait",
                    ])
                #expect(run.status == 5 && run.output.contains(reason), "\(run.output)\(run.errors)")
            }
            #expect(try scene.cluster.number("SELECT count(DISTINCT server) FROM lease") == 2)
        }
    }

    /// Servers as `init-server` leaves them, and the worker.
    private func begin(
        _ scene: InitScene, _ database: Postgres.Connection,
        _ addresses: ArraySlice<String> = InitScene.addresses.prefix(1)
    ) throws {
        let hostKey = "ssh-ed25519 \(scene.hostKey)"
        _ = try scene.bring(addresses.map { .init(ip: $0, port: scene.port, hostKey: hostKey) })
        try database.script(
            """
            UPDATE server SET status = 'CONFIGURED', operator_since = now();
            INSERT INTO address (tenant, ip, server, cores, ram_mb)
            SELECT tenant, ip, id, cores, ram_mb FROM server ON CONFLICT DO NOTHING;
            """)
        try scene.cluster.start("deploy-shop", ["FLEET_KEY_FILE": scene.cluster.directory + "/fleet-key"])
    }
}
