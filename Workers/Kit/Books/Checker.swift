package import AMQP
package import Contracts
package import Runtime

/// Compares, at rest, what producers wrote down with everything that the cluster kept about it.
///
/// **What is compared.** Each promise of the ledgers (command, tenant, id, body) with its outcome in `job` and
/// `job_key`; these two with each other, with the stored events, and with the effects; the stored events with what a
/// subscriber received; and queues, outbox, schedule, dead letters and strays with emptiness. Rows are found by what
/// they say they are, not by their key, so that a fault in making keys is found as well.
///
/// **What is not.** Messages in a worker's hand are not seen by the queue's count: stop the workers first, or wait
/// until every command has its outcome. What an effect consists of is the ``EffectSource``'s affair. Replies are best
/// effort, and are nobody's promise.
///
/// **Cost.** The broker is asked first, and not again: a comparison may take longer than the broker puts up with a
/// connection that says nothing. The checker's memory is constant. The database copies what is compared into temporary
/// tables of its own session, and hashes them against each other: docs/proof.md has the figures. The user needs
/// `TEMPORARY` on the database and `SELECT` on the ledger, besides what the effect sources read.
package struct Checker: Sendable {
    /// The commands at hand. Whatever the ledger and the broker have of them counts.
    package var commands: [CommandName]
    /// Ledgers of the producers, by path.
    package var ledgers: [String] = []
    /// What a subscriber received; without one, announcements are not compared.
    package var events: EventBook?
    /// Where effects are; commands without a source may have any.
    package var effects: [EffectSource] = []
    /// What the ledger admitted before is left out, and so are its events and strays; everything counts when `nil`. No
    /// promise may be older: its command would be missed.
    package var since: Timestamp?
    /// Whose commands count; everybody's when `nil`. Strays count, as they do not say whose they are.
    package var tenants: Set<String>?
    /// Whether the queue of dead letters must be empty. Not where others use the broker too: it does not say whose
    /// messages these are.
    package var ownsDeadLetters = true
    /// Subjects that are named of each imbalance; the totals are always whole.
    package var limit = 10

    /// Compares nothing yet.
    package init(_ commands: [CommandName]) {
        self.commands = commands
    }

    /// Collects the events that have come, compares, and returns what it found. Changes nothing in the database.
    ///
    /// - Throws: ``BooksError``, when the books could not be read: that says nothing about what is in them.
    package func check(
        _ database: Postgres.Connection, _ broker: AMQP.Connection
    ) throws(BooksError) -> BooksReport {
        try events?.collect(from: broker)
        let tx = database.begin(TransactionMode(.repeatableRead))
        let report: BooksReport
        do throws(BooksError) { report = try check(in: tx, broker) } catch {
            tx.rollback()
            throw error
        }
        tx.rollback()
        return report
    }

    /// The same in a transaction of the caller's, who rolls it back: it is left with temporary tables. Events are not
    /// collected.
    package func check(
        in tx: borrowing Postgres.Transaction, _ broker: AMQP.Connection
    ) throws(BooksError) -> BooksReport {
        let leftovers = [
            Imbalance.Kind.leftInQueue: try leftovers(.leftInQueue, broker),
            .leftDead: try leftovers(.leftDead, broker),
        ]
        try load(into: tx)
        var imbalances: [Imbalance] = []
        for kind in Imbalance.Kind.allCases {
            let found =
                if let question = Self.question(kind) { try ask(kind, question, in: tx) } else {
                    leftovers[kind] ?? nil
                }
            if let found { imbalances.append(found) }
        }
        return BooksReport(counts: try counts(in: tx), imbalances: imbalances)
    }

    private func ask(
        _ kind: Imbalance.Kind, _ question: String, in tx: borrowing Postgres.Transaction
    ) throws(BooksError) -> Imbalance? {
        let isAnnouncement: [Imbalance.Kind] = [
            .notAnnounced, .strangerAnnouncement, .announcementDiffers, .unreadableAnnouncement,
        ]
        if events == nil, isAnnouncement.contains(kind) { return nil }
        return try reading { () throws(PostgresError) in
            let rows = try tx.query(
                SQL(
                    script: """
                        SELECT count(*) OVER (), found.command::text, found.tenant::text, found.id::text,
                            found.note::text
                        FROM (\(question)) AS found (command, tenant, id, note)
                        ORDER BY found.id::text COLLATE "C", 5 LIMIT \(limit)
                        """))
            guard !rows.isEmpty else { return nil }
            var subjects: [Imbalance.Subject] = []
            for row in 0..<rows.count {
                subjects.append(
                    Imbalance.Subject(
                        command: try rows.get(row, 1, as: String?.self) ?? "",
                        tenant: try rows.get(row, 2, as: String?.self) ?? "",
                        id: try rows.get(row, 3, as: String?.self) ?? "",
                        note: try rows.get(row, 4, as: String?.self) ?? ""))
            }
            return Imbalance(kind: kind, total: try rows.get(0, 0), subjects: subjects)
        }
    }

    /// What lies on the broker.
    private func leftovers(_ kind: Imbalance.Kind, _ broker: AMQP.Connection) throws(BooksError) -> Imbalance? {
        let queues =
            kind == .leftDead
            ? (ownsDeadLetters ? [("", Topology.deadLetterQueue)] : [])
            : commands.map { ($0.rawValue, Topology.queue(for: $0)) }
        var subjects: [Imbalance.Subject] = []
        var total = 0
        for (command, queue) in queues {
            let messages: Int
            do throws(AMQPError) { messages = try broker.inspectQueue(queue)?.messages ?? 0 } catch {
                throw BooksError(.broker, "the queue \(queue)", underlying: error)
            }
            guard messages > 0 else { continue }
            total += messages
            subjects.append(
                Imbalance.Subject(command: command, tenant: "", id: queue, note: "\(messages) messages"))
        }
        return total == 0 ? nil : Imbalance(kind: kind, total: total, subjects: subjects)
    }

    private func counts(in tx: borrowing Postgres.Transaction) throws(BooksError) -> BooksReport.Counts {
        try reading { () throws(PostgresError) in
            let rows = try tx.query(Self.totals)
            var counts = BooksReport.Counts()
            counts.intended = try rows.get(0, 0)
            counts.confirmed = try rows.get(0, 1)
            counts.promises = try rows.get(0, 2)
            counts.events = try rows.get(0, 3)
            counts.received = try rows.get(0, 4)
            counts.effects = try rows.get(0, 5)
            let states = try tx.query(Self.states)
            for row in 0..<states.count {
                let letter: String = try states.get(row, 0)
                let outcome = letter.first.flatMap(JobState.init(rawValue:))?.outcome
                if let outcome { counts.outcomes[outcome] = try states.get(row, 1) }
            }
            return counts
        }
    }

    func reading<Value>(_ body: () throws(PostgresError) -> Value) throws(BooksError) -> Value {
        do throws(PostgresError) { return try body() } catch {
            throw BooksError(.database, "the database could not be asked", underlying: error)
        }
    }
}
