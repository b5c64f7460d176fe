package import Contracts
package import Runtime

/// What is known of commands whose transaction has not committed, by which a batch that comes back goes on where it
/// was. Forgetting costs nothing but bytes: what is pushed again has the same times.
package struct LokiMemory {
    /// A command of which Loki refused something.
    package struct Sifting {
        package let tenant: String?
        /// What becomes of it but for what is refused.
        package let completion: LogsIngested
        package var sieve: LokiSieve
    }

    /// How far a command is.
    package enum Stage {
        case sifting(Sifting)
        case ended(JobEnding<LogsIngested>)
    }

    private struct Known {
        /// A hash of the lines: one id may come with two bodies, and what is known of one is nothing of the other.
        let content: Int
        var seen: Timestamp
        var stage: Stage
    }

    private var known: [UniqueID: Known] = [:]
    private var contents: [UniqueID: Int] = [:]

    /// How long a command is remembered that does not come again.
    private static let age = Duration.seconds(600)
    /// How many ended ones, and how many whose lines are held, are remembered that did not come this time.
    private static let limit = (ended: 4000, sifting: 16)

    package init() {}

    /// Begins with these commands.
    package mutating func begin(_ jobs: [Job<IngestLogs>], at now: Timestamp) {
        contents = Dictionary(uniqueKeysWithValues: jobs.map { ($0.key, Self.content(of: $0)) })
        for (key, content) in contents {
            if known[key]?.content == content { known[key]?.seen = now } else { known[key] = nil }
        }
        var left = Self.limit
        known = known.filter { key, known in
            if contents[key] != nil { return true }
            guard known.seen > now - Self.age else { return false }
            switch known.stage {
            case .ended:
                left.ended -= 1
                return left.ended >= 0
            case .sifting:
                left.sifting -= 1
                return left.sifting >= 0
            }
        }
    }

    /// How far a command is of those that it began with.
    package subscript(key: UniqueID) -> Stage? { known[key]?.stage }

    /// Notes how far a command is of those that it began with.
    package mutating func note(_ stage: Stage, of key: UniqueID, at now: Timestamp) {
        guard let content = contents[key] else { return }
        known[key] = Known(content: content, seen: now, stage: stage)
    }

    /// All have an ending. What was taken may come again, if its commit fails; what failed is tried anew if it does.
    package mutating func end() {
        for key in contents.keys {
            if case .ended(.success)? = known[key]?.stage { continue }
            known[key] = nil
        }
        contents = [:]
    }

    private static func content(of job: Job<IngestLogs>) -> Int {
        var hasher = Hasher()
        hasher.combine(job.tenant)
        hasher.combine(job.command)
        return hasher.finalize()
    }
}
