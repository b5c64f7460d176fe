import Contracts
import TestSupport
import Testing

@testable import CLI
@testable import Runtime

/// A follower that is slow enough to meet chunks that were merged since it saw them.
@Suite(.servers) struct CLILogsFollowerTests {
    private func withFollower(_ body: (Connection, Connection, inout LogFollower) throws -> Void) throws {
        try LeaseDatabase.with(addresses: 0) { database in
            let connection = try database.connect()
            defer { connection.close() }
            let other = try database.connect()
            defer { other.close() }
            try connection.script(
                "SET jit = off; INSERT INTO log_stream (tenant, hash, labels) VALUES "
                    + "('default', gen_random_uuid(), '{\"host\": \"a\"}')")
            var follower = try LogFollower(LogFilter(Invocation(Verb.logs, ["host=a"])), since: nil, other)
            follower.settling = .zero
            try body(connection, other, &follower)
        }
    }

    /// Stores a chunk of so many lines; each says the chunk and its place.
    private func store(_ connection: Connection, _ chunk: Int, lines: Int = 1) throws {
        try connection.execute(
            """
            INSERT INTO log_chunk (id, stream, first_at, last_at, entries, bytes, at, level, lines)
            SELECT \(Int64(chunk)), s.id, 1, 1, count(*), 1, array_agg(1::bigint), array_agg('i'::"char"),
                array_agg(\(String(chunk)) || '.' || n)
            FROM log_stream s, generate_series(1, \(Int32(lines))) AS n GROUP BY s.id
            """)
    }

    /// What the relay does with small chunks.
    private func merge(_ connection: Connection, _ chunks: [Int64]) throws {
        try connection.execute(
            """
            WITH gone AS (DELETE FROM log_chunk WHERE id = ANY(\(chunks)) RETURNING *)
            INSERT INTO log_chunk (id, stream, first_at, last_at, arrived_at, entries, bytes, at, level, lines)
            SELECT max(id), stream, 1, 1, max(arrived_at), count(*), 1, array_agg(e.at), array_agg(e.level),
                array_agg(e.line) FROM gone, unnest(at, level, lines) AS e (at, level, line) GROUP BY stream
            """)
    }

    /// Other roles' sessions show neither when their transactions began nor that they have one.
    @Test func whoMayNotSeeOtherSessionsLooksBackTenMinutes() throws {
        try withFollower { connection, _, _ in
            func minutes() throws -> Double {
                let horizon = try LogFollower.horizon(connection)
                return (Timestamp.now - horizon) / .seconds(60)
            }
            #expect(try abs(minutes() - 1) < 0.5)
            // Any role without rights of its own; it ends with the session.
            let role = TestServers.uniqueName("reader")
            try connection.script("CREATE ROLE \(role); SET ROLE \(role)")
            let hidden = Result { try minutes() }
            try connection.script("RESET ROLE; GRANT pg_read_all_stats TO \(role); SET ROLE \(role)")
            let seen = Result { try minutes() }
            try connection.script("RESET ROLE; DROP ROLE \(role)")
            #expect(try abs(hidden.get() - 10) < 0.5)
            #expect(try abs(seen.get() - 1) < 0.5)
        }
    }

    @Test func whatWasMergedBetweenTwoLooksIsPrintedAtLeastOnce() throws {
        try withFollower { connection, database, follower in
            var printed: [String] = []
            try store(connection, 1)
            try follower.look(database) { printed += $0.map(\.line) }
            try store(connection, 2)
            try merge(connection, [1, 2])
            try follower.look(database) { printed += $0.map(\.line) }
            try follower.look(database) { printed += $0.map(\.line) }
            #expect(printed.sorted() == ["1.1", "1.1", "2.1"])
        }
    }

    @Test func whatIsMergedDuringALookIsPrintedByTheNext() throws {
        try withFollower { connection, database, follower in
            var printed: [String] = []
            try store(connection, 1, lines: 3000)
            try store(connection, 2)
            var failure: (any Error)?
            var isFirst = true
            try follower.look(database) {
                printed += $0.map(\.line)
                guard isFirst else { return }
                isFirst = false
                // The second chunk is known to the look and not read yet.
                do {
                    try store(connection, 3)
                    try merge(connection, [2, 3])
                } catch {
                    failure = error
                }
            }
            #expect(failure == nil)
            #expect(printed.count == 3000)
            try follower.look(database) { printed += $0.map(\.line) }
            #expect(printed.count == 3002)
            #expect(Set(printed).isSuperset(of: ["2.1", "3.1"]))
            try follower.look(database) { printed += $0.map(\.line) }
            #expect(printed.count == 3002)
        }
    }
}
