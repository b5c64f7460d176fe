import Contracts
import Runtime

/// A run as it goes on: how it stands, its places, and its lines, each once.
struct RunFollower {
    let key: RunKey
    private let horizon: Int
    private var lines: RunLines
    private(set) var board = RunBoard()
    /// The newest lines, the oldest first.
    private(set) var tail: [FoundRunLine] = []

    /// Lines that are kept for whoever shows the newest.
    static let kept = 200

    init(_ key: RunKey, after number: Int = 0, horizon: Int) {
        self.key = key
        self.horizon = horizon
        lines = RunLines(after: number)
    }

    /// Looks once, and hands over what has been written since the last look.
    mutating func look(_ database: Postgres.Connection, _ body: ([FoundRunLine]) -> Void = { _ in }) throws -> RunLook {
        let look = try RunLook(key, horizon: horizon, database)
        var (board, tail) = (board, tail)
        defer { (self.board, self.tail) = (board, tail) }
        try lines.look(key.key, isOver: look.isOver, database) { lines in
            board.take(lines)
            tail = (tail + lines).suffix(Self.kept)
            body(lines)
        }
        board.take(look.progress)
        return look
    }
}
