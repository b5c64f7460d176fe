import AMQP
import Contracts
import Postgres

extension ConsumerLoop {
    /// The solo lane, for what the broker has handed out before: an earlier delivery may have killed its process.
    ///
    /// The start is committed before the payload is decoded, and taken back while the loop waits for something else. A
    /// command whose starts nobody saw the end of is buried instead of started once more. Its batch-mates, redelivered
    /// with it, pass.
    func completeAlone(_ delivered: Arrived, _ handler: Handler) throws(Interruption) {
        let arrived = delivered.preset == nil ? try started(delivered, handler) : delivered
        do throws(Interruption) {
            try complete([arrived], handler)
            soloStart = .none
        } catch {
            // The process lives: a database that is away, or a stop, must not count against the command.
            takeBackStart()
            soloStart = .none
            takeBackStarts()
            throw error
        }
    }

    /// The command as it may run, its start committed: itself, buried, or under a name of its own.
    private func started(_ arrived: Arrived, _ handler: Handler) throws(Interruption) -> Arrived {
        // A start that could not be taken back is this one.
        if let place = interrupted.firstIndex(of: arrived.key) {
            interrupted.remove(at: place)
            soloStart = .committed(arrived.key)
            return arrived
        }
        guard let starts = try startAlone(arrived, handler) else {
            soloStart = .none
            // Equal bytes have been done, perhaps as another message: at least once means once more.
            guard arrived.isNameless(to: handler), try !isBuried(arrived, handler) else { return arrived }
            return arrived.named(for: handler)
        }
        soloStart = .committed(arrived.key)
        #if FAULTS
        if Sabotage.isOn(.noSoloCount) { return arrived }
        #endif
        guard starts > limits.soloStarts else { return arrived }
        log.error("a command killed its process", [(.jobID, .string(arrived.id)), (.attempt, .int(starts - 1))])
        let message = "The worker died \(starts - 1) times while it ran this command."
        return arrived.ending(with: Rejection(.bury, Reason(reason: "killed-the-worker", message: message)))
    }

    /// Commits the start anew that was taken back while the loop rested. Booking an ending calls nothing that kills.
    func startedAnew(_ batch: [Arrived], _ handler: Handler) throws(Interruption) -> [Arrived] {
        guard case .takenBack = soloStart, batch[0].preset == nil else { return batch }
        return [try started(batch[0], handler)]
    }

    /// Takes back the start of the command at hand, which does not run while the loop rests, however its process ends.
    func takeBackStart() {
        guard case .committed(let key) = soloStart else { return }
        soloStart = .takenBack
        interrupted.append(key)
        takeBackStarts()
    }

    /// Commits the start; `nil` when the ledger says that nothing is to be started.
    private func startAlone(_ arrived: Arrived, _ handler: Handler) throws(Interruption) -> Int? {
        var hold = Hold(limit: limits.hold)
        // Starts that may be in the ledger although nobody heard of them: this process made them, and lives.
        var unheard = 0
        while true {
            do throws(PostgresError) {
                let connection = try database.open()
                pulse.beat()
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
                pulse.beat()
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
