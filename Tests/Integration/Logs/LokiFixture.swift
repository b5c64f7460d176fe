import Contracts
import Foundation
import Postgres
import TestSupport

/// A cluster whose lines go to a Loki, and that Loki.
struct LokiFixture {
    let logs: IngestLogsFixture
    let loki: FakeLoki

    /// Starts a worker that pushes there.
    @discardableResult
    func start(_ changes: [String: String] = [:]) throws -> RunningProcess {
        try logs.cluster.start("ingest-logs", loki.settings.merging(changes) { $1 })
    }

    /// Publishes messages of some lines each, with ids, and times if they are to have some.
    func publish(_ messages: Range<Int>, lines: Int = 10, timed: Bool = true) throws {
        for message in messages {
            var command = IngestLogsFixture.message((0..<lines).map { "line \(message) \($0)" }, hosts: 3)
            if !timed { for place in 0..<lines { command.records?[place].entry.time = nil } }
            try logs.load.publish(IngestLogs.name, id: "\(message)", body: command.json())
        }
        try logs.load.settle()
    }

    /// How often each line is there, whatever its labels and time.
    func kept() throws -> [String: Int] {
        Dictionary(try loki.state().lines.map { ($0.line, 1) }, uniquingKeysWith: +)
    }

    /// Whether the worker says that it is ready.
    func isReady(_ worker: RunningProcess) throws -> Bool { try worker.get("readyz").status == 200 }

    /// Waits until all commands have succeeded.
    func succeed(_ count: Int, within seconds: Int = 60) throws {
        try logs.log.receive(within: seconds) { $0.outcomes.count == count }
        guard logs.log.summary == [.succeeded: count] else { throw TestFailure("\(logs.log.summary)") }
    }

    /// How often a command's attempt was counted at most.
    func attempts() throws -> Int {
        try logs.cluster.number("SELECT coalesce(max(attempt), 0)::bigint FROM job_key")
    }
}

/// Runs `body` with a cluster and a Loki of its own; whatever happened, Loki was spoken to correctly.
func withLoki(tls: TestTLS? = nil, _ body: (LokiFixture) throws -> Void) throws {
    try withLogs { logs in
        let fixture = LokiFixture(logs: logs, loki: try FakeLoki(tls: tls))
        try body(fixture)
        let violations = try fixture.loki.state().violations
        guard violations.isEmpty else { throw TestFailure("\(violations)") }
    }
}
