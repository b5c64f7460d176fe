import AMQP
import Contracts
import Postgres

extension ConsumerLoop {
    /// The solo lane, for what the broker has handed out before: an earlier delivery may have killed its process.
    ///
    /// The start is committed before the payload is decoded; a command whose starts nobody saw the end of is buried
    /// instead of started once more. Its batch-mates, redelivered with it, pass.
    func completeAlone(_ delivered: Arrived, _ handler: Handler) throws(Interruption) {
        var arrived = delivered
        var hasStarted = false
        if arrived.preset == nil {
            let starts = try startAlone(arrived, handler)
            hasStarted = starts != nil
            if let starts, starts > limits.soloStarts {
                log.error(
                    "a command killed its process", [(.jobID, .string(arrived.id)), (.attempt, .int(starts - 1))])
                let message = "The worker died \(starts - 1) times while it ran this command."
                arrived = arrived.ending(
                    with: Rejection(.bury, Reason(reason: "killed-the-worker", message: message)))
            } else if starts == nil, arrived.isNameless(to: handler), try !isBuried(arrived, handler) {
                // Equal bytes have been done, perhaps as another message: at least once means once more.
                arrived = arrived.named(for: handler)
            }
        }
        do throws(Interruption) {
            try complete([arrived], handler)
        } catch {
            // The process lives: a database that is away, or a stop, must not count against the command.
            if hasStarted { interrupted.append(arrived.key) }
            takeBackStarts()
            throw error
        }
    }

    /// Commits the start; `nil` when the ledger says that nothing is to be started.
    private func startAlone(_ arrived: Arrived, _ handler: Handler) throws(Interruption) -> Int? {
        var hold = Hold(limit: limits.hold)
        // Starts that may be in the ledger although nobody heard of them: this process made them, and lives.
        var unheard = 0
        while true {
            do throws(PostgresError) {
                let connection = try database.open()
                watchdog.arm(handler.timeout)
                defer { watchdog.disarm() }
                let rows = try connection.query(
                    Ledger.startAlone(
                        key: arrived.key, turn: Int32(clamping: arrived.turn), hash: Bytes(arrived.hash)))
                return rows.count == 0 ? nil : try rows.get(0, 0, as: Int.self) - unheard
            } catch {
                if error.isOutcomeUnknown { unheard += 1 }
                try recover(from: Rejection(error), &hold)
            }
        }
    }

    /// Whether a command of equal bytes and without an id is known as one that kills its process.
    private func isBuried(_ arrived: Arrived, _ handler: Handler) throws(Interruption) -> Bool {
        var hold = Hold(limit: limits.hold)
        while true {
            do throws(PostgresError) {
                let connection = try database.open()
                watchdog.arm(handler.timeout)
                defer { watchdog.disarm() }
                return try connection.query(Ledger.dead(key: arrived.key)).get(0, 0)
            } catch {
                try recover(from: Rejection(error), &hold)
            }
        }
    }

    /// Takes back the starts that were interrupted, as soon as the database is there.
    func takeBackStarts() {
        guard !interrupted.isEmpty, let connection = database.current else { return }
        do throws(PostgresError) {
            try connection.execute(Ledger.takeBackStarts(keys: interrupted))
            interrupted = []
        } catch {
            log.warning("interrupted starts could not be taken back", [(.error, .string("\(error)"))])
            database.leave(after: error)
        }
    }
}
