import AMQP
import Contracts
import Postgres

extension ConsumerLoop {
    /// Forgets outbox rows that are confirmed while no batch comes along to do it.
    func forgetConfirmed() {
        let confirmed = announcer.takeConfirmed()
        guard !confirmed.isEmpty else { return }
        do throws(PostgresError) {
            let connection = try database.open()
            #if FAULTS
            if Faults.reach(.mark, .before) { connection.cut() }
            #endif
            try connection.execute(Ledger.forgetOutbox(ids: confirmed))
            #if FAULTS
            if Faults.reach(.mark, .after) {
                connection.cut()
                throw PostgresError.lostAnswer()
            }
            #endif
        } catch {
            announcer.restore(confirmed)
            log.warning("the outbox could not be cleared", [(.error, .string("\(error)"))])
            database.leave(after: error)
        }
    }

    /// Reads every two seconds which of our queues an operator holds back; before the first answer none is consumed.
    func obeyOperators() {
        guard let reading = common.intake.begin() else { return }
        let names = handlers.values.map(\.name.rawValue)
        do throws(PostgresError) {
            let rows = try database.open().query(
                "SELECT command FROM queue_control WHERE paused AND command = ANY(\(names))")
            var wanted: Set<String> = []
            for row in 0..<rows.count {
                if let name = CommandName(try rows.get(row, 0, as: String.self)) {
                    wanted.insert(Topology.queue(for: name))
                }
            }
            let change = common.intake.hold(back: wanted, as: reading)
            for queue in change.paused { log.info("paused by an operator", [(.queue, .string(queue))]) }
            for queue in change.resumed { log.info("resumed by an operator", [(.queue, .string(queue))]) }
        } catch {
            log.warning("the operators' wishes could not be read", [(.error, .string("\(error)"))])
        }
    }

    /// Hands back what is held, once, and waits for the database and for what the handler needs besides.
    func handBack(because interruption: Interruption, _ handler: Handler) {
        guard interruption == .held else { return }
        if database.current == nil {
            log.error("the database stayed away; deliveries are handed back", [])
        } else {
            log.error("what the worker needs stayed away; deliveries are handed back", [])
        }
        pauseConsuming()
        consumer.returnUndelivered()
        pulse.end()
        while !stop.isRequested {
            pulse.beat()
            guard (try? database.await(until: .now + .seconds(5))) != nil else { continue }
            forgetConfirmed()
            takeBackStarts()
            do throws(Rejection) {
                try handler.probe()
                break
            } catch {
                log.warning("still away", [(.error, .string(error.reason.message))])
                leaveAlone(for: min(error.pause ?? .seconds(1), .seconds(5)))
            }
        }
        takeBackStarts()
        resumeConsuming()
    }

    /// Waits before what is away is asked again.
    private func leaveAlone(for pause: Duration) {
        let end = Monotonic.now + pause
        while Monotonic.now < end {
            if stop.wait(for: min(end - .now, Self.step)) { return }
            if database.current != nil { forgetConfirmed() }
        }
    }

    /// Waits for the database in steps, so that the pulse goes on however long deliveries may be held.
    func awaitDatabase(until deadline: Monotonic) throws(Interruption) {
        while true {
            pulse.beat()
            do throws(Interruption) {
                _ = try database.await(until: min(deadline, .now + .seconds(5)))
                return
            } catch {
                if error == .stopped || Monotonic.now >= deadline { throw error }
            }
        }
    }

    /// Consumes again, but for the queues that operators hold back. A process that is to stop takes nothing new.
    func resumeConsuming() {
        guard !stop.isRequested else { return }
        common.intake.resume(loop: number)
    }

    /// Takes nothing new; what was delivered is kept.
    func pauseConsuming() { common.intake.pause(loop: number) }

    /// Finishes what was delivered, within the grace; hands the rest back; waits for the last confirms while they can
    /// come.
    func drain(_ largest: Int) {
        let deadline = finishBy ?? .now
        pauseConsuming()
        while Monotonic.now < deadline {
            pulse.beat()
            if let deliveries = consumer.take(
                upTo: largest, bytes: limits.batchBytes, waitingUpTo: .milliseconds(50))
            {
                work(deliveries)
            } else if consumer.status.waiting == 0 {
                break  // and not woken by the request to stop
            }
        }
        consumer.returnUndelivered()
        common.runs?.drain(by: deadline) {
            pulse.beat()
            forgetConfirmed()
        }
        while Monotonic.now < deadline, announcer.openRows > 0, announcer.isHeard {
            pulse.beat()
            forgetConfirmed()
            _ = announcer.waitForReports(upTo: .milliseconds(50))
        }
        forgetConfirmed()
        takeBackStarts(within: .seconds(2))
        database.close()
    }

    /// Tries to take back the starts that were interrupted, also when the database is just coming back: a start that
    /// stays in the ledger counts against its command.
    private func takeBackStarts(within limit: Duration) {
        let deadline = Monotonic.now + limit
        let pause = Stop()
        while !interrupted.isEmpty {
            _ = try? database.open()
            takeBackStarts()
            if interrupted.isEmpty || Monotonic.now >= deadline { return }
            pause.wait(for: .milliseconds(100))
        }
    }
}
