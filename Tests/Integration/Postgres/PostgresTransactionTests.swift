import Postgres
import TestSupport
import Testing

/// Pipelines, commits and what happens when a statement fails in one.
@Suite(.database) struct PostgresTransactionTests {
    @Test func statementsAreSentTogetherAndTheirResultsComeByTicket() throws {
        try withConnection { connection in
            try connection.execute("CREATE TABLE t (a int UNIQUE)")
            let tx = connection.begin()
            let one = tx.send("INSERT INTO t VALUES (1)")
            let many = tx.send("INSERT INTO t SELECT * FROM generate_series(2, 5) RETURNING a")
            #expect(try tx.query("SELECT count(*) FROM t").get(0, 0) == 5)
            let last = tx.send("SELECT max(a) FROM t")
            let results = try tx.commit()
            #expect(results[one].affected == 1)
            #expect(results[many].count == 4)
            #expect(try results[last].get(0, 0) == 5)
            #expect(connection.isUsable)
        }
    }

    @Test func aTransactionWithoutStatementsCostsNothingAndAnswersNothing() throws {
        try withConnection { connection in
            _ = try connection.begin().commit()
            connection.begin().rollback()
            #expect(connection.isUsable)
        }
    }

    @Test func whatIsRolledBackIsGone() throws {
        try withConnection { connection in
            try connection.execute("CREATE TABLE t (a int)")
            let tx = connection.begin()
            _ = tx.send("INSERT INTO t VALUES (1)")
            tx.rollback()
            #expect(try connection.query("SELECT count(*) FROM t").get(0, 0) == 0)
        }
    }

    @Test func aFailureInTheMiddleOfAPipelineSurfacesAtItsStatementAndEndsTheTransaction() throws {
        try withConnection { connection in
            try connection.execute("CREATE TABLE t (a int UNIQUE)")
            let tx = connection.begin()
            var tickets: [Ticket] = []
            for value in [1, 2, 2, 3, 4] { tickets.append(tx.send("INSERT INTO t VALUES (\(value))")) }
            #expect(failure(receiving: tickets[0], in: tx) == nil)
            let failed = failure(receiving: tickets[2], in: tx)
            #expect(failed?.sqlState == .uniqueViolation && failed?.constraint == "t_a_key")
            #expect(failed?.isTransient == false)
            #expect(failure(receiving: tickets[4], in: tx)?.sqlState == .uniqueViolation)
            let later = tx.send("SELECT 1")
            #expect(failure(receiving: later, in: tx)?.sqlState == .uniqueViolation)
            tx.rollback()
            #expect(connection.isUsable)
            #expect(try connection.query("SELECT count(*) FROM t").get(0, 0) == 0)
        }
    }

