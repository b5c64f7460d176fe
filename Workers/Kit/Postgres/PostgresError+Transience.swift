extension PostgresError {
    /// Whether the same work may succeed when it is tried again, later or on a new connection, although nothing about
    /// the work itself changes. The one place where this is decided.
    ///
    /// A transient error says nothing about the outcome: see ``isOutcomeUnknown``.
    package var isTransient: Bool {
        if isConnectionLost { return sqlState != .databaseDropped }
        if code == .cancelled || isStalePlan { return true }
        return sqlState?.isTransient ?? false
    }
}

extension SQLState {
    /// The table behind ``PostgresError/isTransient``, for codes that need nothing else to be decided.
    ///
    /// `57014` is absent: a cancel that we asked for has the code ``PostgresError/Code/cancelled``, any other is
    /// `statement_timeout`, and a statement that is too slow will be too slow again. `0A000` is absent: only "cached
    /// plan must not change result type" is transient, and that is recognised by the routine that raised it.
    var isTransient: Bool {
        switch self {
        case .transactionResolutionUnknown, .statementCompletionUnknown: true
        case .serializationFailure, .deadlockDetected: true
        // A write on a server that has become a standby: after the failover it goes to the other one.
        case .readOnlyTransaction: true
        case .idleInTransactionTimeout, .idleSessionTimeout: true
        case .invalidStatementName: true
        case .lockNotAvailable: true
        case .adminShutdown, .crashShutdown, .cannotConnectNow: true
        case Family.connectionException: true
        // Memory, disk, connection slots, and I/O errors pass when an operator acts; the work is not at fault.
        case Family.insufficientResources, Family.systemError: true
        default: false
        }
    }
}
