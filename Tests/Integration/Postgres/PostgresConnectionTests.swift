import Foundation
import Postgres
import Synchronization
import TestSupport
import Testing

/// Lost connections, cancels, notifications, prepared statements.
@Suite(.database) struct PostgresConnectionTests {
    @Test func aBackendThatIsTerminatedInATransactionLosesTheConnection() throws {
        try withSchema { settings in
            let (victim, killer) = (try Connection.open(settings), try Connection.open(settings))
            let tx = victim.begin()
            #expect(try tx.query("SELECT 1").get(0, 0) == 1)
            try killer.terminate(victim.backendPID)
            let error = failure(receiving: tx.send("SELECT 2"), in: tx)
            #expect(error?.isConnectionLost == true && error?.isTransient == true)
            #expect(error?.isOutcomeUnknown == false)
            #expect(failure(committing: tx)?.isOutcomeUnknown == false)
            #expect(!victim.isUsable)
            #expect(throws: PostgresError.self) { try victim.query("SELECT 1") }
        }
    }

    @Test func aConnectionLostWhileCOMMITRunsLeavesTheOutcomeUnknown() throws {
        try withSchema { settings in
            let (victim, killer) = (try Connection.open(settings), try Connection.open(settings))
            try victim.script(
                """
                CREATE TABLE t (a int);
                CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
                    'BEGIN PERFORM pg_sleep(60); RETURN NULL; END';
                CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED
                    FOR EACH ROW EXECUTE FUNCTION dawdle();
                """)
            let pid = victim.backendPID
            let thread = Background {
                let killer = try Connection.open(settings)
                try killer.wait(
                    until:
                        "SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = \(pid) UNION ALL SELECT false")
                try killer.terminate(pid)
            }
            let tx = victim.begin()
            _ = tx.send("INSERT INTO t VALUES (1)")
            let error = failure(committing: tx)
            try thread.join()
            #expect(error?.isConnectionLost == true && error?.isOutcomeUnknown == true)
            #expect(error.map { "\($0)".contains("outcome unknown") } == true)
            #expect(try killer.query("SELECT count(*) FROM t").get(0, 0) == 0)
        }
    }

    @Test func anIdleConnectionThatWasClosedByTheServerIsNotUsable() throws {
        try withSchema { settings in
            let (victim, killer) = (try Connection.open(settings), try Connection.open(settings))
            #expect(victim.isUsable)
            try killer.terminate(victim.backendPID)
            #expect(!victim.isUsable)
        }
    }

    @Test func aServerThatIsNotThereIsATransientError() throws {
        let settings = try ConnectionSettings("host=127.0.0.1 port=1 user=x dbname=x")
        let error = #expect(throws: PostgresError.self) { try Connection.open(settings) }
        #expect(error?.isConnectionLost == true && error?.isTransient == true)
    }

    @Test func aServerThatStaysSilentIsGivenUp() throws {
        try withSchema { settings in
            var settings = settings
            settings.responseTimeout = .milliseconds(200)
            let connection = try Connection.open(settings)
            let error = #expect(throws: PostgresError.self) { try connection.query("SELECT pg_sleep(1)") }
            #expect(error?.isConnectionLost == true)
            #expect(!connection.isUsable)
        }
    }

    @Test func aClosedConnectionRefusesEverything() throws {
        try withConnection { connection in
            let canceller = connection.canceller
            connection.close()
            #expect(!connection.isUsable)
            #expect(throws: PostgresError.self) { try connection.query("SELECT 1") }
            #expect(!canceller.cancel())
            connection.close()
        }
    }

    @Test func aStatementIsCancelledFromAnotherThread() throws {
        try withSchema { settings in
            let connection = try Connection.open(settings)
            let (pid, canceller) = (connection.backendPID, connection.canceller)
            let thread = Background {
                let watcher = try Connection.open(settings)
                try watcher.wait(
                    until:
                        "SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = \(pid) UNION ALL SELECT false")
                #expect(canceller.cancel())
            }
            let error = #expect(throws: PostgresError.self) { try connection.query("SELECT pg_sleep(60)") }
            try thread.join()
            #expect(error?.code == .cancelled && error?.isTransient == true && error?.isConnectionLost == false)
            #expect(connection.isUsable)
        }
    }

    @Test func aStatementThatTakesTooLongIsNotACancelOfOurs() throws {
        try withConnection { connection in
            try connection.execute("SET statement_timeout = '20ms'")
            let error = #expect(throws: PostgresError.self) { try connection.query("SELECT pg_sleep(60)") }
            #expect(error?.code == .server && error?.sqlState == .queryCanceled && error?.isTransient == false)
        }
    }

