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
    /// Commands to publish later, written with the commit.
    var deadlines: [Deadline] = []
    /// Subjects whose scheduled command is taken back.
    var withdrawn: [UniqueID] = []

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
    var traceparent: String?
    var expiresAt: Timestamp?
    var payload: [UInt8]
    var cause: String
}
