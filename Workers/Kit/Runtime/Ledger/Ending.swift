package import Contracts

/// How one passage of a command ended: an outcome, or the time of its next passage.
package enum Ending: Sendable {
    /// The completion, as JSON.
    case succeeded([UInt8])
    case refused(Reason)
    case failed(Reason)
    case dead(Reason)
    case cancelled(Reason)
    /// Tried again at this time; the attempt was counted.
    case retrying(Reason, at: Timestamp)
    /// Put aside until this time; nothing was counted.
    case parked(Reason, at: Timestamp)
    /// A long command, claimed by this transaction: its run goes on behind it, and ends in another one.
    case begun(Progress)

    /// The kind of its event.
    package var kind: EventKind {
        switch self {
        case .succeeded: .succeeded
        case .refused: .refused
        case .failed: .failed
        case .dead: .dead
        case .cancelled: .cancelled
        case .retrying: .retrying
        case .parked: .parked
        case .begun: .progressed
        }
    }

    /// What the ledger stores.
    package var state: JobState {
        switch self {
        case .succeeded: .succeeded
        case .refused: .refused
        case .failed: .failed
        case .dead: .dead
        case .cancelled: .cancelled
        case .retrying: .waiting
        case .parked: .parked
        case .begun: .running
        }
    }

    /// Why it did not succeed.
    package var reason: Reason? {
        switch self {
        case .succeeded, .begun: nil
        case .refused(let reason), .failed(let reason), .dead(let reason), .cancelled(let reason): reason
        case .retrying(let reason, _), .parked(let reason, _): reason
        }
    }

    /// When its next passage is due.
    package var dueAt: Timestamp? {
        switch self {
        case .retrying(_, let time), .parked(_, let time): time
        default: nil
        }
    }

    /// What the event carries as `data`.
    package var data: [UInt8] {
        switch self {
        case .succeeded(let completion): completion
        case .begun(let progress): progress.json()
        default: reason!.json()
        }
    }
}
