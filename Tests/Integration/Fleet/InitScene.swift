import Contracts
import Foundation
import Glibc
import Postgres
import Processes
import Runtime
import TestSupport
import Testing

/// A cluster, and what tests of `init-server` need to talk to it. Its servers are loopback addresses of this machine,
/// behind one SSH server unless it is told others.
final class InitScene {
    /// A row of a provider's list.
    struct Row {
        var ip: String
        var port: Int
        var user = NSUserName()
        var password: String?
        var hostKey = ""
    }

    /// Where the SSH server listens.
    static let addresses = (1...6).map { "127.0.0.\($0)" }

    let cluster: Cluster
    let log: EventLog
    let port: Int
    /// The public key of the SSH server, and one that it has not.
    let hostKey: String, otherHostKey: String
    /// Lines of the private key that the worker is given.
    let keyLines: [String]

    /// - Parameters:
    ///   - key: the private key that the worker is given.
    ///   - hostKeys: the public key of the SSH server, and one that it has not.
    init(_ cluster: Cluster, key: String, port: Int = 22, hostKeys: (String, String) = ("", "")) throws {
        (self.cluster, log) = (cluster, try EventLog(cluster, isPatient: true))
        (self.port, hostKey, otherHostKey) = (port, hostKeys.0, hostKeys.1)
        keyLines = key.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("-----") }
        let file = cluster.directory + "/fleet-key"
        try key.write(toFile: file, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    }

    /// Starts a worker.
    @discardableResult
    func start(_ changes: [String: String] = [:]) throws -> RunningProcess {
        let settings = ["FLEET_KEY_FILE": cluster.directory + "/fleet-key"]
        return try cluster.start("init-server", settings.merging(changes) { $1 })
    }

    /// Imports a list. Returns the id of the import.
    func bring(_ rows: [Row]) throws -> Int {
        let importer = try cluster.start("import-batch")
        defer { _ = importer.terminate() }
        let lines = rows.map { row in
            let cells = [
                row.ip, "false", "2", "2048", "40", row.user, String(row.port),
                row.password == nil ? "KEY" : "PASSWORD", row.password ?? "", row.hostKey,
            ]
            return cells.map { "\"\($0.replacing("\"", with: "\"\""))\"" }.joined(separator: ",")
        }
        let header = "serverIp,isSsl,cores,ramMb,storageGb,sshUser,sshPort,sshAuth,sshPassword,hostKey"
        let command = ImportBatch(session: "a list", csv: ([header] + lines).joined(separator: "\n") + "\n")
        try publish(command, id: "list")
        return try log.outcome(of: "list").decode(BatchImported.self).sessionId
    }

    /// Publishes a command.
    func ask(_ command: InitServer, id: String) throws { try publish(command, id: id) }

    /// By a connection of its own: nobody would answer the broker on it while a run takes minutes.
    private func publish(_ command: some Command, id: String) throws {
        let load = try Load(cluster)
        try load.publish(command, id: id)
        try load.settle()
    }

    /// The completion of a command.
    func completion(of command: InitServer, id: String) throws -> ServersInitialised {
        try ask(command, id: id)
        let event = try log.outcome(of: id, within: 300)
        guard event.kind == .succeeded else { throw TestFailure(String(decoding: event.data, as: UTF8.self)) }
        return try event.decode()
    }

    /// What stands in a column of the servers, in the order of their ids.
    func servers(_ column: String) throws -> [String?] {
        let database = try cluster.database()
        defer { database.close() }
        let rows = try database.query("SELECT (to_jsonb(s) ->> \(column))::text FROM server s ORDER BY id")
        return try (0..<rows.count).map { try rows.get($0, 0) }
    }

    /// Whether the log of the run has no gap, from 1.
    func hasWholeLog(_ id: String) throws -> Bool {
        let key = key(id)
        return try cluster.number(
            """
            SELECT (count(*) = max(number) AND min(number) = 1)::integer::bigint FROM run_event WHERE key = \(key)
            """) == 1
    }

    /// How many lines of a run's log are like this.
    func lines(_ id: String, place: String = "%", step: String = "%", state: String = "%") throws -> Int {
        let key = key(id)
        return try cluster.number(
            """
            SELECT count(*) FROM run_event
            WHERE key = \(key) AND place LIKE \(place) AND step LIKE \(step) AND state LIKE \(state)
            """)
    }

    /// The ledger's key of a command.
    func key(_ id: String) -> UniqueID {
        UniqueID.ledgerKey(InitServer.name.rawValue, Topology.defaultTenant, id)
    }

    /// A text as it is, and as it stands in JSON.
    static func forms(of text: String) -> [String] {
        var writer = JSONWriter()
        writer.write(text)
        return [text, String(decoding: writer.bytes.dropFirst().dropLast(), as: UTF8.self)]
    }

    /// The tables in which a text stands, as it is or in JSON, or as the hexadecimal digits of such a byte string.
    func tables(with text: String) throws -> [String] {
        let database = try cluster.database()
        defer { database.close() }
        // The database's own text of a row would double quotes and backslashes: a row is read as JSON.
        let marks = Self.forms(of: text).flatMap { form in
            let hex = form.utf8.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
            return [Self.forms(of: form)[1], hex]
        }
        let names = try database.query("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
        return try (0..<names.count).map { try names.get($0, 0, as: String.self) }.filter { name in
            let found: Int = try database.query(
                """
                SELECT count(*) FROM \(identifier: name) AS t
                WHERE EXISTS (
                    SELECT FROM unnest(\(marks)) AS m (mark) WHERE position(m.mark IN to_jsonb(t)::text) > 0)
                """
            ).get(0, 0)
            return found > 0
        }
    }

    /// The processes that descend from one.
    static func descendants(of id: Int32) -> Set<Int32> {
        var parents: [Int32: Int32] = [:]
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let process = Int32(name),
                let stat = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8),
                let rest = stat.split(separator: ")").last, let parent = Int32(rest.split(separator: " ")[1])
            else { continue }
            parents[process] = parent
        }
        var found: Set<Int32> = [id]
        while true {
            let more = parents.filter { found.contains($0.value) && !found.contains($0.key) }.keys
            if more.isEmpty { return found.subtracting([id]) }
            found.formUnion(more)
        }
    }

    /// Whether a process is there, and no corpse.
    static func isAlive(_ id: Int32) -> Bool {
        guard let stat = try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8),
            let rest = stat.split(separator: ")").last
        else { return false }
        return !["Z", "X"].contains(rest.split(separator: " ").first)
    }
}

