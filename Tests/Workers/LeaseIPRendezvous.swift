import Foundation

/// A point where threads wait until all have come; for many rounds.
final class Rendezvous: @unchecked Sendable {
    // Both counters are touched under the condition's lock only.
    private let condition = NSCondition()
    private let parties: Int
    private var arrived = 0
    private var round = 0

    init(parties: Int) { self.parties = parties }

    /// Waits for the others.
    func meet() {
        condition.lock()
        defer { condition.unlock() }
        arrived += 1
        let mine = round
        if arrived == parties {
            arrived = 0
            round += 1
            condition.broadcast()
        }
        while round == mine { condition.wait() }
    }
}
