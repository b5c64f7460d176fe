import Contracts
import Foundation
import Postgres
import TestSupport

/// A cluster whose processes have users on the broker and roles in the database, with passwords in files.
struct RolesScene {
    let cluster: Cluster
    let directory: String
    private static let processes =
        Catalogue.executables.map(\.name) + ["relay", "operator", "reader", "producer"]

    fileprivate init(_ cluster: Cluster) throws {
        self.cluster = cluster
        directory = cluster.directory + "/passwords"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        for process in Self.processes {
            try change("\(process)_amqp_password")
            try change("\(process)_database_password")
        }
        try migrate()
    }

    func file(_ name: String) -> String { "\(directory)/\(name)" }

    func password(_ name: String) throws -> String {
        try String(contentsOfFile: file(name), encoding: .utf8).trimmingCharacters(in: .newlines)
    }

    /// Writes a new password; it is in force with the next ``migrate()``.
    func change(_ name: String) throws {
        try "\(UUID().uuidString)\n".write(toFile: file(name), atomically: true, encoding: .utf8)
    }

    func migrate() throws {
        let result = try run(["--passwords", directory])
        guard result.status == 0 else { throw TestFailure("ruche migrate --roles: \(result.errors)") }
    }

    /// Runs `ruche migrate --roles` with the management API at hand.
    func run(_ words: [String]) throws -> FinishedProcess {
        let environment = cluster.environment.merging(["RABBITMQ_MANAGEMENT_URL": cluster.servers.managementURL]) { $1 }
        return try FinishedProcess(
            path: cluster.servers.binaries + "/ruche", arguments: ["migrate", "--roles"] + words,
            environment: environment)
    }

    /// The cluster's virtual host, as the user of a process.
    func amqpURL(_ process: String) throws -> String {
        var url = URLComponents(string: cluster.environment["AMQP_URL"]!)!
        url.user = name(process)
        url.password = try password("\(process)_amqp_password")
        return url.string!
    }

    /// The cluster's database, as a role: the test server trusts everybody.
    func database(_ role: String) throws -> Postgres.Connection {
        var url = URLComponents(string: cluster.environment["DATABASE_URL"]!)!
        url.user = "ruche_\(role)"
        return try Postgres.Connection.open(ConnectionSettings(url.string!))
    }

    /// How a process of the cluster reaches everything as its own user: that is not in any address.
    func environment(_ process: String) throws -> [String: String] {
        func bare(_ text: String) throws -> String {
            var url = URLComponents(string: text)!
            (url.user, url.password) = (nil, nil)
            return url.string!
        }
        return cluster.environment.merging([
            "AMQP_URL": try bare(cluster.environment["AMQP_URL"]!), "AMQP_USER": name(process),
            "AMQP_PASSWORD_FILE": file("\(process)_amqp_password"),
            "DATABASE_URL": try bare(cluster.environment["DATABASE_URL"]!), "DATABASE_USER": name(process),
            "DATABASE_PASSWORD_FILE": file("\(process)_database_password"),
            "RABBITMQ_MANAGEMENT_URL": try bare(cluster.servers.managementURL),
        ]) { $1 }
    }

    /// Runs `ruche` as the user of a process. Returns what it printed.
    func ruche(as process: String, _ words: [String]) throws -> String {
        let result = try FinishedProcess(
            path: cluster.servers.binaries + "/ruche", arguments: words, environment: environment(process))
        guard result.status == 0 else {
            throw TestFailure("ruche \(words) as \(process): \(result.status)\n\(result.output)\(result.errors)")
        }
        return result.output
    }

    /// Has the broker close every connection of a process's user.
    func closeConnections(of process: String) throws {
        try management("DELETE", "connections/username/\(name(process))")
    }

    /// The server's roles stay: other tests use them, and have rights from them. Users are this scene's own.
    fileprivate func remove() {
        for process in Self.processes { try? management("DELETE", "users/\(name(process))") }
    }

    private func name(_ process: String) -> String { "ruche_" + process.replacingOccurrences(of: "-", with: "_") }

    private func management(_ method: String, _ path: String) throws {
        let result = try FinishedProcess(
            path: "/usr/bin/env",
            arguments: ["curl", "-sSf", "-X", method, "\(cluster.servers.managementURL)/api/\(path)"],
            environment: cluster.environment)
        guard result.status == 0 else { throw TestFailure("\(method) \(path): \(result.errors)") }
    }
}

/// Runs `body` with such a cluster. One at a time: the names of users are the broker's.
func withRoles<R>(_ body: (RolesScene) throws -> R) throws -> R {
    try withCluster { cluster in
        let scene = try RolesScene(cluster)
        defer { scene.remove() }
        return try body(scene)
    }
}
