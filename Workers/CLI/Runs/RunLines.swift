import Contracts
import Runtime

/// Reads the lines of a run as they are written.
///
/// **Guarantee.** Each line behind the place where it begins is handed over once, in the order of the numbers; also
/// when a look fails and the next has another session. Where a number is missing it waits for it for as long as the run
/// lasts; a run that has ended will not write it any more.
struct RunLines {
    /// The number of the last line that was handed over, or of the one before the first.
    private(set) var last: Int
    /// Whether nothing was handed over yet: what is kept of an old run may begin anywhere.
    private var isAtStart = true

    /// Lines that are read at once.
    static let piece = 1000

    init(after number: Int = 0) { last = number }

    /// Hands over what there is.
    ///
    /// - Parameter isOver: whether the run had ended before this look.
    mutating func look(
        _ key: UniqueID, isOver: Bool, _ database: Postgres.Connection, _ body: ([FoundRunLine]) -> Void
    ) throws(PostgresError) {
        while true {
            let found = try FoundRunLine.next(key, after: last, limit: Self.piece, database)
            let taken = take(found, isOver: isOver)
            if !taken.isEmpty { body(taken) }
            guard found.count == Self.piece, taken.count == found.count else { return }
        }
    }

    /// The lines that may be handed over, of those that were found behind the last: up to where one is missing.
    mutating func take(_ found: [FoundRunLine], isOver: Bool) -> [FoundRunLine] {
        var taken: [FoundRunLine] = []
        for line in found where line.number > last {
            guard isAtStart || isOver || line.number == last + 1 else { break }
            taken.append(line)
            last = line.number
            isAtStart = false
        }
        return taken
    }
}
