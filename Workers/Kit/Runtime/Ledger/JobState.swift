package import Contracts

/// The states of a command in the ledger; the raw value is what `job_key.state` and `job.state` store.
package enum JobState: Character, CaseIterable, Sendable {
    case succeeded = "s"
    case refused = "r"
    case failed = "f"
    case dead = "d"
    case cancelled = "c"
    /// Its solo start is committed and nobody has seen the end.
    case started = "x"
    /// A retry lies in the schedule.
    case waiting = "w"
    /// Put aside until this cluster knows its kind, or until a slot is free; lies in the schedule, uncounted.
    case parked = "p"
    /// A long command has been claimed: its row in `run` is the job, and messages of it are wake-ups.
    case running = "l"

    /// The outcome this state stands for, if it is one.
    package var outcome: Outcome? {
        switch self {
        case .succeeded: .succeeded
        case .refused: .refused
        case .failed: .failed
        case .dead: .dead
        case .cancelled: .cancelled
        case .started, .waiting, .parked, .running: nil
        }
    }

    /// What people read and type.
    package var name: String {
        switch self {
        case .started: "started"
        case .waiting: "waiting"
        case .parked: "parked"
        case .running: "running"
        case .succeeded, .refused, .failed, .dead, .cancelled: outcome!.rawValue
        }
    }
}
