import AMQP
import Foundation
import TestSupport

/// The broker's user that servers ship their logs as: it may write to the exchange of commands, and nothing else.
struct LogShipper {
    /// What means something to Jinja and to a shell.
    static let password = "{{ 7*7 }}'$(id)"

    /// Where servers find the broker, as `FLEET_LOG_BROKER` has it.
    let url: String
    /// The option of `scripts/fleet up` by which they do.
    let relay: String
    private let cluster: Cluster
    private var name: String { cluster.name + "_shipper" }

    init(_ cluster: Cluster) throws {
        self.cluster = cluster
        let broker = try AMQPURI(parsing: cluster.environment["AMQP_URL"]!)
        relay = "--relay 5672=127.0.0.1:\(broker.hosts[0].port)"
        let password = Self.password.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        url = "amqp://\(cluster.name)_shipper:\(password)@fleet-host:5672/\(cluster.name)"
        try call("PUT", "users/\(name)", ["password": Self.password, "tags": ""])
        let rights = ["configure": "^$", "write": #"^ruche\.commands$"#, "read": "^$"]
        try call("PUT", "permissions/\(cluster.name)/\(name)", rights)
    }

    func remove() { try? call("DELETE", "users/\(name)", [:]) }

    private func call(_ method: String, _ path: String, _ body: [String: String]) throws {
        let text = String(decoding: try JSONEncoder().encode(body), as: UTF8.self)
        let result = try FinishedProcess(
            path: "/usr/bin/env",
            arguments: [
                "curl", "-sSf", "-X", method, "-H", "content-type: application/json", "-d", text,
                "\(cluster.servers.managementURL)/api/\(path)",
            ], environment: cluster.environment)
        guard result.status == 0 else { throw TestFailure("\(method) \(path): \(result.errors)") }
    }
}
