/// The one error of this module.
///
/// `description` is safe to log: it never prints a parameter, DETAIL, or the message of a data exception (class 22),
/// because PostgreSQL quotes the offending value there. `message` and `detail` are for whoever asks for them by name.
package struct PostgresError: Error, Sendable {
    /// What kind of failure this is.
    package let code: Code

    /// The server's SQLSTATE; nil for an error found on this side of the wire.
    package let sqlState: SQLState?

    /// The server's primary message, or what this module found wrong.
    package internal(set) var message: String

    /// The server's DETAIL. It quotes rows and values: do not log it.
    package let detail: String?

    /// The constraint that refused the row.
    package let constraint: String?

    /// The file of the statement that failed: where it was sent, not where its result was read.
    package internal(set) var file: StaticString

    /// The line in ``file``.
    package internal(set) var line: UInt

    /// The connection is gone; the next attempt needs a new one.
    package internal(set) var isConnectionLost: Bool

    /// The connection was lost after COMMIT, or a statement outside a transaction, had been sent: it may have taken
    /// effect or not. Whoever tries again must be able to recognise work already done.
    package internal(set) var isOutcomeUnknown: Bool

    /// The server found that a prepared statement no longer fits the schema (SQLSTATE 0A000, not to be mistaken for
    /// the other uses of that code).
    let isStalePlan: Bool

    init(
        _ code: Code, _ message: String, sqlState: SQLState? = nil, detail: String? = nil, constraint: String? = nil,
        at location: SourceLocation = .unknown, isConnectionLost: Bool = false, isStalePlan: Bool = false
    ) {
        self.code = code
        self.message = message
        self.sqlState = sqlState
        self.detail = detail
        self.constraint = constraint
        self.file = location.file
        self.line = location.line
        self.isConnectionLost = isConnectionLost
        self.isOutcomeUnknown = false
        self.isStalePlan = isStalePlan
    }

    /// A value that is not what its type says, for conformances of ``PostgresDecodable`` in other modules.
    /// `message` must not quote the value.
    package static func decoding(_ message: String) -> PostgresError { PostgresError(.decoding, message) }

    #if FAULTS
    /// The error of who sent a COMMIT that took effect, and lost the connection before the answer.
    package static func lostAnswer() -> PostgresError {
        var error = PostgresError(.connection, "the connection was lost", isConnectionLost: true)
        error.isOutcomeUnknown = true
        return error
    }
    #endif

    func located(at location: SourceLocation) -> PostgresError {
        var copy = self
        copy.file = location.file
        copy.line = location.line
        return copy
    }
}

extension PostgresError {
    /// The kind of a ``PostgresError``. More may be added: a `switch` needs its `default`.
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        /// The name that logs and metrics show.
        package let description: String

        private init(_ name: String) { description = name }

        /// The connection could not be opened, or was lost.
        package static let connection = Code("connection")
        /// The server answered with an error; ``PostgresError/sqlState`` says which.
        package static let server = Code("server")
        /// A value in the result is not what the caller asked for.
        package static let decoding = Code("decoding")
        /// The server or libpq answered out of step; the connection is given up.
        package static let `protocol` = Code("protocol")
        /// The statement was cancelled through ``Canceller``.
        package static let cancelled = Code("cancelled")
        /// The transaction ended in a rollback where a commit was asked for.
        package static let notCommitted = Code("not-committed")
        /// A migration does not fit what the database has recorded.
        package static let migration = Code("migration")
        /// The caller broke a rule of this module.
        package static let misuse = Code("misuse")
        /// The connection settings cannot be read.
        package static let settings = Code("settings")
    }
}

extension PostgresError: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// ``summary`` and the place in the source.
    package var description: String { line > 0 ? "\(summary) [\(file):\(line)]" : summary }

    /// Code, SQLSTATE, constraint, and message where it holds no value; nothing else.
    package var summary: String {
        var text = "postgres \(code)"
        if let sqlState { text += " \(sqlState)" }
        if let constraint { text += " (\(constraint))" }
        if case SQLState.Family.dataException? = sqlState {
            text += ": a value does not fit its type"
        } else {
            text += ": \(message)"
        }
        if isOutcomeUnknown { text += "; outcome unknown" }
        return text
    }

    /// The same as ``description``.
    package var debugDescription: String { description }

    /// Hides the fields that may hold values from `dump` and from a test's printed expectations.
    package var customMirror: Mirror { Mirror(self, children: ["description": description]) }
}

/// Where in the caller's code a statement was sent.
struct SourceLocation: Sendable {
    let file: StaticString
    let line: UInt

    static let unknown = SourceLocation(file: "", line: 0)
}
