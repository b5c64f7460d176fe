package import Contracts

/// One way in which the promise was not kept, and whom it met.
package struct Imbalance: Sendable, Equatable {
    /// Who it met.
    package struct Subject: Sendable, Equatable {
        /// The command; empty where the message did not say.
        package let command: String
        /// Whose it is; empty where nothing says.
        package let tenant: String
        /// The message id; the key, the event or the queue where there is none.
        package let id: String
        /// What was found.
        package let note: String
    }

    /// Which way.
    package let kind: Kind
    /// How many it met.
    package let total: Int
    /// The first of them, by id.
    package let subjects: [Subject]

    /// Writes it as one JSON object.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("kind")
        writer.write(kind.rawValue)
        writer.key("meaning")
        writer.write(kind.meaning)
        writer.key("total")
        writer.write(total)
        writer.key("subjects")
        writer.beginList()
        for subject in subjects {
            writer.beginObject()
            for (name, value) in [
                ("command", subject.command), ("tenant", subject.tenant), ("id", subject.id), ("note", subject.note),
            ] {
                writer.key(name)
                writer.write(value)
            }
            writer.endObject()
        }
        writer.endList()
        writer.endObject()
    }
}

extension Imbalance: CustomStringConvertible {
    /// One line, with the first subjects.
    package var description: String {
        let names = subjects.prefix(5).map { "\($0.id) (\($0.note))" }.joined(separator: ", ")
        return "\(kind.rawValue) × \(total): \(names)"
    }
}

extension Imbalance {
    /// Every way in which books can fail to balance.
    package enum Kind: String, CaseIterable, Sendable {
        // The producer's word against the ledger.
        case lost
        case undecided
        case twoOutcomes = "two-outcomes"
        case endedAgain = "ended-again"
        case unexpectedOutcome = "unexpected-outcome"
        case otherBody = "other-body"
        case reusedID = "reused-id"
        case strangerOutcome = "stranger-outcome"
        // The ledger against itself.
        case keyMissing = "key-missing"
        case detailMissing = "detail-missing"
        case rowsDisagree = "rows-disagree"
        // The ledger against its events.
        case eventMissing = "event-missing"
        case eventDisagrees = "event-disagrees"
        case sequenceGap = "sequence-gap"
        case strangerEvent = "stranger-event"
        case sharedEventID = "shared-event-id"
        // Events against what a subscriber received.
        case notAnnounced = "not-announced"
        case strangerAnnouncement = "stranger-announcement"
        case announcementDiffers = "announcement-differs"
        case unreadableAnnouncement = "unreadable-announcement"
        // The ledger against effects.
        case effectTwice = "effect-twice"
        case effectWithoutSuccess = "effect-without-success"
        case successWithoutEffect = "success-without-effect"
        case strangerEffect = "stranger-effect"
        // What should have gone at rest.
        case leftInQueue = "left-in-queue"
        case leftInOutbox = "left-in-outbox"
        case leftInSchedule = "left-in-schedule"
        case leftRun = "left-run"
        case leftDead = "left-dead"
        case leftStray = "left-stray"

        /// The sentence behind the word.
        package var meaning: String {
            switch self {
            case .lost: "The broker confirmed the command, and the ledger does not know it."
            case .undecided: "The command has no outcome."
            case .twoOutcomes: "One command has several rows in the ledger."
            case .endedAgain: "The command ended, and ended again without a replay."
            case .unexpectedOutcome: "The command ended in a way that its producer rules out."
            case .otherBody: "The ledger has a body under this id that nobody published."
            case .reusedID: "Of several bodies under one id not exactly one was done, or a lone one counts as reused."
            case .strangerOutcome: "The ledger has a command that nobody published."
            case .keyMissing: "A job has no row in job_key: its id is not known any more."
            case .detailMissing: "A row of job_key has no job."
            case .rowsDisagree: "The rows of job_key and job contradict each other."
            case .eventMissing: "The last event of the command is not stored."
            case .eventDisagrees: "A stored event contradicts the ledger or its own columns."
            case .sequenceGap: "The events of the command are not numbered from 1 without gaps."
            case .strangerEvent: "A stored event belongs to no job."
            case .sharedEventID: "Two stored events have one id, so subscribers pass one of them over."
            case .notAnnounced: "A stored event was never received."
            case .strangerAnnouncement: "An event was received that the ledger does not have."
            case .announcementDiffers: "An event was received with another content than is stored, or with several."
            case .unreadableAnnouncement: "A message was received that is no event, or under another's routing key."
            case .effectTwice: "The effect happened more than once."
            case .effectWithoutSuccess: "There is an effect, and the command did not succeed."
            case .successWithoutEffect: "The command succeeded, and there is no effect."
            case .strangerEffect: "There is an effect of a job that the ledger does not know."
            case .leftInQueue: "Messages are left in the queue of a command."
            case .leftInOutbox: "An event still waits in the outbox."
            case .leftInSchedule: "A passage of the command still waits in the schedule."
            case .leftRun: "A command has ended, and its run is still there."
            case .leftDead: "Messages are left in the queue of dead letters."
            case .leftStray: "A message of the command was kept as a stray."
            }
        }
    }
}
