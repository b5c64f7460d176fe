import Foundation
import Postgres
import Synchronization
import TestSupport
import Testing

@Suite(.database) struct PostgresMigrationTests {
    private static let build = [
        Migration(version: 1, name: "V0001_task.sql", sql: "CREATE TABLE task (id int); CREATE INDEX ON task (id);"),
        Migration(version: 2, name: "V0002_owner.sql", sql: Array("ALTER TABLE task ADD owner text;".utf8)),
    ]

    @Test func pendingMigrationsAreAppliedOnceAndRecorded() throws {
        try withConnection { connection in
            #expect(try Migrations.status(Self.build, on: connection).pending.map(\.version) == [1, 2])
            #expect(try Migrations.apply(Self.build, on: connection).map(\.version) == [1, 2])
            #expect(try Migrations.apply(Self.build, on: connection) == [])
            let status = try Migrations.status(Self.build, on: connection)
            #expect(status.applied.map(\.name) == ["V0001_task.sql", "V0002_owner.sql"])
            #expect(status.pending.isEmpty && status.unknown.isEmpty)
            #expect(try connection.query("SHOW lock_timeout").get(0, 0) == "0")
        }
    }

    @Test func fourStartsAtOnceApplyEachMigrationOnce() throws {
        try withSchema { settings in
            let applied = Mutex(0)
            let threads = (0..<4).map { _ in
                Background {
                    let connection = try Connection.open(settings)
                    let count = try Migrations.apply(Self.build, on: connection).count
                    applied.withLock { $0 += count }
                }
            }
            for thread in threads { try thread.join() }
            #expect(applied.withLock { $0 } == 2)
        }
    }

    @Test func aTextThatHasChangedIsAnErrorThatNamesItsFile() throws {
        try withConnection { connection in
            try Migrations.apply(Self.build, on: connection)
            var changed = Self.build
            changed[0] = Migration(version: 1, name: "V0001_task.sql", sql: "CREATE TABLE task (id bigint)")
            let error = #expect(throws: PostgresError.self) { try Migrations.apply(changed, on: connection) }
            #expect(error?.code == .migration && error?.message.contains("V0001_task.sql") == true)
            #expect(connection.isUsable)
            #expect(throws: PostgresError.self) { try Migrations.status(changed, on: connection) }
        }
    }

    @Test func aNewerVersionInTheDatabaseIsReportedAndIsNoError() throws {
        try withConnection { connection in
            try Migrations.apply(Self.build, on: connection)
            let old = [Self.build[0]]
            #expect(try Migrations.apply(old, on: connection) == [])
            #expect(try Migrations.status(old, on: connection).unknown.map(\.version) == [2])
        }
    }

