import Contracts
import Runtime

/// The first few commands of a replay, which tell whether the others should follow. Pure.
struct Canary {
    /// What the outcomes so far say.
    enum Word: Equatable {
        /// Some have none yet.
        case wait(for: Int)
        /// The others may follow.
        case go(failures: Int)
        /// Too many did not succeed.
        case stop(failures: Int)
    }

    /// How many may fail.
    enum Allowance: Equatable {
        case count(Int)
        case percent(Double)

        /// Reads `5` or `2.5%`.
        init(_ text: String) throws(Failure) {
            if text.hasSuffix("%"), let share = Double(text.dropLast()), (0...100).contains(share) {
                self = .percent(share)
            } else if let count = Int(text), count >= 0 {
                self = .count(count)
            } else {
                throw Failure(.usage, "--max-failures takes a count such as 5, or a share such as 2%, not `\(text)`")
            }
        }

        func admits(_ failures: Int, of total: Int) -> Bool {
            switch self {
            case .count(let most): failures <= most
            case .percent(let most): Double(failures) * 100 <= most * Double(total)
            }
        }
    }

    let allowance: Allowance

    /// Judges the states of all canaries. Whatever is not success is a failure here: who replays wants success. It
    /// stops as soon as too many have failed, whatever the others do.
    func judge(_ states: [JobState]) -> Word {
        let ended = states.compactMap(\.outcome)
        let failures = ended.count { $0 != .succeeded }
        guard allowance.admits(failures, of: states.count) else { return .stop(failures: failures) }
        guard ended.count == states.count else { return .wait(for: states.count - ended.count) }
        return .go(failures: failures)
    }
}
