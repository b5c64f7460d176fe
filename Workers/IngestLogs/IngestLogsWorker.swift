package import Contracts
package import Runtime

/// Stores lines of logs.
///
/// **Guarantee.** What the completion calls accepted is stored, in the transaction that admits the command: with an id
/// once, without one at least once. A line at fault costs neither its neighbours nor the command. Whether a line is too
/// old or too far ahead the database's clock says, to a second: a worker's that is wrong leaves out nothing.
///
/// **Cost.** All messages of a batch are one chunk a stream, so a hundred messages of one line each are as cheap to
/// keep as one of a hundred lines. No round trip of its own: everything travels with the commit, unless the time of a
/// line is doubtful. A worker is given at most 1000 messages, of at most a mebibyte each; `PREFETCH` lowers that where
/// memory is short.
package struct IngestLogsWorker: BatchWorker {
    package static let options = WorkOptions<IngestLogs> {
        $0.batchSize = 250
        // The lines are stored; keeping the message too would double them.
        $0.keepsPayload = false
        $0.counters = [LineCount.counter]
    }

    package init() {}

    package func handle(
        _ jobs: [Job<IngestLogs>], in tx: borrowing Transaction
    ) throws(Rejection) -> [JobEnding<LogsIngested>] {
        var (gathered, endings) = Self.gather(jobs, at: tx.now)
        if gathered.hasRefusedTimes {
            let time = try Self.time(in: tx)
            let error = time - tx.now
            // Not where our clock is right: who sends old lines all the time would have all gathered twice.
            if !(.seconds(-1) ... .seconds(1) ~= error) { (gathered, endings) = Self.gather(jobs, at: time) }
        }
        LineCount.count(endings, in: tx)
        let streams = gathered.streams()
        guard !streams.isEmpty else { return endings }

        try tx.send(LogStore.enter(streams))
        for stream in streams {
            for chunk in stream.chunks() { try tx.send(LogStore.insert(chunk, of: stream)) }
        }
        try tx.send(LogStore.count(streams))
        return endings
    }

    private static func gather(
        _ jobs: [Job<IngestLogs>], at time: Timestamp
    ) -> (GatheredLogs, [JobEnding<LogsIngested>]) {
        var gathered = GatheredLogs(at: time)
        let endings = jobs.map { JobEnding<LogsIngested>.success(gathered.add($0.command, of: $0.tenant)) }
        return (gathered, endings)
    }

    /// When the transaction began, by the database's clock.
    private static func time(in tx: borrowing Transaction) throws(Rejection) -> Timestamp {
        let rows = try tx.query("SELECT now()")
        do throws(PostgresError) { return try rows.get(0, 0) } catch { throw Rejection(error) }
    }
}
