import Contracts
import Foundation
import Postgres
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

    /// A server as `init-server` leaves it, and the worker.
    private func begin(_ scene: InitScene, _ database: Postgres.Connection) throws {
        let hostKey = "ssh-ed25519 \(scene.hostKey)"
        _ = try scene.bring([.init(ip: InitScene.addresses[0], port: scene.port, hostKey: hostKey)])
        try database.script(
            """
            UPDATE server SET status = 'CONFIGURED', operator_since = now();
            INSERT INTO address (tenant, ip, server, cores, ram_mb)
            SELECT tenant, ip, id, cores, ram_mb FROM server ON CONFLICT DO NOTHING;
            """)
        try scene.cluster.start("deploy-shop", ["FLEET_KEY_FILE": scene.cluster.directory + "/fleet-key"])
    }
}