/// Where commands on the servers wait for the test to let them through.
struct SSHGate {
    fileprivate let directory: String
    fileprivate var script: String { directory + "/script" }

    fileprivate init() throws {
        directory = NSTemporaryDirectory() + "/" + TestServers.uniqueName("gate")
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let text = """
            #!/bin/sh
            case $SSH_ORIGINAL_COMMAND in
                *gate-*) while [ ! -e '\(directory)/open' ]; do sleep 0.05; done ;;
            esac
            exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"
            """
        try text.write(toFile: script, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
    }

    /// Lets them through, those that come later too.
    func open() { _ = FileManager.default.createFile(atPath: directory + "/open", contents: nil) }

    fileprivate func remove() {
        open()
        try? FileManager.default.removeItem(atPath: directory)
    }
}

/// Runs `body` with a cluster and an SSH server, and removes both whatever happens. Commands on servers that have
/// `gate-` in them wait until the gate is open.
func withInit(_ body: (InitScene, SSHGate) throws -> Void) async throws {
    let lease = try Lease(
        until: .now + .seconds(3600), executable: TestServers.require().binaries + "/ProcessProbe")
    let gate = try SSHGate()
    defer { gate.remove() }
    let server = try await SSHServer.start(under: lease, on: InitScene.addresses, script: gate.script)
    try withCluster { cluster in
        let scene = try InitScene(
            cluster, key: server.userKey, port: server.port, hostKeys: (server.hostKey, server.otherKey.public))
        try body(scene, gate)
    }
    await lease.end()
}

extension Trait where Self == ConditionTrait {
    /// Needs an SSH server to log in to, and ansible; `scripts/lib/packages --tests` installs both.
    static var logins: Self {
        let hasAnsible = ["/usr/local/bin", "/usr/bin"].contains {
            FileManager.default.isExecutableFile(atPath: "\($0)/ansible-playbook")
        }
        return .enabled(
            if: TestServers.isCI || SSHServer.isThere && hasAnsible && geteuid() == 0,
            "needs ansible, sshd, and to be root")
    }
}
