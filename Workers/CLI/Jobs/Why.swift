import Contracts
import Runtime

/// What a job waits for, from what is known of it. Pure.
struct Why: Equatable {
    /// The queue of its command.
    struct Queue: Equatable {
        var ready: Int
        var consumers: Int
        /// `nil` when nobody tells.
        var unacknowledged: Int?
    }

    /// Who holds the queue back.
    struct Pause: Equatable {
        var actor: String
        var reason: String
        var since: Timestamp
    }

    /// Everything that is known.
    struct Facts {
        /// `nil`: the ledger has no row of it.
        var state: JobState?
        var reason: String?
        /// Its row in the schedule.
        var dueAt: Timestamp?
        var cause: String?
        /// How often its event was tried without a confirm; `nil` when nothing is owed.
        var owed: Int?
        var owedNote: String?
        /// Who runs it behind its message.
        var holder: String?
        var pause: Pause?
        /// `nil` when there is no queue.
        var queue: Queue?
    }

    /// What it waits for.
    let waitsFor: String
    /// When that ends, where a time is known.
    var until: Timestamp?
    /// What a person can do.
    var advice: String?

    /// Decides.
    init(_ facts: Facts, id: String, command: String, now: Timestamp) {
        if let outcome = facts.state?.outcome {
            self = Self.ended(facts, outcome)
        } else if let holder = facts.holder {
            self = Why(
                "its worker: \(holder) runs it",
                advice: "how far it is: ruche jobs show \(id); to end it: ruche jobs cancel \(id)")
        } else if let due = facts.dueAt {
            self = Self.scheduled(facts, due, id: id, now: now)
        } else {
            self = Self.queued(facts, id: id, command: command)
        }
    }

    private init(_ waitsFor: String, until: Timestamp? = nil, advice: String? = nil) {
        self.waitsFor = waitsFor
        self.until = until
        self.advice = advice
    }

    private static func ended(_ facts: Facts, _ outcome: Outcome) -> Why {
        let end = outcome.rawValue + (facts.reason.map { " (\($0))" } ?? "")
        guard let owed = facts.owed else {
            let again =
                [.dead, .failed, .cancelled].contains(facts.state) ? "run it again with: ruche jobs retry" : nil
            return Why("nothing: it is \(end)", advice: again)
        }
        let note = facts.owedNote.map { ": \($0)" } ?? ""
        return Why(
            "the broker to confirm its event; it is \(end), the event was tried \(owed) times\(note)",
            advice: "the relay repeats it; is one running? ruche doctor")
    }

    private static func scheduled(_ facts: Facts, _ due: Timestamp, id: String, now: Timestamp) -> Why {
        let cause = facts.cause ?? "scheduled"
        guard due <= now else {
            let unknown = facts.state == .parked && cause.hasSuffix("unknown-kind")
            return Why(
                unknown ? "a worker that knows its kind (\(cause))" : "its time in the schedule (\(cause))", until: due,
                advice: unknown ? "deploy the worker that knows it" : "to run it now: ruche jobs retry \(id)")
        }
        return Why(
            "the relay: it is due (\(cause)) and has not been moved to its queue",
            advice: "is a relay running, and does the queue take messages? ruche doctor")
    }

    private static func queued(_ facts: Facts, id: String, command: String) -> Why {
        guard let queue = facts.queue else {
            return Why("a queue: `\(command)` has none", advice: "ruche migrate")
        }
        if facts.state == .started {
            return Why(
                "its worker: it runs alone, because an earlier delivery of it did not come to an end",
                advice: "if its worker was killed, the broker hands it out again")
        }
        let isKnown = facts.state != nil
        let held = queue.unacknowledged ?? 0
        if !isKnown, queue.ready == 0, queue.unacknowledged != nil, held == 0 {
            return Why(
                "nothing here: it never arrived", advice: "was its publish confirmed? publish it again with the same id"
            )
        }
        let place = queue.ready > 0 ? "\(queue.ready) messages are ready" : "no message is ready"
        let hands = queue.unacknowledged.map { ", \($0) are in the hands of workers" } ?? ""
        if let pause = facts.pause {
            return Why(
                "the queue to be resumed: paused by \(pause.actor) since \(pause.since.rfc3339): \(pause.reason)",
                advice: "ruche queues resume \(command)")
        }
        if queue.consumers == 0 {
            return Why("a worker: nobody consumes \(command); \(place)\(hands)", advice: "start one")
        }
        if !isKnown, queue.ready == 0, queue.unacknowledged == nil {
            return Why(
                "a worker that has it in hand, or it never arrived; \(place)",
                advice: "was its publish confirmed? set RABBITMQ_MANAGEMENT_URL to see what workers hold")
        }
        return Why(
            (isKnown ? "its turn in the queue" : "its turn in the queue, if its publish was confirmed")
                + ": \(place)\(hands), \(queue.consumers) consumers")
    }
}
