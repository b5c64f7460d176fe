import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// What lies in the schedule while editions change.
extension UpgradeScene {
    private static let late = "late"
    private static let brief = "brief"

    /// Has a worker leave a retry and a deadline in the schedule, and keeps them there.
    func leaveWaiting(in stream: LeaseStream) throws {
        let database = try cluster.database()
        defer { database.close() }
        try database.script(
            """
            CREATE FUNCTION not_yet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not yet'; END $$;
            CREATE TRIGGER not_yet BEFORE INSERT ON lease FOR EACH ROW WHEN (NEW.holder = '\(Self.late)')
                EXECUTE FUNCTION not_yet();
            """)
        stream.ask([Self.late, Self.brief])
        try eventually("there is a retry to be kept") {
            try database.query(
                """
                WITH kept AS (
                    UPDATE schedule SET due_at = now() + interval '1 day' WHERE command = 'lease-ip' RETURNING 1
                ) SELECT count(*) FROM kept
                """
            ).get(0, 0, as: Int.self) > 0
        }
        try eventually("there is a deadline") { try deadlines() == 1 }
    }

    /// Whether they are still there.
    func expectWaiting() throws {
        #expect(try deadlines() == 1)
        #expect(try cluster.number("SELECT count(*) FROM schedule WHERE command = 'lease-ip'") == 1)
    }

    /// Lets them come due, and waits for what becomes of them: the retry is granted, and the lease ends.
    func letThemCome() throws {
        let database = try cluster.database()
        defer { database.close() }
        try database.script(
            """
            DROP TRIGGER not_yet ON lease;
            UPDATE lease SET expires_at = now() WHERE holder = '\(Self.brief)';
            UPDATE schedule SET due_at = now() WHERE command = 'lease-ip'
                OR subject = (SELECT id FROM lease WHERE holder = '\(Self.brief)');
            """)
        try eventually("the retry succeeds") {
            try cluster.number("SELECT count(*) FROM lease WHERE holder = \(Self.late)") == 1
        }
        try eventually("the lease has ended") {
            try cluster.number("SELECT count(*) FROM lease WHERE holder = \(Self.brief) AND ended_by = 'expired'") == 1
        }
        let attempts = try cluster.number(
            "SELECT max(attempt)::bigint FROM job WHERE command = 'lease-ip' AND state = 's'")
        #expect(attempts > 1, "it was a retry")
    }

    private func deadlines() throws -> Int {
        try cluster.number(
            "SELECT count(*) FROM schedule WHERE subject IN (SELECT id FROM lease WHERE holder = \(Self.brief))")
    }
}
