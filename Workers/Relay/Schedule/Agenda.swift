import Runtime

/// Which command's due rows are moved next. Pure.
///
/// Commands take turns, a batch each, so that a million rows of one do not keep the others waiting.
struct Agenda {
    /// The earliest row of a command.
    struct Head: Equatable {
        let command: String
        /// From now; negative when it is late.
        let dueIn: Duration
    }

    /// What to do.
    enum Step: Equatable {
        case move(String)
        /// Nothing before this time is over.
        case rest(Duration)
    }

    private var turn: UInt64 = 0
    private var servedAt: [String: UInt64] = [:]

    /// The longest rest: rows are scheduled meanwhile, and nobody tells.
    static let longestRest = Duration.seconds(1)

    /// Decides.
    ///
    /// - Parameter holdLeft: how long a command is held because its queue refuses; `nil` when it is not.
    mutating func next(_ heads: [Head], holdLeft: (String) -> Duration?) -> Step {
        var rest = Self.longestRest
        var best: (command: String, servedAt: UInt64)?
        for head in heads {
            let wait = max(head.dueIn, holdLeft(head.command) ?? .zero)
            guard wait <= .zero else {
                rest = min(rest, wait)
                continue
            }
            let served = servedAt[head.command] ?? 0
            if best.map({ served < $0.servedAt }) ?? true { best = (head.command, served) }
        }
        guard let best else { return .rest(rest) }
        turn += 1
        servedAt[best.command] = turn
        return .move(best.command)
    }
}
