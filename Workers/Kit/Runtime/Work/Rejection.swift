package import Contracts
package import Postgres

/// Why a command did not succeed this time, and what follows from it.
package struct Rejection: Error, Sendable {
    /// What the runtime does about it.
    package enum Consequence: Sendable, Equatable {
        /// A business rule said no. Ends `refused`; never retried.
        case refuse
        /// The command itself is wrong. Ends `failed`; never retried.
        case fail
        /// May succeed later. Retried with back-off, counted; `dead` when the attempts are used up.
        case retry
        /// No attempt is left for it, whatever the policy says. Ends `dead`.
        case bury
        /// This process does not know the kind or version. Put aside, uncounted, until a deploy brings it.
        case park
        /// No slot is free, or its time has not come. Put aside for a moment or until then, uncounted.
        case postpone
        /// Not the command's doing (lost connection, deadlock, serialisation, something outside that is away).
        /// Admitted again, not counted.
        case again
        /// Whoever may has asked for its end. Ends `cancelled`; never retried.
        case cancel
        /// This process is to stop. A run goes on elsewhere from its last checkpoint, uncounted.
        case yield
    }

    /// What follows.
    package let consequence: Consequence
    /// What the event says: a kebab-case code, a sentence, where the fault is.
    package let reason: Reason
    /// The database's error when it was one.
    package let database: PostgresError?
    /// How long to leave alone what is away, before the command is admitted ``Consequence/again``.
    package let pause: Duration?
    /// When a command that is ``Consequence/postpone``d is due again, by the database's clock; a moment, which grows,
    /// when `nil`.
    package let until: Timestamp?

    package init(
        _ consequence: Consequence, _ reason: Reason, database: PostgresError? = nil, pause: Duration? = nil,
        until: Timestamp? = nil
    ) {
        self.consequence = consequence
        self.reason = reason
        self.database = database
        self.pause = pause
        self.until = until
    }

    /// A business rule said no: `refused("no-free-ip", "No free address meets the constraints.")`.
    package static func refused(_ code: String, _ message: String) -> Rejection {
        Rejection(.refuse, Reason(reason: code, message: message))
    }

    /// The command is wrong in itself, at `pointer` (a JSON Pointer into the payload).
    package static func failed(_ code: String, _ message: String, pointer: String = "") -> Rejection {
        Rejection(.fail, Reason(reason: code, message: message, pointer: pointer))
    }

    /// Something outside may recover: tried again later.
    package static func transient(_ code: String, _ message: String) -> Rejection {
        Rejection(.retry, Reason(reason: code, message: message))
    }

    /// Something outside that no command can do without is away. The whole batch waits for it and runs again,
    /// uncounted, as when the database is away; see ``BatchWorker/probe()``.
    ///
    /// - Parameter pause: how long to leave it alone.
    package static func away(_ code: String, _ message: String, pause: Duration) -> Rejection {
        Rejection(.again, Reason(reason: code, message: message), pause: pause)
    }

    /// It came before its time: put aside, uncounted, and due again at `time`.
    ///
    /// - Parameter time: by the database's clock, which is also the schedule's; what the worker's says is no matter.
    package static func early(_ code: String, _ message: String, until time: Timestamp) -> Rejection {
        Rejection(.postpone, Reason(reason: code, message: message), until: time)
    }

    /// What an error of the database means for the command that met it.
    ///
    /// Losing the connection, a deadlock, a failed serialisation and a cached plan that went stale say nothing about
    /// the command: it runs again, uncounted. Anything else is counted, so that a statement that can never succeed
    /// ends.
    package init(_ error: PostgresError) {
        let again = error.isConnectionLost || error.isOutcomeUnknown || (error.isTransient && !error.isShortage)
        let state = error.sqlState.map { " (SQLSTATE \($0))" } ?? ""
        self.init(
            again ? .again : .retry, Reason(reason: "database-error", message: "\(error.message)\(state)"),
            database: error)
    }
}

extension PostgresError {
    /// Disk, memory or connections ran out, a file could not be read, or a lock was not to be had in time: it may last,
    /// so tries are counted and spaced out.
    fileprivate var isShortage: Bool {
        guard let sqlState else { return false }
        return [.insufficientResources, .systemError].contains(sqlState.family) || sqlState == .lockNotAvailable
    }
}
