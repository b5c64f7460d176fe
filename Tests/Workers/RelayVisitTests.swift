import Contracts
import Postgres
import TestSupport
import Testing

@testable import Relay
@testable import Runtime

/// The housekeeping is for one relay at a time, whatever becomes of its connection.
@Suite(.database) struct RelayVisitTests {
    @Test func aVisitEndsWithItsConnection() throws {
        try LeaseDatabase.with(addresses: 0) { base in
            try base.script(
                """
                INSERT INTO audit (at, actor, action, target, changed)
                SELECT now() - interval '400 days', 'x', 'x', 'x', 0 FROM generate_series(1, 10000)
                """)
            let log = Logger(service: "test", version: "0", level: .error, format: .json)
            let duty = Housekeeping(
                horizons: Housekeeping.Horizons(), stop: Stop(), meter: RelayMeter(Metrics()), log: log)
            let left: SQL = "SELECT count(*) FROM audit"
            let first = try base.connect()
            defer { first.close() }
            while try base.value(left) == 10_000 { _ = try duty.pass(first) }
            let kept: Int = try base.value(left)
            #expect(kept > 0, "the visit is in the middle of a table")

            // Its connection is lost, and another relay begins a visit.
            let ended: Bool = try base.value("SELECT pg_terminate_backend(\(first.backendPID), 5000)")
            #expect(ended)
            #expect(throws: PostgresError.self) { try duty.pass(first) }
            let other = try base.connect()
            defer { other.close() }
            #expect(try other.query(HousekeepingStatements.lock).get(0, 0, as: Bool.self))

            let second = try base.connect()
            defer { second.close() }
            var rest = Duration.zero
            while rest < .seconds(60) { rest = try duty.pass(second) }
            #expect(try base.value(left) == kept, "the other one keeps house")

            // When that is over, whoever asks next keeps house to the end.
            _ = try other.query(HousekeepingStatements.unlock)
            let next = Housekeeping(
                horizons: Housekeeping.Horizons(), stop: Stop(), meter: RelayMeter(Metrics()), log: log)
            rest = .zero
            while rest < .seconds(60) { rest = try next.pass(second) }
            #expect(try base.value(left) == 0)
        }
    }
}