    @Test func notificationsArriveAndAWakeupEndsTheWait() throws {
        try withSchema { settings in
            let (listener, sender) = (try Connection.open(settings), try Connection.open(settings))
            try listener.listen("Ünïque \"channel\"")
            #expect(try listener.notifications(waitingUpTo: .zero) == [])
            try sender.execute("SELECT pg_notify('Ünïque \"channel\"', \("hello"))")
            let arrived = try listener.notifications(waitingUpTo: .seconds(30))
            #expect(arrived.map(\.payload) == ["hello"])
            #expect(arrived.map(\.channel) == ["Ünïque \"channel\""])
            #expect(arrived.map(\.backendPID) == [sender.backendPID])

            let pipe = Pipe()
            try pipe.fileHandleForWriting.write(contentsOf: Data([1]))
            let wakeup = pipe.fileHandleForReading.fileDescriptor
            #expect(try listener.notifications(waitingUpTo: .seconds(600), wakeup: wakeup) == [])

            try sender.terminate(listener.backendPID)
            let error = #expect(throws: PostgresError.self) {
                try listener.notifications(waitingUpTo: .seconds(30))
            }
            #expect(error?.isConnectionLost == true)
        }
    }

    @Test func theSessionKeepsTwoHundredPreparedStatements() throws {
        try withConnection { connection in
            for number in 0..<300 {
                try connection.execute(SQL(script: "SELECT \(number)"))
            }
            let count: SQL = "SELECT count(*) FROM pg_prepared_statements"
            // The first time it is prepared itself, and the one it replaces is given up behind it.
            try connection.execute(count)
            #expect(try connection.query(count).get(0, 0) == 200)
        }
    }

    @Test func aPlanThatWentStaleIsMadeAnewOutsideATransactionAndIsTransientInside() throws {
        try withConnection { connection in
            try connection.execute("CREATE TABLE t (a int)")
            #expect(try connection.query("SELECT * FROM t").columnNames == ["a"])
            try connection.execute("ALTER TABLE t ADD b int")
            #expect(try connection.query("SELECT * FROM t").columnNames == ["a", "b"])
            try connection.execute("ALTER TABLE t ADD c int")
            let tx = connection.begin()
            let error = failure(receiving: tx.send("SELECT * FROM t"), in: tx)
            tx.rollback()
            #expect(error?.sqlState == .featureNotSupported && error?.isTransient == true)
            #expect(
                try connection.transaction { (tx) throws(PostgresError) in
                    try tx.query("SELECT * FROM t").columnNames
                } == ["a", "b", "c"])
        }
    }

    @Test func aSessionThatLostItsStatementsPreparesThemAgain() throws {
        try withConnection { connection in
            #expect(try connection.query("SELECT \(1)").get(0, 0) == 1)
            try connection.script("DEALLOCATE ALL")
            #expect(try connection.query("SELECT \(2)").get(0, 0) == 2)
        }
    }

    @Test func aStatementThatCannotBePreparedLeavesTheConnectionUsable() throws {
        try withConnection { connection in
            for _ in 0..<2 {
                let error = #expect(throws: PostgresError.self) { try connection.query("SELEC \(1)") }
                #expect(error?.sqlState?.description == "42601")
            }
            #expect(connection.isUsable)
        }
    }

    @Test func aScriptRunsManyStatementsAndMayNotLeaveATransactionOpen() throws {
        try withConnection { connection in
            try connection.script("CREATE TABLE t (a int); INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)")
            #expect(try connection.query("SELECT count(*) FROM t").get(0, 0) == 2)
            #expect(throws: PostgresError.self) { try connection.script("INSERT INTO t VALUES (3); SELECT 1 / 0") }
            let error = #expect(throws: PostgresError.self) { try connection.script("BEGIN; SELECT 1") }
            #expect(error?.code == .misuse)
            #expect(try connection.query("SELECT count(*) FROM t").get(0, 0) == 2)
        }
    }

    @Test func whatCannotRunInATransactionRunsAlone() throws {
        try withConnection { connection in
            try connection.execute("CREATE TABLE t (a int)")
            try connection.execute("VACUUM t")
            #expect(connection.serverVersion >= 150_000)
        }
    }

    @Test func aCOPYThatIsSentAsAStatementEndsTheConnectionInsteadOfHanging() throws {
        try withConnection { connection in
            try connection.execute("CREATE TABLE t (a int)")
            let error = #expect(throws: PostgresError.self) { try connection.query("COPY t FROM STDIN") }
            #expect(error?.code == .misuse)
            #expect(!connection.isUsable)
        }
    }

    @Test func sessionSettingsAreInPlaceBeforeTheFirstStatement() throws {
        try withSchema { settings in
            var settings = settings
            settings.session.append(("ruche.note", "a b\\c"))
            let connection = try Connection.open(settings)
            #expect(try connection.query("SELECT current_setting('ruche.note')").get(0, 0) == "a b\\c")
            #expect(try connection.query("SHOW application_name").get(0, 0) == "ruche-tests")
        }
    }
}

/// A thread whose error is thrown where it is joined.
final class Background: Sendable {
    private let done = DispatchSemaphore(value: 0)
    private let failure = Mutex<(any Error)?>(nil)

    init(_ body: @escaping @Sendable () throws -> Void) {
        Thread { [self] in
            do { try body() } catch { failure.withLock { $0 = error } }
            done.signal()
        }.start()
    }

    func join() throws {
        done.wait()
        if let error = failure.withLock({ $0 }) { throw error }
    }
}