    @Test func aMigrationThatFailsIsUndoneAndNamedAndTheOnesBeforeItStay() throws {
        try withConnection { connection in
            let bad = Migration(version: 3, name: "V0003_bad.sql", sql: "CREATE TABLE half (); SELECT 1 / 0")
            let error = #expect(throws: PostgresError.self) {
                try Migrations.apply(Self.build + [bad], on: connection)
            }
            #expect(error?.message.hasPrefix("V0003_bad.sql: ") == true)
            let isUndone: Bool = try connection.query("SELECT to_regclass('half') IS NULL").get(0, 0)
            #expect(isUndone)
            #expect(try Migrations.status(Self.build, on: connection).applied.count == 2)
        }
    }

    @Test func aMigrationMayNotEndItsTransaction() throws {
        try withConnection { connection in
            let bad = Migration(version: 1, name: "V0001_bad.sql", sql: "CREATE TABLE half (); COMMIT")
            let error = #expect(throws: PostgresError.self) { try Migrations.apply([bad], on: connection) }
            #expect(error?.code == .misuse && error?.message.contains("V0001_bad.sql") == true)
        }
    }

    @Test func whoWritesWaitsNoLongerThanAMomentForAMigrationThatWaitsForAReader() throws {
        try withSchema { settings in
            let (reader, writer) = (try Connection.open(settings), try Connection.open(settings))
            try reader.execute("CREATE TABLE held (a int)")
            let tx = reader.begin()
            _ = try tx.query("SELECT * FROM held")
            let notes = Mutex<[String]>([])
            let start = Background {
                let migration = Migration(version: 1, name: "V0001_held.sql", sql: "ALTER TABLE held ADD b int")
                let applied = try Migrations.apply([migration], on: Connection.open(settings)) { text in
                    notes.withLock { $0.append(text) }
                }
                #expect(applied.map(\.version) == [1])
            }
            try eventually("it waits for the table") {
                try writer.query("SELECT count(*) FROM pg_locks WHERE relation = 'held'::regclass AND NOT granted")
                    .get(0, 0, as: Int.self) == 1
            }
            try writer.execute("SET lock_timeout = '10s'")
            try writer.execute("INSERT INTO held (a) VALUES (1)")
            try eventually("it says so") { notes.withLock { $0.first?.hasPrefix("V0001_held.sql: ") == true } }
            tx.rollback()
            try start.join()
            let count: Int = try writer.query("SELECT count(*) FROM held WHERE b IS NULL").get(0, 0)
            #expect(count == 1)
        }
    }

    @Test func aMigrationThatIsInADeadlockIsTriedAgain() throws {
        try withSchema { settings in
            let gate = try Connection.open(settings)
            try gate.script("CREATE TABLE one (a int); CREATE TABLE two (a int); SELECT pg_advisory_lock(7)")
            let notes = Mutex<[String]>([])
            let start = Background {
                let sql = "ALTER TABLE one ADD b int; SELECT pg_advisory_xact_lock(7); ALTER TABLE two ADD b int"
                let migration = Migration(version: 1, name: "V0001_both.sql", sql: sql)
                let applied = try Migrations.apply([migration], on: Connection.open(settings)) { text in
                    notes.withLock { $0.append(text) }
                }
                #expect(applied.map(\.version) == [1])
            }
            func waits(_ what: SQL) throws -> Bool { try gate.query(what).get(0, 0, as: Int.self) > 0 }
            try eventually("it has the first table") {
                try waits("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 7 AND NOT granted")
            }
            // The other one never looks for a deadlock, and so is not the one to go.
            let other = Background {
                let user = try Connection.open(settings)
                let tx = user.begin()
                _ = try tx.query("SELECT set_config('deadlock_timeout', '1h', true)")
                _ = try tx.query("SELECT * FROM two")
                _ = try tx.query("SELECT * FROM one")
                _ = try tx.commit()
            }
            try eventually("the other waits for it") {
                try waits("SELECT count(*) FROM pg_locks WHERE relation = 'one'::regclass AND NOT granted")
            }
            try gate.execute("SELECT pg_advisory_unlock(7)")
            try other.join()
            try start.join()
            #expect(notes.withLock { $0.contains { $0.contains("deadlock") } }, "\(notes.withLock { $0 })")
        }
    }

    @Test func whoWaitsTooLongForAnotherStartIsToldSo() throws {
        try withSchema { settings in
            let (holder, waiter) = (try Connection.open(settings), try Connection.open(settings))
            let locked = Migration(version: 1, name: "V0001_lock.sql", sql: "LOCK TABLE held")
            try holder.execute("CREATE TABLE held (a int)")
            let tx = holder.begin()
            try tx.execute("LOCK TABLE held")
            let table = #expect(throws: PostgresError.self) {
                try Migrations.apply([locked], on: waiter, lockTimeout: .seconds(1))
            }
            #expect(table?.sqlState == .lockNotAvailable && table?.message.hasPrefix("V0001_lock.sql") == true)
            #expect(waiter.isUsable)
            tx.rollback()

            let key = try holder.query("SELECT hashtext(current_schema())").get(0, 0, as: Int32.self)
            try holder.execute("SELECT pg_advisory_lock(\(Int32(0x7275_6368)), \(key))")
            let start = #expect(throws: PostgresError.self) {
                try Migrations.apply([locked], on: waiter, lockTimeout: .seconds(1))
            }
            #expect(try waiter.query("SHOW lock_timeout").get(0, 0) == "0")
            #expect(start?.isTransient == true && start?.message.contains("another process") == true)
        }
    }
}
