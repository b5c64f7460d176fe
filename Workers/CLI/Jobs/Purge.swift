import AMQP
import Contracts
import Runtime

/// Takes commands out of their queue and books each of them as cancelled: a confirmed command that vanished would be
/// one without an outcome.
struct Purge {
    let command: CommandName
    let broker: AMQP.Connection
    let database: Postgres.Connection
    let keys: KeyRing
    let reason: String

    /// Commands in one transaction, and in hand at most.
    private static let batch = 200

    /// Takes what was there when it began: producers may be faster than this.
    func run(upTo limit: Int) throws {
        let interrupt = Interrupt()
        let tag = try broker.consume(Topology.queue(for: command), prefetch: Self.batch)
        defer { try? broker.cancel(tag) }
        var progress = Progress("cancelled", of: limit)
        defer { progress.end() }
        var taken = 0
        var ended = 0
        var isOver = false
        while taken < limit, !isOver {
            if let code = interrupt.requested() {
                tell(ended, taken)
                throw Failure(code, "stopped; the same line again goes on with the others")
            }
            let batch = try take(min(Self.batch, limit - taken))
            isOver = batch.isEmpty
            ended += try end(batch)
            taken += batch.count
            progress.update(taken)
        }
        progress.end()
        tell(ended, taken)
    }

    /// The next deliveries; none when the queue gives none for a second.
    private func take(_ count: Int) throws(AMQPError) -> [Delivery] {
        var batch: [Delivery] = []
        while batch.count < count {
            guard let next = try broker.receive(within: batch.isEmpty ? .seconds(1) : .milliseconds(50)) else { break }
            batch.append(next)
        }
        return batch
    }

    /// Books a batch, then acknowledges it. Cut off in between, the broker hands them out again, and they are answered
    /// with the outcome they have.
    private func end(_ batch: [Delivery]) throws -> Int {
        guard !batch.isEmpty else { return 0 }
        let cancellation = Cancellation(
            reason: Reason(reason: "cancelled", message: reason), actor: "ruche: \(Audit.actor)")
        let arrivals = batch.map { Cancellation.Arrival($0, of: command, keys: keys) }
        // A twin in the same batch is the same command.
        let unique = Dictionary(
            arrivals.map { ($0.subject.key, $0) }, uniquingKeysWith: { $0.turn < $1.turn ? $1 : $0 })
        let count = try database.transaction { (tx: borrowing Postgres.Transaction) throws(PostgresError) in
            let ended = try cancellation.end(arriving: Array(unique.values), in: tx)
            let names = ended.compactMap { unique[$0]?.subject }.map {
                FoundJob.name(command.rawValue, $0.id, tenant: $0.tenant)
            }
            try Audit.write("queues purge", each: names.sorted(), reason, in: tx)
            return ended.count
        }
        for delivery in batch { try broker.settle(delivery, .acknowledge) }
        return count
    }

    private func tell(_ ended: Int, _ taken: Int) {
        emit("\(taken) messages taken from the queue of \(command); \(ended) commands cancelled and announced")
        if taken > ended { emit("\(taken - ended) had an outcome already, or a later passage of them counts") }
        emit("undo: ruche jobs retry state:cancelled error:cancelled command:\(command) --reason …")
    }
}
