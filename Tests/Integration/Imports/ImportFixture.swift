import AMQP
import Contracts
import Foundation
import Postgres
import Sealing
import TestSupport

/// A cluster with one running `import-batch`, and what tests need to talk to it.
struct ImportFixture {
    let database: Postgres.Connection
    let keys: KeyRing
    private let process: RunningProcess
    private let load: Load
    private let log: EventLog

    fileprivate init(_ cluster: Cluster) throws {
        database = try cluster.database()
        keys = cluster.keys
        load = try Load(cluster)
        log = try EventLog(cluster, binding: "import-batch.*")
        process = try cluster.start("import-batch")
    }

    /// Publishes the command and waits for its outcome.
    func outcome(of command: ImportBatch, for tenant: String = Topology.defaultTenant) throws -> CompletionEvent {
        let id = UUID().uuidString
        try load.publish(ImportBatch.name, id: id, body: command.json()) {
            $0.headers[Topology.tenantHeader] = .string(tenant)
        }
        try load.settle()
        return try log.outcome(of: id, within: 120)
    }

    /// The completion of a command that succeeds.
    func imported(_ command: ImportBatch, for tenant: String = Topology.defaultTenant) throws -> BatchImported {
        let event = try outcome(of: command, for: tenant)
        guard event.kind == .succeeded else { throw TestFailure(String(decoding: event.data, as: UTF8.self)) }
        return try BatchImported(json: event.data)
    }

    /// The reason of a command that is refused.
    func refused(_ command: ImportBatch, for tenant: String = Topology.defaultTenant) throws -> Reason {
        let event = try outcome(of: command, for: tenant)
        guard event.kind == .refused else { throw TestFailure("\(event.kind), not refused") }
        return try Reason(json: event.data)
    }

    /// The most memory the worker has had so far, in MiB.
    func peakMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process.id)/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        guard let kilobytes = line?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw TestFailure("no VmHWM")
        }
        return kilobytes / 1024
    }
}

/// Runs `body` with a running `import-batch` and a database of its own.
func withImporter(_ body: (ImportFixture) throws -> Void) throws {
    try withCluster { cluster in
        let fixture = try ImportFixture(cluster)
        defer { fixture.database.close() }
        try body(fixture)
    }
}
