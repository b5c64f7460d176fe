import AMQP
import Contracts
import Postgres

extension ConsumerLoop {
    /// The solo lane, for what the broker has handed out before: an earlier delivery may have killed its process.
    ///
    /// The start is committed before the payload is decoded; a command whose starts nobody saw the end of is buried
    /// instead of started once more. Its batch-mates, redelivered with it, pass.
    func alone(_ delivery: consuming Deliveries, _ handler: Handler) throws(Interruption) {
        do throws(Interruption) {
            try completeAlone(Arrived(delivery[0], for: handler, now: .now), handler)
        } catch {
            delivery.requeue()
            throw error
        }
        delivery.acknowledge()
    }

    private func completeAlone(_ delivered: Arrived, _ handler: Handler) throws(Interruption) {
        var arrived = delivered
        if arrived.preset == nil, let starts = try startAlone(arrived), starts > limits.soloStarts {
            log.error("a command killed its process", [(.jobID, .string(arrived.id)), (.attempt, .int(starts - 1))])
            let message = "The worker died \(starts - 1) times while it ran this command."
            arrived.preset = Rejection(.bury, Reason(reason: "killed-the-worker", message: message))
        }
        try complete([arrived], handler)
    }

    /// Commits the start; `nil` when the ledger says that nothing is to be started.
    private func startAlone(_ arrived: Arrived) throws(Interruption) -> Int? {
        var hold = Hold(limit: limits.hold)
        while true {
            do throws(PostgresError) {
                let rows = try database.open().query(
                    Ledger.startAlone(
                        key: arrived.key, turn: Int32(clamping: arrived.turn), hash: Bytes(arrived.hash)))
                return rows.count == 0 ? nil : try rows.get(0, 0)
            } catch {
                try recover(from: Rejection(error), &hold)
            }
        }
    }
}
