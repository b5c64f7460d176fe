import Contracts
@testable import Runtime
import TestSupport
import Testing

/// A database of one test with the whole schema, some addresses, and what runs lease workers on it without a broker.
final class LeaseDatabase: Sendable {
    static let keys = KeyRing.generate()
    private let name: String

    private init() throws {
        name = TestServers.uniqueName("lease")
        try SchemaDatabase.make(name)
    }

    /// Runs `body` with a database of its own, and removes it whatever happens.
    static func with(addresses count: Int, _ body: (LeaseDatabase) throws -> Void) throws {
        let database = try LeaseDatabase()
        defer {
            try? TestServers.administer(
                TestServers.requireDatabaseURL(), "DROP DATABASE IF EXISTS \(database.name) WITH (FORCE)")
        }
        try database.addAddresses(count)
        try body(database)
    }

    /// A connection with the settings the executable has.
    func connect() throws -> Connection {
        var settings = try ConnectionSettings(
            TestServers.url(TestServers.requireDatabaseURL(), path: name))
        settings.session = [("plan_cache_mode", "force_generic_plan")]
        settings.session += ["seqscan", "bitmapscan", "hashjoin", "mergejoin"].map { ("enable_\($0)", "off") }
        return try Connection.open(settings)
    }

    /// Servers 1 to `count`, with as many cores as their number, a GiB each, and every other one from "even".
    private func addAddresses(_ count: Int) throws {
        try script(
            """
            INSERT INTO session (tenant, name, content, job, inserted, updated, unchanged, rejected)
            VALUES ('default', 'test', '', '\(UniqueID.zero)', 0, 0, 0, 0);
            INSERT INTO server (tenant, session, ip, ssh_port, is_ssl, cores, ram_mb, storage_gb, ssh_user, ssh_auth)
            SELECT 'default', 1, '10.0.0.0'::inet + i, 22, false, i, 1024 * i, 10, 'root', 'KEY'
            FROM generate_series(1, \(count)) AS i ORDER BY i;
            INSERT INTO address (tenant, ip, server, cores, ram_mb, provider)
            SELECT tenant, ip, id, cores, ram_mb, CASE id % 2 WHEN 0 THEN 'even' ELSE 'odd' END FROM server;
            """)
    }

    /// Statements on a connection of their own.
    func script(_ text: String) throws {
        let connection = try connect()
        defer { connection.close() }
        try connection.script(text)
    }

    /// The only cell of a statement's answer.
    func value<T: PostgresDecodable>(_ sql: SQL, as _: T.Type = T.self) throws -> T {
        let connection = try connect()
        defer { connection.close() }
        return try connection.query(sql).get(0, 0)
    }

    /// Waits until so many sessions wait for a lock in this database.
    func waitForBlocked(_ count: Int = 1) throws {
        let connection = try connect()
        defer { connection.close() }
        try eventually("\(count) sessions wait for a lock") {
            try connection.query(
                """
                SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'
                """
            ).get(0, 0, as: Int.self) >= count
        }
    }
}

/// What one transaction of a worker came to.
struct LeaseRun<Completion: Message> {
    let endings: [JobEnding<Completion>]
    /// What it scheduled: due, by name; the message ids end with 16 random digits.
    let deadlines: [String: Timestamp]
    /// What it took back.
    let withdrawn: [UniqueID]

    /// The completions; an ending of another kind is an error.
    func completions() throws -> [Completion] { try endings.map { try $0.get() } }

    /// The reason codes, empty for what succeeded.
    var reasons: [String] {
        endings.map { if case .failure(let rejection) = $0 { rejection.reason.reason } else { "" } }
    }
}

extension Connection {
    /// How many rows of a table were fetched through its indexes since the database was made.
    func fetched(from table: String) throws -> Int {
        _ = try query("SELECT pg_stat_force_next_flush()")
        return try query("SELECT idx_tup_fetch FROM pg_stat_user_tables WHERE relname = \(table)").get(0, 0)
    }

    /// Runs a worker as the runtime does: in one transaction, which commits.
    ///
    /// The keys are random and ascend, so the commands are handled in the order given.
    func run<W: BatchWorker>(
        _ worker: W, _ commands: [W.Input], tenant: String = "default", id: String? = nil
    ) throws -> LeaseRun<W.Input.Completion> {
        let keys = commands.map { _ in UniqueID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max)) }.sorted()
        let jobs = zip(keys, commands).map { key, command in
            Job(key: key, id: id ?? "\(key)", tenant: tenant, attempt: 1, command: command)
        }
        let work = UnitOfWork(now: .now, keys: LeaseDatabase.keys)
        let tx = Transaction(base: begin(), work: work)
        let endings = try worker.handle(jobs, in: tx)
        _ = try tx.commit(nil)
        return LeaseRun(
            endings: endings,
            deadlines: Dictionary(
                uniqueKeysWithValues: work.plans.deadlines.map { (String($0.messageID.dropLast(17)), $0.dueAt) }),
            withdrawn: work.plans.withdrawn)
    }
}
