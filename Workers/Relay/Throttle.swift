import Runtime
import Synchronization

/// How much each destination may be sent, decided from how it answered. Pure: the clock and the chance are passed in.
///
/// A destination that takes everything is never limited. One that refuses is held for a growing time and then asked
/// with a few messages only, so that a full queue is not stormed by the thousands that wait for it; once it takes what
/// it is offered, the offer doubles until the limit is gone. Destinations know nothing of each other.
struct Throttle {
    /// What an answer changed.
    enum Change: Equatable {
        /// Nothing that anybody needs to hear about.
        case none
        /// It is held for `delay`. `alarm` is set once, when the refusals in a row reach the threshold.
        case held(rounds: Int, delay: Duration, alarm: Bool)
        /// It takes messages again, after an alarm.
        case recovered
    }

    private struct Standing {
        /// Rounds in a row in which nothing was taken.
        var rounds: Int
        var allowance: Int
        var heldUntil: Monotonic
    }

    /// Most messages a round, for a destination that refuses nothing.
    let most: Int
    /// Rounds in a row, nothing taken, after which a person should know.
    let alarmAfter: Int
    private let policy: RetryPolicy
    private var standings: [String: Standing] = [:]

    /// Messages offered to a destination that took nothing the last time.
    static let probe = 8

    init(most: Int, alarmAfter: Int = 5, longest: Duration) {
        self.most = most
        self.alarmAfter = alarmAfter
        policy = RetryPolicy(attempts: .max, base: .milliseconds(500), cap: longest)
    }

    /// How long the destination is still held; `nil` when it is not.
    func holdLeft(of destination: String, at now: Monotonic) -> Duration? {
        guard let until = standings[destination]?.heldUntil, until > now else { return nil }
        return until - now
    }

    /// Most messages to offer in the next round.
    func allowance(of destination: String) -> Int { standings[destination]?.allowance ?? most }

    /// Notes a round: how many messages the destination took, how many it refused.
    ///
    /// - Parameter random: uniform in 0..<1. The delay is at least half of what the round calls for.
    mutating func note(
        _ destination: String, taken: Int, refused: Int, at now: Monotonic, random: Double
    ) -> Change {
        let before = standings[destination]
        guard refused > 0 else {
            guard let before, taken > 0 else { return .none }
            let allowance = before.allowance * 2
            standings[destination] =
                allowance >= most ? nil : Standing(rounds: 0, allowance: allowance, heldUntil: .distantPast)
            return before.rounds >= alarmAfter ? .recovered : .none
        }
        let rounds = taken > 0 ? 0 : (before?.rounds ?? 0) + 1
        let delay = policy.delay(after: max(1, rounds), random: (1 + random) / 2)
        standings[destination] = Standing(
            rounds: rounds, allowance: taken > 0 ? min(most, taken) : Self.probe, heldUntil: now + delay)
        return .held(rounds: rounds, delay: delay, alarm: rounds == alarmAfter)
    }
}

/// A ``Throttle`` that several threads tell and ask.
final class SharedThrottle: Sendable {
    private let throttle: Mutex<Throttle>

    init(_ throttle: Throttle) {
        self.throttle = Mutex(throttle)
    }

    /// As ``Throttle/holdLeft(of:at:)``, now.
    func holdLeft(of destination: String) -> Duration? {
        throttle.withLock { $0.holdLeft(of: destination, at: .now) }
    }

    /// As ``Throttle/allowance(of:)``.
    func allowance(of destination: String) -> Int {
        throttle.withLock { $0.allowance(of: destination) }
    }

    /// As ``Throttle/note(_:taken:refused:at:random:)``, now.
    func note(_ destination: String, taken: Int, refused: Int) -> Throttle.Change {
        throttle.withLock {
            $0.note(destination, taken: taken, refused: refused, at: .now, random: .random(in: 0..<1))
        }
    }
}
