package import AMQP
import Contracts
import Foundation
package import Postgres
package import Sealing
import Synchronization

/// A whole cluster of one test: a virtual host, a database, a key, and the processes it starts. Nothing is shared with
/// another test, so tests run side by side.
package final class Cluster: Sendable {
    package let servers: TestServers
    package let name: String
    package let directory: String
    package let keys: KeyRing
    private let processes = Mutex<[RunningProcess]>([])

    /// The environment every executable of this cluster gets.
    package let environment: [String: String]

    /// Whether shipped processes come as their own roles: not those of an edition that knows none.
    private let hasRoles: Bool

    init(servers: TestServers) throws {
        self.servers = servers
        name = TestServers.uniqueName("t")
        directory = NSTemporaryDirectory() + "/ruche-" + name
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        hasRoles = servers.binaries == TestServers.shared?.binaries
        keys = KeyRing.generate()
        let keyFile = directory + "/keys"
        try keys.fileText.write(toFile: keyFile, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keyFile)
        environment = [
            "AMQP_URL": try TestServers.url(servers.amqpURL, path: name),
            "DATABASE_URL": try TestServers.url(servers.databaseURL, path: name),
            "RUCHE_KEY_FILE": keyFile,
            "LOG_FORMAT": "json",
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
        ]
    }

    /// Makes the virtual host and the database, and migrates both with the real command. The first database is migrated
    /// from nothing; the others are copies of it.
    func create() throws {
        try management("PUT", "vhosts/\(name)")
        let migrated = MigratedDatabase.name(for: servers)
        let template = migrated.map { " TEMPLATE \($0)" } ?? ""
        try TestServers.administer(servers.databaseURL, "CREATE DATABASE \(name)\(template)")
        // Copies have the rights of the first.
        let migrate = try run("ruche", migrated == nil && hasRoles ? ["migrate", "--roles"] : ["migrate"])
        guard migrate.status == 0 else { throw TestFailure("ruche migrate: \(migrate.errors)") }
        if migrated == nil { try MigratedDatabase.keep(name, of: servers) }
    }

    /// Ends every process, and has what ``create()`` made removed meanwhile.
    func remove() {
        for process in processes.withLock({ $0 }) { process.kill() }
        try? FileManager.default.removeItem(atPath: directory)
        Cleaner.later { [self] in try management("DELETE", "vhosts/\(name)") }
        Cleaner.later { [self] in
            try TestServers.administer(servers.databaseURL, "DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
        }
    }

    /// A connection to this cluster's broker, for one thread.
    ///
    /// - Parameter heartbeat: as the URL says when `nil`; zero for one that may be silent for as long as it likes.
    package func broker(_ purpose: String = "test", heartbeat: Duration? = nil) throws -> AMQP.Connection {
        var uri = try AMQPURI(parsing: environment["AMQP_URL"]!)
        if let heartbeat { uri.heartbeat = heartbeat }
        return try AMQP.Connection.open(uri, name: purpose)
    }

    /// A connection to this cluster's database, for one thread.
    package func database() throws -> Postgres.Connection {
        try Postgres.Connection.open(ConnectionSettings(environment["DATABASE_URL"]!))
    }

    /// A number from the database.
    package func number(_ sql: SQL) throws -> Int {
        let database = try database()
        defer { database.close() }
        return try database.query(sql).get(0, 0)
    }

    /// Starts an executable and waits until it says that it is ready.
    @discardableResult
    package func start(_ executable: String, _ changes: [String: String] = [:]) throws -> RunningProcess {
        let process = try launch(executable, changes)
        try process.waitForLine(containing: "\"ready\"")
        return process
    }

    /// Starts an executable and waits for nothing.
    package func launch(
        _ executable: String, _ changes: [String: String] = [:], arguments: [String] = []
    ) throws -> RunningProcess {
        try launch(path: "\(servers.binaries)/\(executable)", changes, arguments: arguments)
    }

    /// Starts a program that is not ours, and waits for nothing.
    package func launch(
        path: String, _ changes: [String: String] = [:], arguments: [String] = []
    ) throws -> RunningProcess {
        let name = path.split(separator: "/").last ?? ""
        let process = try RunningProcess(
            path: path, arguments: arguments,
            environment: own(environment.merging(changes) { $1 }, of: path, arguments),
            log: "\(directory)/\(name)-\(UUID().uuidString.prefix(8)).log")
        processes.withLock { $0.append(process) }
        return process
    }

    /// Runs an executable to its end.
    package func run(
        _ executable: String, _ arguments: [String], input: String? = nil, _ changes: [String: String] = [:]
    ) throws -> FinishedProcess {
        let path = "\(servers.binaries)/\(executable)"
        return try FinishedProcess(
            path: path, arguments: arguments,
            environment: own(environment.merging(changes) { $1 }, of: path, arguments), input: input)
    }

    /// With the process's own role in the database in place of the owner: whatever a test has it do, it does with the
    /// least rights.
    private func own(_ environment: [String: String], of path: String, _ arguments: [String]) -> [String: String] {
        guard hasRoles, path.hasPrefix(servers.binaries + "/"),
            let role = Self.role(of: String(path.dropFirst(servers.binaries.utf8.count + 1)), arguments),
            var url = environment["DATABASE_URL"].flatMap(URLComponents.init(string:)), url.user == "ruche"
        else { return environment }
        url.user = role
        return environment.merging(["DATABASE_URL": url.string!]) { $1 }
    }

    /// `nil` for what is not shipped, and for what belongs to the owner of the schema.
    private static func role(of executable: String, _ arguments: [String]) -> String? {
        if executable == "ruche" { return ["migrate", "verify"].contains(arguments.first) ? nil : "ruche_operator" }
        guard executable == "relay" || Catalogue.executables.contains(where: { $0.name == executable }) else {
            return nil
        }
        return "ruche_" + executable.replacingOccurrences(of: "-", with: "_")
    }

    private func management(_ method: String, _ path: String) throws {
        let url = "\(servers.managementURL)/api/\(path)"
        let result = try FinishedProcess(
            path: "/usr/bin/env",
            arguments: ["curl", "-sSf", "-X", method, "-H", "content-type: application/json", url],
            environment: environment)
        guard result.status == 0 else { throw TestFailure("\(method) \(path): \(result.errors)") }
    }
}

/// Runs `body` with a cluster of its own, and removes it whatever happens.
///
/// - Parameter servers: where it lives; the servers of the run when `nil`.
package func withCluster<R>(on servers: TestServers? = nil, _ body: (Cluster) throws -> R) throws -> R {
    let cluster = try Cluster(servers: servers ?? TestServers.require())
    defer { cluster.remove() }
    try cluster.create()
    return try body(cluster)
}

/// The same for what is asynchronous.
package func withCluster<R>(_ body: (Cluster) async throws -> R) async throws -> R {
    let cluster = try Cluster(servers: TestServers.require())
    defer { cluster.remove() }
    try cluster.create()
    return try await body(cluster)
}
