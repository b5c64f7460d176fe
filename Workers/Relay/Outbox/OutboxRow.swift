import Contracts
import Runtime

/// A row of the outbox with the events it still owes.
struct OutboxRow {
    let id: Int64
    var events: [OutboxEvent]

    /// How many of `sizes` to take from the front: as many as stay within `limit`, and at least one.
    static func prefix(of sizes: [Int], within limit: Int) -> Int {
        var total = 0
        for (index, size) in sizes.enumerated() {
            total += size
            if total > limit { return max(1, index) }
        }
        return sizes.count
    }

    /// What stays of the row, given what became of each event; `nil` when nothing does.
    func remainder(_ fates: [OutboxEvent.Fate]) -> Remainder? {
        var kept: [OutboxEvent] = []
        var delay: Duration?
        var note: String?
        var wasTried = false
        for (event, fate) in zip(events, fates) {
            switch fate {
            case .confirmed, .dropped: continue
            case .held(let wait): delay = min(delay ?? wait, wait)
            case .refused(let wait, let reason):
                delay = min(delay ?? wait, wait)
                note = "\(event.routingKey ?? "?"): \(reason)"
                wasTried = true
            case .unknown:
                delay = min(delay ?? Self.pause, Self.pause)
                note = note ?? "no answer from the broker"
                wasTried = true
            }
            kept.append(event)
        }
        guard let delay else { return nil }
        return Remainder(id: id, events: kept, delay: delay, note: note, wasTried: wasTried)
    }

    /// How long an event waits that the broker did not answer for.
    static let pause = Duration.seconds(1)

    /// The part of a row that is tried again.
    struct Remainder {
        let id: Int64
        let events: [OutboxEvent]
        let delay: Duration
        /// Why; `nil` when nothing new is known.
        let note: String?
        /// Whether anything of it was published this time.
        let wasTried: Bool
    }
}

/// An event the outbox owes.
struct OutboxEvent {
    let day: Postgres.Date
    let key: UniqueID
    let sequence: Int32
    /// `nil` when the event's day has been dropped.
    let stored: Stored?

    /// What is published.
    struct Stored {
        let routingKey: String
        let body: [UInt8]
    }

    var routingKey: String? { stored?.routingKey }

    /// What became of an event in one round.
    enum Fate {
        case confirmed
        /// Its day is gone, and with it the event: there is nothing left to publish.
        case dropped
        /// Its destination is held for so long; it was not published.
        case held(Duration)
        /// A queue refused it.
        case refused(Duration, reason: String)
        /// No answer in time.
        case unknown
    }
}
