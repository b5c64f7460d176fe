/// A five-character SQLSTATE as PostgreSQL reports it, for instance `23505`.
///
/// Compare with a named constant for one condition, match with a ``Family`` for a whole class:
///
/// ```swift
/// switch error.sqlState {
/// case SQLState.uniqueViolation?: …
/// case SQLState.Family.insufficientResources?: …
/// default: …
/// }
/// ```
///
/// The list of codes is appendix A of the PostgreSQL manual.
package struct SQLState: Hashable, Sendable, CustomStringConvertible {
    /// The five ASCII bytes, first character in the highest byte, so that a family is one shift away.
    private let packed: UInt64

    /// The code of exactly five ASCII letters and digits; nil for anything else.
    package init?(_ text: String) {
        var packed: UInt64 = 0
        guard text.utf8.count == 5 else { return nil }
        for byte in text.utf8 {
            guard byte < 0x80 else { return nil }
            packed = packed << 8 | UInt64(byte)
        }
        self.packed = packed
    }

    /// A code known at compile time. Stops the process when the literal is not five ASCII characters.
    package init(constant text: StaticString) {
        guard let state = SQLState("\(text)") else { preconditionFailure("a SQLSTATE is five ASCII characters") }
        self = state
    }

    /// The five characters.
    package var description: String {
        String(decoding: (0..<5).map { UInt8(truncatingIfNeeded: packed >> (8 * (4 - $0))) }, as: UTF8.self)
    }

    /// The class the code belongs to: its first two characters.
    package var family: Family { Family(packed: packed >> 24) }
}

extension SQLState {
    /// A class of SQLSTATE codes: the first two characters.
    package struct Family: Hashable, Sendable {
        fileprivate let packed: UInt64

        fileprivate init(packed: UInt64) { self.packed = packed }

        /// A class known at compile time. Stops the process when the literal is not two ASCII characters.
        package init(_ text: StaticString) {
            precondition(text.utf8CodeUnitCount == 2, "a SQLSTATE class is two ASCII characters")
            self = SQLState("\(text)000")?.family ?? Family(packed: 0)
        }

        /// Whether `state` belongs to `family`.
        package static func ~= (family: Family, state: SQLState) -> Bool { state.family == family }

        /// `08`: the connection could not be made or was lost.
        package static let connectionException = Family("08")
        /// `22`: a value does not fit its type. The server's message quotes the value.
        package static let dataException = Family("22")
        /// `23`: a constraint refused the row.
        package static let integrityConstraintViolation = Family("23")
        /// `25`: the statement does not fit the state of the transaction.
        package static let invalidTransactionState = Family("25")
        /// `28`: the server refused the credentials.
        package static let invalidAuthorization = Family("28")
        /// `40`: the server rolled the transaction back by itself.
        package static let transactionRollback = Family("40")
        /// `42`: syntax error, or a name or right that is missing.
        package static let syntaxErrorOrAccessRuleViolation = Family("42")
        /// `53`: out of memory, disk, connections.
        package static let insufficientResources = Family("53")
        /// `57`: an operator or a shutdown ended the statement.
        package static let operatorIntervention = Family("57")
        /// `58`: an error outside PostgreSQL, such as I/O.
        package static let systemError = Family("58")
    }
}

extension SQLState {
    /// `08007`: the outcome of a COMMIT is not known.
    package static let transactionResolutionUnknown = SQLState(constant: "08007")
    /// `0A000`: includes "cached plan must not change result type".
    package static let featureNotSupported = SQLState(constant: "0A000")
    /// `22P02`: a text is not a value of the type.
    package static let invalidTextRepresentation = SQLState(constant: "22P02")
    /// `23502`: NULL in a NOT NULL column.
    package static let notNullViolation = SQLState(constant: "23502")
    /// `23503`: the referenced row is missing, or still referenced.
    package static let foreignKeyViolation = SQLState(constant: "23503")
    /// `23505`: the key exists already.
    package static let uniqueViolation = SQLState(constant: "23505")
    /// `23514`: a CHECK refused the row.
    package static let checkViolation = SQLState(constant: "23514")
    /// `23P01`: an EXCLUDE constraint refused the row.
    package static let exclusionViolation = SQLState(constant: "23P01")
    /// `25006`: a write in a read-only transaction, or on a standby after a failover.
    package static let readOnlyTransaction = SQLState(constant: "25006")
    /// `25P02`: an earlier statement failed and the transaction waits for its rollback.
    package static let inFailedTransaction = SQLState(constant: "25P02")
    /// `25P03`: the server ended a session that sat idle in a transaction.
    package static let idleInTransactionTimeout = SQLState(constant: "25P03")
    /// `26000`: the prepared statement does not exist in this session.
    package static let invalidStatementName = SQLState(constant: "26000")
    /// `40001`: a serializable or repeatable-read transaction lost the race.
    package static let serializationFailure = SQLState(constant: "40001")
    /// `40003`: whether the statement completed is not known.
    package static let statementCompletionUnknown = SQLState(constant: "40003")
    /// `40P01`: the deadlock detector chose this transaction.
    package static let deadlockDetected = SQLState(constant: "40P01")
    /// `insufficient_privilege`.
    package static let insufficientPrivilege = SQLState(constant: "42501")
    /// `42P01`: the table does not exist.
    package static let undefinedTable = SQLState(constant: "42P01")
    /// `53300`: every connection slot is taken.
    package static let tooManyConnections = SQLState(constant: "53300")
    /// `55P03`: `NOWAIT` or `lock_timeout` gave up on a lock.
    package static let lockNotAvailable = SQLState(constant: "55P03")
    /// `57014`: cancelled, by request or by `statement_timeout`.
    package static let queryCanceled = SQLState(constant: "57014")
    /// `57P01`: the backend was terminated or the server is shutting down.
    package static let adminShutdown = SQLState(constant: "57P01")
    /// `57P02`: another backend crashed and the server restarts.
    package static let crashShutdown = SQLState(constant: "57P02")
    /// `57P03`: the server is starting up, shutting down or recovering.
    package static let cannotConnectNow = SQLState(constant: "57P03")
    /// `57P04`: the database was dropped.
    package static let databaseDropped = SQLState(constant: "57P04")
    /// `57P05`: the server ended an idle session.
    package static let idleSessionTimeout = SQLState(constant: "57P05")
}
