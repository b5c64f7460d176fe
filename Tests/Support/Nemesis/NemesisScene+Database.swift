import Foundation
import Glibc
import Postgres

/// What happens to the database, and to the way there.
extension NemesisScene {
    func strikeDatabase(_ action: NemesisAction, _ random: inout SeededRandom) throws -> NemesisAction.Heal {
        switch action {
        case .restartDatabase: try control("restart")
        case .killDatabase:
            try control("kill")
            return { [self] in try control("start") }
        case .terminateSessions: try terminateSessions()
        case .holdLocks: try holdLocks(&random)
        case .provokeDeadlocks: try provokeDeadlock()
        case .exhaustSessions: return try exhaustSessions(&random)
        case .fillDisk: return try fillDisk(&random)
        case .fillLog: return try fillLog(&random)
        case .freezeSession: return try freezeSession(&random)
        case .delayDatabase, .freezeDatabase, .halfOpenDatabase, .swallowDatabase, .cutDatabase, .refuseDatabase:
            return try strike(database, action, &random)
        default: throw TestFailure("\(action) does not happen to the database")
        }
        return {}
    }

    /// Stops or starts the server, whichever it is.
    func control(_ word: String) throws {
        if let server { try server.run(word) } else { try ServerControl.run("\(word) database") }
    }

    private static let workersSessions = "datname = current_database() AND application_name LIKE '%@%'"

    private func terminateSessions() throws {
        let connection = try cluster.database()
        defer { connection.close() }
        try eventually("there are sessions to end", within: 90) { try terminate(connection) > 0 }
    }

    private func terminate(_ connection: Postgres.Connection) throws -> Int {
        try connection.query(
            SQL(
                script: """
                    SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
                    WHERE \(Self.workersSessions)
                    """)
        ).get(0, 0)
    }

    /// A session that sits idle in its transaction, and others wait for it.
    private func holdLocks(_ random: inout SeededRandom) throws {
        let table = ["job_key", "outbox", "schedule", "probe_effect", "event", "lease"][random.next(below: 6)]
        let isLong = TestServers.isFull && random.next(below: 3) == 0
        let pause = random.pause(upTo: isLong ? 10_000 : 800)
        try lock([table]) { pause() }
    }

    /// A worker that waits for the first of two tables, and has rows of the second, which is wanted then.
    private func provokeDeadlock() throws {
        let before = try deadlocks()
        try lock(["probe_effect", "job_key"]) {}
        try eventually("a deadlock was found", within: 20) { try deadlocks() > before }
    }

    private func deadlocks() throws -> Int {
        try cluster.number("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    }

    /// Locks tables one after the other, the next once somebody waits for the one before. When there is a deadlock, it
    /// is not this session whose patience ends first.
    private func lock(_ tables: [String], _ body: () -> Void) throws {
        let holder = try cluster.database()
        defer { holder.close() }
        try holder.script("SET deadlock_timeout = '60s'; SET statement_timeout = '30s'")
        let tx = holder.begin()
        for (place, table) in tables.enumerated() {
            try tx.execute(SQL(script: "LOCK TABLE \(table) IN EXCLUSIVE MODE"))
            if place == 0 { try awaitBlocked(by: holder) }
        }
        body()
        tx.rollback()
    }

    private func awaitBlocked(by holder: Postgres.Connection) throws {
        let watcher = try cluster.database()
        defer { watcher.close() }
        let holder = Int32(holder.backendPID)
        try eventually("somebody waits for a lock", within: 90) {
            try watcher.query(
                "SELECT count(*) FROM pg_stat_activity WHERE \(holder) = ANY(pg_blocking_pids(pid))"
            ).get(0, 0, as: Int.self) > 0
        }
    }

    /// All sessions that the server takes are somebody else's.
    private func exhaustSessions(_ random: inout SeededRandom) throws -> NemesisAction.Heal {
        let settings = try ConnectionSettings(cluster.environment["DATABASE_URL"]! + "?sslmode=disable")
        let word = "too many clients"
        let before = count(of: word)
        var held: [Postgres.Connection] = []
        func fill() { while let session = try? Postgres.Connection.open(settings) { held.append(session) } }
        do {
            try eventually("somebody is not let in", within: 90) {
                fill()
                if let first = held.first { _ = try terminate(first) }
                fill()
                usleep(100_000)
                return count(of: word) > before
            }
        } catch {
            for session in held { session.close() }
            throw error
        }
        random.pause(upTo: TestServers.isFull ? 8000 : 500)()
        return { for session in held { session.close() } }
    }

    private func fillDisk(_ random: inout SeededRandom) throws -> NemesisAction.Heal {
        guard let server else { throw TestFailure("the server has no disk of its own") }
        let words = ["53100", "No space left", "could not extend"]
        func seen() -> Int { words.map(count(of:)).reduce(0, +) }
        let before = seen()
        try server.fillDisk()
        try eventually("somebody cannot write", within: 40) { seen() > before || !isUp }
        random.pause(upTo: TestServers.isFull ? 8000 : 500)()
        return {
            server.freeDisk()
            try server.run("start")
        }
    }

    /// The server cannot write its log: it ends all sessions, and itself.
    private func fillLog(_ random: inout SeededRandom) throws -> NemesisAction.Heal {
        guard let server else { throw TestFailure("the server has no disk of its own") }
        let writer = try cluster.database()
        defer { writer.close() }
        try server.fillDisk()
        try eventually("the server panics", within: 40) {
            do {
                _ = try writer.query("SELECT pg_logical_emit_message(false, 'nemesis', repeat('x', 2000000))")
                return false
            } catch let error as PostgresError {
                return error.isConnectionLost
            }
        }
        random.pause(upTo: TestServers.isFull ? 8000 : 500)()
        return {
            server.freeDisk()
            try server.run("start")
        }
    }

    /// Whether the server takes sessions.
    private var isUp: Bool {
        guard let session = try? cluster.database() else { return false }
        session.close()
        return true
    }

    /// The server's side of a session stands still, for longer than the batch may take whose session it is.
    private func freezeSession(_ random: inout SeededRandom) throws -> NemesisAction.Heal {
        var process: Int32 = 0
        let draw = random.next(below: 1000)
        try eventually("there is a session", within: 90) {
            let connection = try cluster.database()
            defer { connection.close() }
            let rows = try connection.query(
                """
                SELECT pid FROM pg_stat_activity
                WHERE datname = current_database() AND application_name LIKE 'probe@%' ORDER BY pid
                """)
            guard !rows.isEmpty else { return false }
            process = try rows.get(draw % rows.count, 0)
            return true
        }
        let before = database.counts
        guard kill(process, SIGSTOP) == 0 else { throw TestFailure("a session of the server cannot be stopped") }
        try awaitImpatience(since: before)
        let isLong = TestServers.isFull && random.next(below: 3) == 0
        random.pause(upTo: isLong ? 12_000 : 1000)()
        return { _ = kill(process, SIGCONT) }
    }
}
