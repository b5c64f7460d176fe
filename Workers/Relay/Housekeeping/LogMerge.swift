import Contracts
import Runtime

/// Merges small chunks of lines: a stream that sends a line now and then has a chunk a line, which takes six times the
/// bytes of a line among others and makes a query read a row for each.
///
/// An hour of arrival is merged once, as soon as it is over for ``LogLimits/settling``: chunks of fewer than half of
/// what a chunk may have are gathered, neighbours of one stream, into chunks that keep within the limits.
///
/// **Guarantee.** Lines, their order and their sums stay what they were: a piece is one transaction, which adds up what
/// it took and what it made and is rolled back when that differs. Relays may do it at once: each piece locks the
/// progress and goes by that. A piece that was cut short is done again. A reader with one snapshot notices nothing.
///
/// **Cost.** Every line of a small chunk is written a second time, once. The hour's rows are read once to find the
/// streams, and the rows of those streams once a piece; a piece takes some hundred milliseconds, and the pause behind
/// it is three times as long, so that a database which is busy is asked for less.
struct LogMerge {
    /// Small chunks of one stream in the hour at hand.
    private struct Candidate {
        let stream: Int64
        let chunks: Int
        let bytes: Int
    }

    /// What a piece came to.
    struct Yield {
        /// Chunks that are gone, and those that hold their lines now.
        let taken: Int
        let made: Int
        /// Whether the same streams have more to merge.
        let isUnfinished: Bool
    }

    /// The beginning of the hour at hand.
    private var hour: Timestamp?
    /// Streams of that hour with something to merge, the next ones last.
    private var candidates: [Candidate] = []

    /// About how many chunks and bytes a piece takes, so that its transaction is short and its memory small.
    static let chunks = 2000
    static let bytes = 8 << 20

    /// Does one piece. `nil` when there is nothing to merge at this time.
    mutating func advance(
        _ connection: Postgres.Connection, _ note: (Yield) -> Void
    ) throws(PostgresError) -> Duration? {
        guard let hour else {
            let rows = try connection.query(LogMergeStatements.next)
            guard rows.count > 0 else { return nil }
            if try rows.get(0, 1) { return .seconds(10) }
            return try begin(try rows.get(0, 0), connection)
        }
        let streams = nextStreams()
        guard !streams.isEmpty else {
            try connection.execute(LogMergeStatements.finish(hour))
            self = LogMerge()
            return .zero
        }
        let begun = Monotonic.now
        do throws(PostgresError) {
            guard let yield = try piece(streams, hour, connection) else {
                // Another relay has finished this hour.
                self = LogMerge()
                return .zero
            }
            note(yield)
            if !yield.isUnfinished { candidates.removeLast(streams.count) }
        } catch {
            // What cannot be merged stays as it is, and keeps nothing else from it.
            if !error.isTransient { candidates.removeLast(streams.count) }
            throw error
        }
        return .milliseconds(max(20, (Monotonic.now - begun).milliseconds * 3))
    }

    /// Looks what an hour has to merge.
    private mutating func begin(
        _ start: Timestamp, _ connection: Postgres.Connection
    ) throws(PostgresError) -> Duration {
        let rows = try connection.transaction { tx throws(PostgresError) in
            _ = tx.send(LogMergeStatements.manners)
            return try tx.query(LogMergeStatements.candidates(start))
        }
        candidates = []
        for row in 0..<rows.count {
            candidates.append(
                Candidate(stream: try rows.get(row, 0), chunks: try rows.get(row, 1), bytes: try rows.get(row, 2)))
        }
        hour = start
        return .zero
    }

    /// The streams of the next piece: one at least, which may be more than a piece.
    private func nextStreams() -> [Int64] {
        var streams: [Int64] = []
        var (chunks, bytes) = (0, 0)
        for candidate in candidates.reversed() {
            chunks += candidate.chunks
            bytes += candidate.bytes
            if !streams.isEmpty, chunks > Self.chunks || bytes > Self.bytes { break }
            streams.append(candidate.stream)
        }
        return streams
    }

    /// Merges in one transaction; `nil` when the hour is finished.
    private func piece(
        _ streams: [Int64], _ hour: Timestamp, _ connection: Postgres.Connection
    ) throws(PostgresError) -> Yield? {
        try connection.transaction { tx throws(PostgresError) -> Yield? in
            _ = tx.send(LogMergeStatements.manners)
            guard try tx.query(LogMergeStatements.lock(hour)).count > 0 else { return nil }
            let rows = try tx.query(LogMergeStatements.merge(streams, hour))
            let taken: Int = try rows.get(0, 0)
            // NULL, which ends the transaction, when something is missing.
            let made: Int = try rows.get(0, 1)
            let isLeft: Bool = try rows.get(0, 2)
            return Yield(taken: taken, made: made, isUnfinished: taken > 0 && isLeft)
        }
    }
}
