#if FAULTS
import AMQP
import Contracts
import Glibc
import Postgres

/// What the loop and its passages do only in test builds.
extension ConsumerLoop {
    /// Waits until something is delivered, when that is where the process is to fail.
    func comeToDelivery() {
        guard Faults.isPlanned(.deliver, .before) else { return }
        while consumer.status.waiting == 0, !stop.isRequested {
            pulse.beat()
            usleep(1000)
        }
        if Faults.reach(.deliver, .before) { consumer.cut() }
    }

    /// ``Sabotage/ackBeforeCommit``.
    func settleFirst(
        _ deliveries: consuming Deliveries, for handler: Handler,
        _ work: ([Arrived]) throws(Interruption) -> Void
    ) -> Interruption? {
        let arrived = deliveries.all.map { read($0, for: handler) }
        deliveries.acknowledge()
        consumer.awaitSettled()
        do throws(Interruption) { try work(arrived) } catch { return error }
        return nil
    }
}

extension Arrived {
    /// As a worker of an edition that does not know the command reads it.
    var unknown: Arrived {
        let message = "This worker does not know it."
        return ending(with: Rejection(.park, Reason(reason: "unknown-kind", message: message)))
    }
}

extension Transaction {
    /// Has the server answer with an error.
    borrowing func fail(_ error: ServerFault) throws(Rejection) {
        switch error {
        case .deadlock: try run("DO $$ BEGIN RAISE 'fault' USING ERRCODE = '40P01'; END $$")
        case .serialization: try run("DO $$ BEGIN RAISE 'fault' USING ERRCODE = '40001'; END $$")
        case .diskFull: try run("DO $$ BEGIN RAISE 'fault' USING ERRCODE = '53100'; END $$")
        }
    }
}

/// What a server answers that is well in itself.
enum ServerFault {
    case deadlock, serialization, diskFull
}

extension Passage {
    /// ``Sabotage/effectOutside``.
    func runOutside(_ jobs: [Admitted], _ work: UnitOfWork) throws(Rejection) -> [Ended] {
        let ended: [Ended]
        do throws(PostgresError) {
            let text = Settings.processEnvironment["DATABASE_URL"] ?? ""
            let aside = try Postgres.Connection.open(ConnectionSettings(text))
            defer { aside.close() }
            let tx = Transaction(base: aside.begin(), work: work)
            do throws(Rejection) {
                ended = try handler.run(jobs, tx)
                _ = try tx.commit(nil)
            } catch {
                throw error.database ?? PostgresError.lostAnswer()
            }
        } catch {
            throw Rejection(error)
        }
        return ended
    }
}

extension Ledger {
    /// Admits as ever, or, under ``Sabotage/noAdmission``, whatever comes.
    static func sabotagedAdmit(keys: [UniqueID], turns: [Int32], hashes: [Bytes]) -> SQL {
        guard Sabotage.isOn(.noAdmission) else { return admit(keys: keys, turns: turns, hashes: hashes) }
        return """
            INSERT INTO job_key AS k (key, day, state, turn, attempt, sequence, body_hash)
            SELECT u.key, current_date, 's', u.turn, 1, 1, u.hash
            FROM unnest(\(keys), \(turns), \(hashes)) AS u (key, turn, hash)
            ON CONFLICT (key) DO UPDATE
            SET state = 's', turn = EXCLUDED.turn, attempt = k.attempt + 1, sequence = k.sequence + 1
            RETURNING k.key, k.day, k.attempt, k.sequence, k.xmax = 0
            """
    }
}

extension CompletionEvent {
    /// The event under another id.
    static func renamed(_ body: [UInt8]) -> [UInt8] {
        guard var event = try? CompletionEvent(parsing: body) else { return body }
        event.id = UniqueID.v7(at: .now, random: (.random(in: .min ... .max), .random(in: .min ... .max)))
        return event.encode()
    }
}
#endif