    @Test func theErrorNamesTheLineThatSentTheStatement() throws {
        try withConnection { connection in
            let tx = connection.begin()
            _ = tx.send("SELECT 1")
            let line = UInt(#line + 1)
            _ = tx.send("SELECT 1 / 0")
            _ = tx.send("SELECT 2")
            #expect(failure(committing: tx)?.line == line)
        }
    }

    @Test func aCommitOfAnAbortedTransactionIsAnErrorAndNeverASuccess() throws {
        try withConnection { connection in
            try connection.execute("CREATE TABLE t (a int)")
            let queued = connection.begin()
            _ = queued.send("INSERT INTO t VALUES (1)")
            _ = queued.send("SELECT 1 / 0")
            #expect(failure(committing: queued)?.sqlState?.description == "22012")
            #expect(connection.isUsable)

            let known = connection.begin()
            let ticket = known.send("SELECT 1 / 0")
            #expect(failure(receiving: ticket, in: known) != nil)
            #expect(failure(committing: known)?.sqlState?.description == "22012")
            #expect(connection.isUsable)
            #expect(try connection.query("SELECT count(*) FROM t").get(0, 0) == 0)
        }
    }

    @Test(arguments: ["COMMIT", "ROLLBACK", "BEGIN"])
    func aStatementThatEndsTheTransactionByItselfIsAnError(statement: String) throws {
        try withConnection { connection in
            let sent = connection.begin()
            _ = sent.send("SELECT 1")
            _ = sent.send(SQL(script: statement))
            #expect(failure(committing: sent)?.code == .misuse)
            #expect(connection.isUsable)
        }
    }

    @Test func aDeferredConstraintFailsTheCommitInsideATransactionAndOutside() throws {
        try withConnection { connection in
            try connection.script(
                """
                CREATE TABLE a (id int PRIMARY KEY);
                CREATE TABLE b (id int REFERENCES a DEFERRABLE INITIALLY DEFERRED);
                """)
            let tx = connection.begin()
            _ = tx.send("INSERT INTO b VALUES (1)")
            let error = failure(committing: tx)
            #expect(error?.sqlState == .foreignKeyViolation && error?.isOutcomeUnknown == false)
            let alone = #expect(throws: PostgresError.self) { try connection.query("INSERT INTO b VALUES (1)") }
            #expect(alone?.sqlState == .foreignKeyViolation && alone?.isOutcomeUnknown == false)
            #expect(connection.isUsable)
            #expect(try connection.query("SELECT count(*) FROM b").get(0, 0) == 0)
        }
    }

    @Test func aSecondTransactionIsRefusedAndDoesNotDisturbTheFirst() throws {
        try withConnection { connection in
            let first = connection.begin()
            #expect(try first.query("SELECT 1").get(0, 0) == 1)
            #expect(failure(committing: connection.begin())?.code == .misuse)
            #expect(throws: PostgresError.self) { try connection.query("SELECT 1") }
            _ = try first.commit()
            #expect(connection.isUsable && connection.abandonedTransactions == 0)
        }
    }

    @Test func aDroppedTransactionIsRolledBackAndCounted() throws {
        try withConnection { connection in
            try connection.execute("CREATE TABLE t (a int)")
            do {
                let tx = connection.begin()
                _ = tx.send("INSERT INTO t VALUES (1)")
            }
            #expect(connection.abandonedTransactions == 1)
            #expect(try connection.query("SELECT count(*) FROM t").get(0, 0) == 0)
        }
    }

    @Test func aScopeCommitsWhenItReturnsAndRollsBackWhenItThrows() throws {
        try withConnection { connection in
            try connection.execute("CREATE TABLE t (a int)")
            let value = try connection.transaction { (tx) throws(PostgresError) in
                try tx.execute("INSERT INTO t VALUES (1)")
            }
            #expect(value == 1)
            #expect(throws: PostgresError.self) {
                try connection.transaction { (tx) throws(PostgresError) in
                    try tx.execute("INSERT INTO t VALUES (2)")
                    try tx.execute("SELECT 1 / 0")
                }
            }
            #expect(try connection.query("SELECT array_agg(a) FROM t").get(0, 0) == [1])
        }
    }

    @Test func aSavepointUndoesOnlyItsOwn() throws {
        try withConnection { connection in
            try connection.execute("CREATE TABLE t (a int)")
            try connection.transaction { (tx) throws(PostgresError) in
                try tx.execute("INSERT INTO t VALUES (1)")
                do throws(PostgresError) {
                    try tx.savepoint { (tx) throws(PostgresError) in
                        try tx.execute("INSERT INTO t VALUES (2)")
                        try tx.savepoint { (tx) throws(PostgresError) in
                            _ = try tx.execute("INSERT INTO t VALUES (3)")
                        }
                        _ = tx.send("SELECT 1 / 0")
                    }
                } catch {}
                try tx.savepoint { (tx) throws(PostgresError) in _ = try tx.execute("INSERT INTO t VALUES (4)") }
            }
            #expect(try connection.query("SELECT array_agg(a ORDER BY a) FROM t").get(0, 0) == [1, 4])
        }
    }

    @Test func theModeIsStatedInFull() throws {
        try withConnection { connection in
            let isolation: String = try connection.transaction(.serializable) { (tx) throws(PostgresError) in
                try tx.query("SELECT current_setting('transaction_isolation')").get(0, 0)
            }
            #expect(isolation == "serializable")
            let error = #expect(throws: PostgresError.self) {
                try connection.transaction(.snapshot) { (tx) throws(PostgresError) in
                    try tx.execute("CREATE TABLE t (a int)")
                }
            }
            #expect(error?.sqlState == .readOnlyTransaction)
        }
    }

    @Test func aPipelineLargerThanEveryBufferDoesNotDeadlock() throws {
        try withConnection { connection in
            let piece = String(repeating: "x", count: 100_000)
            let tx = connection.begin()
            var tickets: [Ticket] = []
            for number in 0..<100 { tickets.append(tx.send("SELECT \(piece) || \(String(number))")) }
            let results = try tx.commit()
            for (number, ticket) in tickets.enumerated() {
                let text: String = try results[ticket].get(0, 0)
                #expect(text.utf8.count == piece.utf8.count + String(number).utf8.count)
            }
        }
    }
}
