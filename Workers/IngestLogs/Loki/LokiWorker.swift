package import Contracts
package import Runtime

/// Pushes lines of logs to a Loki cluster.
///
/// **Guarantee.** What the completion calls accepted was acknowledged by Loki before the transaction commits that
/// admits the command. Killed between the two, the same lines are pushed again with the same times, and Loki drops them
/// as exact duplicates. While Loki is away, limits the rate, or does not let us in, commands wait uncounted.
///
/// **Cost.** A transaction is open while the push goes on, for at most `LOKI_TIMEOUT`. One request for all messages of
/// a batch, as long as they have no more than a mebibyte.
package struct LokiWorker: BatchWorker {
    package static let options = IngestLogsWorker.options

    private let sink: LokiSink

    package init(_ sink: LokiSink) {
        self.sink = sink
    }

    package func handle(
        _ jobs: [Job<IngestLogs>], in tx: borrowing Transaction
    ) throws(Rejection) -> [JobEnding<LogsIngested>] {
        let endings = try sink.push(jobs, at: tx.now)
        LineCount.count(endings, in: tx)
        return endings
    }

    package func probe() throws(Rejection) { try sink.probe() }
}
