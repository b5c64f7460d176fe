/// What the server still owes an answer to, in the order it was sent, and what each answer means. Pure: the connection
/// reads the answers and carries out the actions.
///
/// The rule it rests on (protocol, "Pipelining"): the server answers in order; after an error it skips everything up
/// to the next Sync.
struct Pipeline {
    /// One thing that was sent.
    enum Step: Equatable {
        /// Prepares the statement of the key.
        case prepare(StatementKey)
        /// A caller's statement; its rows go into the slot.
        case statement(slot: Int, key: StatementKey)
        /// COMMIT, whose answer may be ROLLBACK.
        case commit(StatementKey)
        /// Any other statement of this module; only its failure matters.
        case control(StatementKey)
        /// Gives a prepared statement up; its failure does not matter.
        case deallocate(String)
        /// The end of a group.
        case sync
    }

    /// One answer.
    enum Answer {
        case completed(CommandTag)
        case failed(PostgresError)
        /// Not run, because something before it failed.
        case skipped
        case synced
    }

    /// What the connection does about an answer.
    enum Action {
        case nothing
        case keep(slot: Int)
        case fail(PostgresError)
        /// Fail, and prepare the statement again next time.
        case failStale(PostgresError, StatementKey)
        /// Fail, because the statement was never prepared.
        case failUnprepared(PostgresError, StatementKey)
        case forget(StatementKey)
        case discardAgain(String)
        case committed
        /// The group has ended; what ran in it outside a transaction is committed.
        case ended
        /// The answer does not belong to the step: the connection cannot be trusted.
        case outOfStep
    }

    private struct Entry {
        let step: Step
        let location: SourceLocation
    }

    private var entries: [Entry] = []
    private var head = 0

    /// Whether every answer has arrived.
    var isEmpty: Bool { head == entries.count }

    /// Whether the last thing sent ended a group, so that the server answers without being asked.
    var isSynced: Bool { isEmpty || entries.last?.step == .sync }

    /// Where the statement that is answered next was sent.
    var location: SourceLocation { isEmpty ? .unknown : entries[head].location }

    /// `step` has been sent.
    mutating func expect(_ step: Step, at location: SourceLocation) {
        entries.append(Entry(step: step, location: location))
    }

    /// Nothing more will arrive.
    mutating func removeAll() {
        entries.removeAll(keepingCapacity: true)
        head = 0
    }

    /// The next answer has arrived.
    mutating func receive(_ answer: Answer) -> Action {
        guard !isEmpty else { return .outOfStep }
        let step = entries[head].step
        // Outside a transaction the group's end is the commit: its failure comes ahead of the end itself.
        if case (.sync, .failed(let error)) = (step, answer) { return .fail(error) }
        head += 1
        if isEmpty { removeAll() }
        return switch (step, answer) {
        case (.sync, .synced): .ended
        case (.sync, _), (_, .synced): .outOfStep
        case (.prepare, .completed), (.deallocate, .completed), (.control, .completed): .nothing
        case (.deallocate, .failed): .nothing
        case (.deallocate(let name), .skipped): .discardAgain(name)
        case (.prepare(let key), .failed(let error)): .failUnprepared(error, key)
        case (.prepare(let key), .skipped): .forget(key)
        case (.statement(let slot, _), .completed(let tag)):
            tag.endsTransaction ? .fail(.transactionControl) : .keep(slot: slot)
        case (.statement(_, let key), .failed(let error)), (.control(let key), .failed(let error)),
            (.commit(let key), .failed(let error)):
            error.isStatementUseless ? .failStale(error, key) : .fail(error)
        case (.statement, .skipped), (.control, .skipped), (.commit, .skipped): .nothing
        case (.commit, .completed(let tag)): tag == .commit ? .committed : .fail(.rolledBackAtCommit)
        }
    }
}

/// The part of a command tag that transactions depend on.
enum CommandTag: Equatable {
    case commit
    case rollback
    case begin
    case prepareTransaction
    case other

    /// The tag as the server sends it.
    init(_ text: String) {
        switch text {
        case "COMMIT": self = .commit
        case "ROLLBACK": self = .rollback
        case "BEGIN", "START TRANSACTION": self = .begin
        case "PREPARE TRANSACTION": self = .prepareTransaction
        default: self = .other
        }
    }

    /// Whether a caller's statement with this tag took the transaction out of our hands.
    var endsTransaction: Bool { self != .other }
}

extension PostgresError {
    /// The statement must be prepared again before it can be of use.
    var isStatementUseless: Bool { sqlState == .invalidStatementName || isStalePlan }

    static let transactionControl = PostgresError(
        .misuse, "BEGIN, COMMIT, ROLLBACK and ROLLBACK TO belong to the transaction, not to a statement")

    static let rolledBackAtCommit = PostgresError(.notCommitted, "COMMIT was answered by ROLLBACK")
}
