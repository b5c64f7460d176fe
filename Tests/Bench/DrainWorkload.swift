import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport

/// What lies in a queue when a worker is started.
enum DrainWorkload: String, CaseIterable {
    /// An address for each command: admission, effect, detail, event, outbox, and the end of the lease scheduled.
    case lease
    /// The ledger and the event, and an effect that finds nothing to do: the expiry of an edited task.
    case noop
    /// A hundred lines of logs a command.
    case ingest
    /// A place for each command by the tests' own worker: free-form, one command at a time in a shared transaction. Of
    /// the workers that are shipped the free-form ones are for long commands.
    case freeForm = "free-form"

    /// The executable, and the command that it is sent.
    var executable: String {
        switch self {
        case .lease: "lease-ip"
        case .noop: "expire-task"
        case .ingest: "ingest-logs"
        case .freeForm: "ProbeWorker"
        }
    }

    var command: CommandName {
        switch self {
        case .lease: LeaseIP.name
        case .noop: ExpireTask.name
        case .ingest: IngestLogs.name
        case .freeForm: Cluster.probe
        }
    }

    /// What it is started with.
    var settings: [String: String] {
        ["LOG_LEVEL": "warning"].merging(self == .freeForm ? ["PROBE_CAP": "none"] : [:]) { $1 }
    }

    /// Commands in a run of scale 1.
    var count: Int { self == .ingest ? 4000 : 60_000 }

    /// What the rate counts, for each command.
    var units: Int { self == .ingest ? Self.lines : 1 }

    private static let lines = 100
    private static let task = UniqueID(high: 0x0199_0000_0000_7000, low: 0x8000_0000_0000_0001)
    private static let holders = 97

    /// Puts into the database what the commands need, as it is after a while of operation: vacuumed and analysed.
    func prepare(_ cluster: Cluster, for count: Int) throws {
        let database = try cluster.database()
        defer { database.close() }
        switch self {
        case .lease: try cluster.addServers(count)
        case .noop:
            try database.script(
                """
                INSERT INTO task (id, tenant, owner, title, description, place, due_at, zone, utc_offset, version,
                    changed_at)
                VALUES ('\(Self.task)', 'default', 'bench', 'edited', '', '', now() + interval '1 day', 'UTC', 0, 2,
                    now())
                """)
        case .ingest: break
        case .freeForm:
            try cluster.prepareProbe()
            // A fifth of them is lent in the end, so that a free one is near.
            try database.script(
                """
                CREATE TABLE probe_place (place bigint PRIMARY KEY, job uuid);
                INSERT INTO probe_place SELECT n * ((1::bigint << 32) / \(5 * count))
                FROM generate_series(1, \(5 * count)) n;
                CREATE INDEX ON probe_place (place) WHERE job IS NULL
                """)
        }
        try database.script("VACUUM ANALYZE")
        try database.script("CHECKPOINT")
    }

    /// The payload of one command.
    func body(_ number: Int) -> [UInt8] {
        switch self {
        case .lease: LeaseIP(holder: "bench-\(number % Self.holders)", ttlSeconds: 3600).json()
        case .noop: ExpireTask(taskId: Self.task, version: 1).json()
        case .ingest: Self.logs(number)
        case .freeForm: Cluster.probe("lend")
        }
    }

    /// What must be there afterwards and is not; nothing when all is exact.
    func imbalances(_ cluster: Cluster, count: Int) throws -> [String] {
        let database = try cluster.database()
        defer { database.close() }
        var expected: [(String, SQL, Int)] = [
            ("keys", "SELECT count(*) FROM job_key WHERE state = 's'", count),
            ("jobs", "SELECT count(*) FROM job WHERE state = 's'", count),
            ("events", "SELECT count(*) FROM event", count), ("outbox", "SELECT count(*) FROM outbox", 0),
        ]
        switch self {
        case .lease:
            expected.append(("leases", "SELECT count(DISTINCT ip) FROM lease", count))
            expected.append(("deadlines", "SELECT count(*) FROM schedule", count))
        case .noop: expected.append(("open tasks", "SELECT count(*) FROM task WHERE state = 'open'", 1))
        case .ingest:
            expected.append(("lines", "SELECT coalesce(sum(entries), 0)::bigint FROM log_chunk", count * Self.lines))
        case .freeForm:
            expected.append(("places", "SELECT count(DISTINCT job) FROM probe_place", count))
            expected.append(("effects", "SELECT count(*) FROM probe_effect", count))
        }
        return try expected.compactMap { name, sql, wanted in
            let found: Int = try database.query(sql).get(0, 0)
            return found == wanted ? nil : "\(found) \(name) instead of \(wanted)"
        }
    }

    /// Lines of four services on a host, as the reference kit writes them: 100 a message, about 21 kB.
    private static func logs(_ number: Int) -> [UInt8] {
        let services = ["nginx", "checkout", "sshd", "relay"]
        let levels = ["info", "info", "info", "debug", "warn", "error"]
        let now = Timestamp.now.microseconds
        let records = (0..<lines).map { line in
            let place = number &* lines &+ line
            let time = Timestamp(microseconds: now + Int64(line)).rfc3339
            return """
                {"ts":"\(time)","level":"\(levels[place % levels.count])","host":"web-\(number % 10)",\
                "service":"\(services[place % services.count])","line":"request \(place) of user u\(place % 9000) took \
                \(place % 800) ms, status \(place % 37 == 0 ? 500 : 200), path /product/\(place % 5000)"}
                """
        }
        return Array("{\"records\":[\(records.joined(separator: ","))]}".utf8)
    }
}
