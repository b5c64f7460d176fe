import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport
import Testing

/// A cluster that deploys shops to a fleet of one server.
final class ShopScene {
    let cluster: Cluster
    let fleet: FleetScene
    let log: EventLog
    /// The archive of the generic shop that the worker reads; another may take its place.
    var image: String { fleet.directory + "/shop.tar" }
    /// Where the worker has images that it sends.
    var shipping: String { fleet.directory + "/ship" }
    private var worker: RunningProcess?
    private let settings: [String: String]

    /// With servers that the database knows as `init-server` leaves them.
    init(_ cluster: Cluster, _ fleet: FleetScene, _ log: EventLog, _ settings: [String: String] = [:]) throws {
        (self.cluster, self.fleet, self.log, self.settings) = (cluster, fleet, log, settings)
        try FileManager.default.createDirectory(atPath: shipping, withIntermediateDirectories: true)
        try fleet.run("'\(Checkout.path("scripts/lib/shop-image"))' '\(image)'")
        try cluster.start("relay")
        try startWorker()
    }

    /// With a server that the recipe has made without `init-server`.
    convenience init(_ cluster: Cluster, _ fleet: FleetScene) throws {
        try fleet.manage("up 1")
        let run = try fleet.play(asOperator: false)
        #expect(run.stats[fleet.address()]?["failures"] == 0)
        try self.init(cluster, fleet, EventLog(cluster, isPatient: true))
        let key = try fleet.run("ssh-keyscan -t ed25519 \(fleet.address()) | cut -d ' ' -f 2,3")
        try enter(fleet.address(), hostKey: key.trimmingCharacters(in: .newlines))
    }

    /// What `init-server` would have left in the database.
    private func enter(_ address: String, hostKey: String) throws {
        let database = try cluster.database()
        defer { database.close() }
        try database.script(
            """
            INSERT INTO session (tenant, name, content, job, inserted, updated, unchanged, rejected)
            VALUES ('default', 'fleet', '', gen_random_uuid(), 1, 0, 0, 0);
            """)
        try database.execute(
            """
            INSERT INTO server (tenant, session, ip, ssh_port, is_ssl, cores, ram_mb, storage_gb, ssh_user, ssh_auth,
                status, host_key, operator_since)
            SELECT 'default', id, \(address)::inet, 22, false, 2, 2048, 20, 'root', 'KEY', 'CONFIGURED', \(hostKey),
                now()
            FROM session
            """)
        try database.script(
            "INSERT INTO address (tenant, ip, server, cores, ram_mb) SELECT tenant, ip, id, cores, ram_mb FROM server")
    }

    /// Starts the worker, with a lease that is soon over.
    func startWorker() throws {
        let own = [
            "FLEET_KEY_FILE": fleet.key, "SHOP_IMAGE": image, "RUN_LEASE": "6s", "SHIP_DIRECTORY": shipping,
        ]
        worker = try cluster.start("deploy-shop", own.merging(settings) { $1 })
    }

    /// Ends the worker without notice.
    func killWorker() { worker?.kill() }

    /// A shop, in a colour.
    func shop(_ name: String, _ colour: String = "#0f766e", title: String = "A shop") -> DeployShop {
        DeployShop(
            shop: name, title: title, contactEmail: "info@\(name).example", primaryColor: colour,
            secondaryColor: "#f59e0b", domain: "\(name).example")
    }

    /// Publishes a command.
    func send(_ command: some Command, id: String) throws {
        let load = try Load(cluster)
        try load.publish(command, id: id)
        try load.settle()
    }

    /// Has a command done, and returns its outcome.
    func run(_ command: some Command, id: String) throws -> CompletionEvent {
        try send(command, id: id)
        return try log.outcome(of: id, within: 300)
    }

    /// The same for one that succeeds with a version that serves.
    func serve(_ command: some Command, id: String) throws -> ShopDeployed {
        let event = try run(command, id: id)
        try #require(event.kind == .succeeded, "\(String(decoding: event.data, as: UTF8.self))")
        return try event.decode(ShopDeployed.self)
    }

    /// What a customer of a shop gets.
    func page(_ domain: String, _ path: String = "/") throws -> String {
        try fleet.run("curl -sS -f -H 'Host: \(domain)' 'http://\(fleet.address())\(path)'")
    }

    /// The shops' containers on the server, running or not.
    func containers() throws -> [String] {
        try fleet.ssh("docker ps -a --filter label=dev.ruche.deployment --format '{{.Names}}'")
            .split(separator: "\n").map(String.init).sorted()
    }

    /// The tags of the shops' images there.
    func images() throws -> [String] {
        try fleet.ssh("docker image ls --format '{{.Repository}}:{{.Tag}}'")
            .split(separator: "\n").map(String.init).filter { $0.hasPrefix("ruche-shop/") }.sorted()
    }

    /// Whether the log of a deployment has a line like this.
    func hasLine(_ id: String, step: String, state: String = "%") throws -> Bool {
        let key = UniqueID.ledgerKey(DeployShop.name.rawValue, Topology.defaultTenant, id)
        return try count(
            """
            SELECT count(*) FROM run_event WHERE key = \(key) AND step = \(step) AND state LIKE \(state)
            """) > 0
    }

    /// How many rows.
    func count(_ sql: SQL) throws -> Int { try cluster.number(sql) }
}

/// Runs `body` with shops on a server of their own.
func withShops(_ body: (ShopScene) throws -> Void) throws {
    try withCluster { cluster in try withFleet { fleet in try body(try ShopScene(cluster, fleet)) } }
}

/// Constant load on a shop by `wrk`, until it is stopped.
struct ShopLoad {
    private let processes: [RunningProcess]

    /// With connections that are kept, and with one for every request.
    init(_ scene: ShopScene, on domain: String) throws {
        let url = "http://\(scene.fleet.address())/"
        let host = ["-H", "Host: \(domain)"]
        processes = try [host, host + ["-H", "Connection: close"]].map { headers in
            let words = ["wrk", "-t", "1", "-c", "4", "-d", "600", "--timeout", "10s"] + headers + [url]
            return try scene.cluster.launch(path: "/usr/bin/env", arguments: words)
        }
    }

    /// Ends it. Returns what each of the two says.
    func stop() throws -> [String] {
        for process in processes { process.send(SIGINT) }
        return processes.map { process in
            _ = process.waitForExit()
            return process.output
        }
    }
}
