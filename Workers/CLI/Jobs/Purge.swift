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

    /// The reason code of what it ends: nobody else's cancellations have it.
    static let reasonCode = "purged"

    /// Commands in one transaction, and in hand at most.
    private static let batch = 200

    /// Takes what was there when it began: producers may be faster than this.
    func run(upTo limit: Int) throws {
        let interrupt = Interrupt()
        let tag = try broker.consume(Topology.queue(for: command), prefetch: Self.batch)
        defer { try? broker.cancel(tag) }
        var progress = Progress("cancelled", of: limit)
        var taken = 0
        // What was known before keeps the time it was admitted at; see `end`.
        var undo = Undo("jobs", "retry", terms: ["error:\(Self.reasonCode)"])
        var isOver = false
        defer {
            progress.end()
            tell(undo, taken)
        }
        while taken < limit, !isOver {
            if let code = interrupt.requested() {
                throw Failure(code, "stopped; the same line again goes on with the others")
            }
            let batch = try take(min(Self.batch, limit - taken))
            isOver = batch.isEmpty
            try end(batch, &undo)
            taken += batch.count
            progress.update(taken)
        }
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
    private func end(_ batch: [Delivery], _ undo: inout Undo) throws {
        guard !batch.isEmpty else { return }
        let cancellation = Cancellation(
            reason: Reason(reason: Self.reasonCode, message: reason), actor: Audit.mark)
        let arrivals = batch.map { Cancellation.Arrival($0, of: command, keys: keys) }
        // A twin in the same batch is the same command.
        let unique = Dictionary(
            arrivals.map { ($0.subject.key, $0) }, uniquingKeysWith: { $0.turn < $1.turn ? $1 : $0 })
        let done = try database.transaction { (tx: borrowing Postgres.Transaction) throws(PostgresError) in
            let ended = try cancellation.end(arriving: Array(unique.values), in: tx)
            let names = ended.compactMap { unique[$0]?.subject }.map {
                FoundJob.name(command.rawValue, $0.id, tenant: $0.tenant)
            }
            try Audit.write("queues purge", each: names.sorted(), reason, in: tx)
            let first = try tx.query(
                """
                SELECT min(j.admitted_at) FROM job_key k JOIN job j ON j.day = k.day AND j.key = k.key
                WHERE k.key = ANY(\(ended.sorted()))
                """)
            return (ended: ended, admittedAt: try first.get(0, 0, as: Timestamp?.self))
        }
        for key in done.ended {
            guard let subject = unique[key]?.subject else { continue }
            undo.add(subject, admittedAt: done.admittedAt)
        }
        for delivery in batch { try broker.settle(delivery, .acknowledge) }
    }

    private func tell(_ undo: Undo, _ taken: Int) {
        let ended = undo.count
        emit("\(taken) messages taken from the queue of \(command); \(ended) commands cancelled and announced")
        if taken > ended { emit("\(taken - ended) had an outcome already, or a later passage of them counts") }
        emit(undo.line)
    }
}
