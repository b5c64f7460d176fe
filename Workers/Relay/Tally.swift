import AMQP

/// How each destination answered one round.
struct Tally {
    struct Count: Equatable {
        var taken = 0
        var refused = 0
        /// Messages without an answer: they say nothing about the destination.
        var unknown = 0
    }

    private(set) var counts: [String: Count] = [:]

    mutating func note(_ outcome: PublishOutcome, for destination: String) {
        switch outcome {
        case .confirmed: counts[destination, default: Count()].taken += 1
        case .nacked, .returned: counts[destination, default: Count()].refused += 1
        case .unknown: counts[destination, default: Count()].unknown += 1
        }
    }
}
