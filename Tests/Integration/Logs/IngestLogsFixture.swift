import AMQP
import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport

/// A cluster that takes in logs, and what tests need to talk to it.
struct IngestLogsFixture {
    let cluster: Cluster
    let database: Postgres.Connection
    let load: Load
    let log: EventLog

    fileprivate init(_ cluster: Cluster) throws {
        self.cluster = cluster
        database = try cluster.database()
        load = try Load(cluster)
        log = try EventLog(cluster, binding: "ingest-logs.*")
    }

    /// A message of lines, spread over streams of their own hosts.
    static func message(_ lines: some Sequence<String>, hosts: Int = 1, at time: Timestamp = .now) -> IngestLogs {
        let start = time.microseconds * 1000
        return IngestLogs(
            records: lines.enumerated().map { number, line in
                LogRecord(
                    LogEntry(time: start + Int64(number), line: LogText(line)), host: "host-\(number % hosts)",
                    service: "shop")
            })
    }

    /// Publishes a message without an id, as log shippers do.
    func publishNameless(_ body: [UInt8]) throws { try load.publish(IngestLogs.name, id: nil, body: body) }

    /// Publishes bytes and returns what became of them.
    func ingested(_ id: String, _ body: [UInt8]) throws -> LogsIngested {
        try load.publish(IngestLogs.name, id: id, body: body)
        let event = try log.outcome(of: id)
        guard event.kind == .succeeded else { throw TestFailure(String(decoding: event.data, as: UTF8.self)) }
        return try LogsIngested(json: event.data)
    }

    /// How often each line is stored.
    func stored() throws -> [String: Int] {
        let rows = try database.query("SELECT line, count(*) FROM log_chunk, unnest(lines) AS line GROUP BY 1")
        var counts: [String: Int] = [:]
        for row in 0..<rows.count { counts[try rows.get(row, 0)] = try rows.get(row, 1) }
        return counts
    }

    /// How many lines the counters know.
    func counted() throws -> Int { try cluster.number("SELECT coalesce(sum(entries), 0)::bigint FROM log_count") }

    /// How many lines the chunks have.
    func kept() throws -> Int { try cluster.number("SELECT coalesce(sum(entries), 0)::bigint FROM log_chunk") }
}

/// Runs `body` with a cluster of its own.
func withLogs(_ body: (IngestLogsFixture) throws -> Void) throws {
    try withCluster { cluster in
        let fixture = try IngestLogsFixture(cluster)
        defer { fixture.database.close() }
        try body(fixture)
    }
}
