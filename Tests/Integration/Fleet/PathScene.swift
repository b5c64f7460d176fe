import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// Everything as it is shipped, from a provider's list on: one bare server, and all workers that make shops of it.
final class PathScene {
    /// What means something to CSV, to a shell, to Jinja, to YAML and to ansible.
    static let password = #"{{ lookup('pipe','id') }}"; $(id) `id` 'q' \ # é"#

    let fleet: FleetScene
    let cluster: Cluster
    let servers: InitScene
    let shops: ShopScene
    let initWorker: RunningProcess

    /// Makes the server, and has `init-server` initialise it from a list.
    fileprivate init(_ fleet: FleetScene, _ cluster: Cluster, _ shipper: LogShipper) throws {
        (self.fleet, self.cluster) = (fleet, cluster)
        try fleet.manage("up 1 \(shipper.relay)")
        try fleet.setPassword(Self.password)
        servers = try InitScene(cluster, key: try String(contentsOfFile: fleet.key, encoding: .utf8))
        let session = try servers.bring([
            InitScene.Row(ip: fleet.address(), port: 22, user: "root", password: Self.password)
        ])
        initWorker = try servers.start([
            "FLEET_LOG_BROKER": shipper.url, "FLEET_NEVER_BANNED": "172.16.0.0/12",
            "FLEET_METRICS_SOURCES": "172.16.0.0/12",
        ])
        let made = try servers.completion(of: InitServer(session: session), id: "init")
        try #require(made.configured == 1, "\(made)")
        try cluster.start("ingest-logs")
        // Others get an address again at once.
        let soon = ["QUARANTINE": "1s"]
        try cluster.start("lease-ip", soon)
        shops = try ShopScene(cluster, fleet, servers.log, soon)
    }

    /// Has a command of leases done.
    func ask<C: Command>(_ command: C, id: String) throws -> C.Completion {
        let event = try shops.run(command, id: id)
        try #require(event.kind == .succeeded, "\(String(decoding: event.data, as: UTF8.self))")
        return try event.decode(C.Completion.self)
    }

    /// How many shops stand so.
    func count(_ status: String) throws -> Int {
        try shops.count("SELECT count(*) FROM shop WHERE status = \(status)")
    }

    /// The lines of a shop's log that `ruche logs` finds with this text.
    func logLines(_ shop: String, _ text: String) throws -> [String] {
        let found = try cluster.run(
            "ruche",
            ["logs", "host=server-1", "service=~shop-\(shop)-[0-9-]*", "--text", text, "--limit", "100", "-o", "jsonl"])
        return found.output.split(separator: "\n").map(String.init)
    }
}

/// Runs `body` with a server that `init-server` has made of a bare one, and removes everything whatever happens.
func withPath(_ body: (PathScene) throws -> Void) throws {
    try withFleet { fleet in
        try withCluster { cluster in
            let shipper = try LogShipper(cluster)
            defer { shipper.remove() }
            try body(try PathScene(fleet, cluster, shipper))
        }
    }
}
