import AMQP
import Books
import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport

extension BooksFalsifier {
    /// A start in the solo lane that nobody saw the end of.
    func falsifyUndecided(in tx: borrowing Postgres.Transaction) throws -> String {
        let intention = Intention(Cluster.probe, id: "started", body: Cluster.probe("die"))
        try ProducerLedger(ledger).intend([intention])
        try tx.execute(
            Ledger.startAlone(key: intention.identity.key, turn: 0, hash: Bytes(intention.identity.hash)))
        return "key \(intention.identity.key)"
    }

    /// The same command once more under a key of its own, its event announced: what a fault in making keys would do.
    func falsifyTwoOutcomes(in tx: borrowing Postgres.Transaction) throws -> String {
        let (old, new) = (try key("refuse-3", in: tx), UniqueID(high: 7, low: 7))
        let event = try newEvent("refuse-3", in: tx)
        try tx.execute(
            """
            INSERT INTO job (day, key, id, command, tenant, state, attempt, reason, finished_at, worker)
            SELECT day, \(new), id, command, tenant, state, attempt, reason, finished_at, worker FROM job
            WHERE key = \(old)
            """)
        try tx.execute(
            """
            INSERT INTO job_key (key, day, state, turn, attempt, sequence, body_hash)
            SELECT \(new), day, state, turn, attempt, sequence, body_hash FROM job_key WHERE key = \(old)
            """)
        try store(event, under: new, in: tx)
        try announce(event.encode(), under: event.routingKey)
        return "refuse-3"
    }

    /// A second outcome in the same row, as well announced as the first.
    func falsifyEndedAgain(in tx: borrowing Postgres.Transaction) throws -> String {
        let event = try newEvent("refuse-4", in: tx) { $0.sequence = 2 }
        let key = try key("refuse-4", in: tx)
        try tx.execute("UPDATE job_key SET sequence = 2 WHERE key = \(key)")
        try store(event, under: key, in: tx)
        try announce(event.encode(), under: event.routingKey)
        return "refuse-4"
    }

