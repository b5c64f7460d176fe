import Contracts
import Postgres

/// The rows of `job` a transaction writes, column by column.
struct JobColumns {
    let command: String
    let worker: String
    var days: [Postgres.Date] = []
    var keys: [UniqueID] = []
    var ids: [String] = []
    var tenants: [String] = []
    var states: [String] = []
    var attempts: [Int16] = []
    var reasons: [String?] = []
    var payloads: [Bytes?] = []
    var correlations: [String?] = []
    var traces = TraceColumns()
    var enqueued: [Timestamp?] = []
    var finished: [Bool] = []

    init(command: String, worker: String) {
        self.command = command
        self.worker = worker
    }

    var isEmpty: Bool { keys.isEmpty }
}

/// The rows of `event` a transaction writes.
struct EventColumns {
    var days: [Postgres.Date] = []
    var keys: [UniqueID] = []
    var sequences: [Int32] = []
    var types: [String] = []
    var bodies: [Bytes] = []

    var isEmpty: Bool { keys.isEmpty }
}

/// The rows of `job_key` that did not end in success.
struct KeyColumns {
    var keys: [UniqueID] = []
    var states: [String] = []
    var turns: [Int32] = []
    var attempts: [Int16] = []

    var isEmpty: Bool { keys.isEmpty }
}

/// The rows of `schedule` a transaction writes.
struct ScheduleColumns {
    var subjects: [UniqueID] = []
    var due: [Timestamp] = []
    var commands: [String] = []
    var versions: [Int16] = []
    var kinds: [String?] = []
    var tenants: [String] = []
    var messageIDs: [String] = []
    var turns: [Int32] = []
    var correlations: [String?] = []
    var replies: [String?] = []
    var traces = TraceColumns()
    var expiries: [Timestamp?] = []
    var payloads: [Bytes] = []
    var causes: [String] = []

    /// - Parameters:
    ///   - deadlines: one a subject at most, sorted by subject so that two workers lock the rows in one order.
    ///   - keys: seals the payloads: a scheduled command may hold secrets.
    init(_ deadlines: [Deadline], keys: KeyRing) {
        for deadline in deadlines {
            subjects.append(deadline.subject)
            due.append(deadline.dueAt)
            commands.append(deadline.command.rawValue)
            versions.append(Int16(clamping: deadline.version))
            kinds.append(deadline.kind)
            tenants.append(deadline.tenant)
            messageIDs.append(deadline.messageID)
            turns.append(Int32(clamping: deadline.turn))
            correlations.append(deadline.correlationID)
            replies.append(deadline.replyTo)
            traces.append(deadline.trace)
            expiries.append(deadline.expiresAt)
            payloads.append(Bytes(keys.seal(deadline.payload, context: SealContext.schedule)))
            causes.append(deadline.cause)
        }
    }
}
