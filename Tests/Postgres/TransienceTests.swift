import Testing

@testable import Postgres

/// The table that decides what is tried again.
@Suite struct TransienceTests {
    @Test(arguments: [
        "08000", "08003", "08006", "08001", "08007", "25006", "25P03", "26000", "40001", "40003", "40P01", "53000",
        "53100", "53200", "53300", "55P03", "57P01", "57P02", "57P03", "57P05", "58000", "58030",
    ])
    func `What an operator, a rival or the network caused may succeed next time`(_ text: String) throws {
        let state = try #require(SQLState(text))
        #expect(PostgresError(.server, "", sqlState: state).isTransient)
    }

    @Test(arguments: [
        "0A000", "21000", "22001", "22P02", "23502", "23503", "23505", "23514", "25P02", "28P01", "3D000", "42601",
        "42P01", "54000", "55006", "57014", "57P04", "P0001", "XX000", "XX001",
    ])
    func `What the work itself caused fails again`(_ text: String) throws {
        let state = try #require(SQLState(text))
        #expect(!PostgresError(.server, "", sqlState: state).isTransient)
    }

    @Test func `A cancel is transient when it was ours and not when it was a timeout`() {
        let error = PostgresError(.server, "canceling statement", sqlState: .queryCanceled)
        #expect(!error.isTransient)
        #expect(error.asCancelled.isTransient)
    }

    @Test func `A stale plan is transient although its code is not`() {
        #expect(PostgresError(.server, "", sqlState: .featureNotSupported, isStalePlan: true).isTransient)
    }

    @Test func `A lost connection is transient unless the database was dropped`() {
        #expect(PostgresError(.connection, "", isConnectionLost: true).isTransient)
        #expect(!PostgresError(.connection, "", sqlState: .databaseDropped, isConnectionLost: true).isTransient)
    }

    @Test(arguments: [PostgresError.Code.decoding, .misuse, .migration, .settings, .notCommitted])
    func `A defect is not transient`(_ code: PostgresError.Code) {
        #expect(!PostgresError(code, "").isTransient)
    }
}

@Suite struct ErrorDescriptionTests {
    @Test func `A description names the code, the constraint and the place, and no value`() {
        let error = PostgresError(
            .server, "duplicate key value violates unique constraint", sqlState: .uniqueViolation,
            detail: "Key (owner)=(secret) already exists.", constraint: "task_owner_key",
            at: SourceLocation(file: "A/B.swift", line: 7))
        let text = "\(error)"
        #expect(text.contains("23505") && text.contains("task_owner_key") && text.contains("A/B.swift:7"))
        #expect(!text.contains("secret"))
        var dumped = ""
        dump(error, to: &dumped)
        #expect(!dumped.contains("secret"))
    }

    @Test func `The message of a data exception is withheld, because it quotes the value`() {
        let message = "invalid input syntax for type integer: \"secret\""
        let error = PostgresError(.server, message, sqlState: .invalidTextRepresentation)
        #expect(!"\(error)".contains("secret"))
        #expect(error.message == message)
    }
}