    func falsifyEvent(_ kind: Imbalance.Kind, in tx: borrowing Postgres.Transaction) throws -> String {
        switch kind {
        case .eventMissing:
            try tx.execute("DELETE FROM event WHERE key = \(try key("succeed-3", in: tx))")
            return "succeed-3"
        case .eventDisagrees:
            try tx.execute(
                "UPDATE event SET type = 'ruche.probe.failed.v1' WHERE key = \(try key("succeed-3", in: tx))")
            return "succeed-3"
        case .sequenceGap:
            try tx.execute("DELETE FROM event WHERE key = \(try key("recover-3", in: tx)) AND sequence = 1")
            return "recover-3"
        case .strangerEvent:
            try store(try newEvent("refuse-0", in: tx) { $0.subject = "nobody" }, under: .zero, in: tx)
            return "nobody"
        default:
            let id = try storedEvent("refuse-0", in: tx) { _ in }.id
            let shared = try storedEvent("refuse-1", in: tx) { $0.id = id }
            try tx.execute(
                "UPDATE event SET body = \(Bytes(shared.encode())) WHERE key = \(try key("refuse-1", in: tx))")
            try rewrite(events.path) { $0.contains(#""subject":"refuse-1""#) ? nil : $0 }
            return "event \(id)"
        }
    }

    func falsifyAnnouncement(_ kind: Imbalance.Kind, in tx: borrowing Postgres.Transaction) throws -> String {
        switch kind {
        case .notAnnounced:
            try rewrite(events.path) { $0.contains(#""subject":"succeed-4""#) ? nil : $0 }
            return "succeed-4"
        case .strangerAnnouncement:
            let event = try newEvent("succeed-4", in: tx) { $0.subject = "ghost" }
            try announce(event.encode(), under: event.routingKey)
            return "ghost"
        case .announcementDiffers:
            let event = try storedEvent("succeed-4", in: tx) { $0.data = Array(#"{"attempt":7}"#.utf8) }
            try announce(event.encode(), under: event.routingKey)
            return "succeed-4"
        default:
            try announce(Array("{}".utf8), under: Topology.routingKey(for: Cluster.probe, .succeeded))
            return "message"
        }
    }

    func falsifyEffect(_ kind: Imbalance.Kind, in tx: borrowing Postgres.Transaction) throws -> String {
        switch kind {
        case .effectTwice:
            try tx.execute("INSERT INTO probe_effect (job) VALUES (\(try key("succeed-4", in: tx)))")
            return "succeed-4"
        case .effectWithoutSuccess:
            try tx.execute("INSERT INTO probe_effect (job) VALUES (\(try key("refuse-4", in: tx)))")
            return "refuse-4"
        case .successWithoutEffect:
            try tx.execute("DELETE FROM probe_effect WHERE job = \(try key("succeed-4", in: tx))")
            return "succeed-4"
        default:
            try tx.execute("INSERT INTO probe_effect (job) VALUES (\(UniqueID.zero))")
            return "key \(UniqueID.zero)"
        }
    }

    func leave(_ kind: Imbalance.Kind, in tx: borrowing Postgres.Transaction) throws -> String {
        let key = try key("succeed-4", in: tx)
        switch kind {
        case .leftInQueue, .leftDead:
            let queue = kind == .leftDead ? Topology.deadLetterQueue : Topology.queue(for: Cluster.probe)
            try broker.publish(OutgoingMessage(exchange: "", routingKey: queue, body: []))
            _ = try broker.waitForConfirms(within: .seconds(20))
            return queue
        case .leftInOutbox:
            try tx.execute(
                """
                INSERT INTO outbox (days, keys, sequences) SELECT ARRAY[day], ARRAY[key], ARRAY[1] FROM job
                WHERE key = \(key)
                """)
        case .leftInSchedule:
            try tx.execute(
                """
                INSERT INTO schedule (subject, due_at, command, tenant, message_id, payload, cause)
                VALUES (\(key), now() + interval '1 day', 'probe', 'default', 'succeed-4', '', 'a test')
                """)
        case .leftRun:
            try tx.execute(
                """
                INSERT INTO run (key, command, state, fence, lease_until, lease_ms, holder, worker, attempt, version,
                    tenant, message_id, turn, payload)
                VALUES (\(key), 'probe', 'r', 1, now(), 1000, \(key), 'a test', 1, 1, 'default', 'succeed-4', 0, '')
                """)
        default:
            try tx.execute(
                """
                INSERT INTO stray (exchange, routing_key, message_id, body)
                VALUES ('', \(Topology.queue(for: Cluster.probe)), 'succeed-4', '')
                """)
        }
        return "succeed-4"
    }

    /// The last event of a command with other members, under its own id.
    private func storedEvent(
        _ id: String, in tx: borrowing Postgres.Transaction, change: (inout CompletionEvent) -> Void
    ) throws -> CompletionEvent {
        let body: Bytes = try tx.query(
            "SELECT body FROM event WHERE key = \(try key(id, in: tx)) ORDER BY sequence DESC LIMIT 1"
        ).get(0, 0)
        var event = try CompletionEvent(parsing: body.array)
        change(&event)
        return event
    }

    /// The same under an id of its own.
    private func newEvent(
        _ id: String, in tx: borrowing Postgres.Transaction, change: (inout CompletionEvent) -> Void = { _ in }
    ) throws -> CompletionEvent {
        try storedEvent(id, in: tx) {
            $0.id = UniqueID(high: .random(in: .min ... .max), low: .random(in: .min ... .max))
            change(&$0)
        }
    }

    private func store(
        _ event: CompletionEvent, under key: UniqueID, in tx: borrowing Postgres.Transaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO event (day, key, sequence, type, body)
            VALUES (current_date, \(key), \(Int32(event.sequence)), \(event.type), \(Bytes(event.encode())))
            """)
    }
}
