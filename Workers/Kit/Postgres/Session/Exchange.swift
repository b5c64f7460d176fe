/// What a connection is doing: one statement outside a transaction, or a transaction.
struct Exchange {
    /// Tells a transaction, and its tickets, from every other of the connection.
    let serial: Int

    /// What opens the transaction; nil outside one.
    let begin: SQL?

    /// BEGIN has been sent.
    var hasBegun = false

    /// The results so far, by ticket.
    var slots: [Rows?] = []

    /// The first failure. Nothing more is sent after it but the rollback.
    private(set) var failure: PostgresError?

    /// COMMIT was answered by COMMIT; outside a transaction, the statement's group has ended.
    private(set) var isCommitted = false

    /// How deep the savepoints are.
    var depth = 0

    init(serial: Int, begin: SQL? = nil) {
        self.serial = serial
        self.begin = begin
    }

    mutating func fail(_ error: PostgresError) {
        guard failure == nil, !isCommitted else { return }
        failure = error
    }

    /// A savepoint has undone the failure.
    mutating func recover() { failure = nil }

    /// Counts only for a transaction without failure: a statement that ended it by itself is not a success.
    mutating func commit() { isCommitted = failure == nil }

    mutating func markOutcomeUnknown() {
        guard var error = failure, error.isConnectionLost else { return }
        error.isOutcomeUnknown = true
        failure = error
    }
}
