import Contracts
import Sealing

/// What a transaction of the loop carries beside its statements: whose command is being handled, and what the
/// handlers decided for later. Lives on the loop's thread.
final class UnitOfWork {
    let now: Timestamp
    let keys: KeyRing
    var tenant = ""
    var job = UniqueID.zero
    var attempt = 0
    /// Whether the command that is being handled has changed anything: a refusal that wrote must be rolled back.
    var wrote = false
    /// What the handlers decided for later, written with the commit. The last decision on a subject stands.
    var plans = Plans()
    /// What commands of this transaction hand on of their traces to what they schedule; without an entry, nothing.
    var traces: [UniqueID: TraceHeaders] = [:]
    /// What the handlers counted, added to the metrics after the commit.
    var counts = Counts()

    init(now: Timestamp, keys: KeyRing) {
        self.now = now
        self.keys = keys
    }

    /// Turns to the next command of the batch.
    func enter(_ job: Admitted) {
        tenant = job.tenant
        self.job = job.key
        attempt = job.attempt
        wrote = false
    }
}

/// What is decided for later, one decision a subject: the last one stands.
struct Plans {
    private enum Plan {
        case due(Deadline)
        case withdrawn
    }

    private var bySubject: [UniqueID: Plan] = [:]

    /// A command is published when it is due, instead of whatever was scheduled for its subject.
    mutating func schedule(_ deadline: Deadline) { bySubject[deadline.subject] = .due(deadline) }

    /// What was scheduled for the subject is taken back.
    mutating func withdraw(_ subject: UniqueID) { bySubject[subject] = .withdrawn }

    /// Commands to publish later, sorted by subject so that two workers lock rows in one order.
    var deadlines: [Deadline] {
        bySubject.values.compactMap { plan -> Deadline? in if case .due(let deadline) = plan { deadline } else { nil } }
            .sorted { $0.subject < $1.subject }
    }

    /// Subjects whose scheduled command is taken back, sorted.
    var withdrawn: [UniqueID] {
        bySubject.compactMap { subject, plan in if case .withdrawn = plan { subject } else { nil } }.sorted()
    }
}

extension Transaction {
    /// Sends what was decided for later.
    borrowing func sendPlans() throws(Rejection) {
        let (deadlines, withdrawn) = (work.plans.deadlines, work.plans.withdrawn)
        if !deadlines.isEmpty { try send(Ledger.schedule(ScheduleColumns(deadlines, keys: work.keys))) }
        if !withdrawn.isEmpty { try send(Ledger.unschedule(subjects: withdrawn)) }
    }
}

/// One row of the schedule.
struct Deadline: Sendable {
    var subject: UniqueID
    var dueAt: Timestamp
    var command: CommandName
    var version: Int
    /// What the message says it is, when that is not `command`.
    var kind: String?
    var tenant: String
    var messageID: String
    var turn = 0
    var correlationID: String?
    var replyTo: String?
    var trace: TraceHeaders?
    var expiresAt: Timestamp?
    var payload: [UInt8]
    var cause: String
}
