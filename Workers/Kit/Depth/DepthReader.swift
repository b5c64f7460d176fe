package import AMQP
package import Contracts
package import Postgres
import Runtime

/// Looks at the queues and at the ledger, so that whoever shows or uses the depth of a queue has the same figures.
///
/// It keeps what a look has to know of earlier ones, so one reader is used again and again; the first look of another
/// knows less about the age of messages. It changes nothing, and needs no rights on the queues.
///
/// **Cost.** A passive declare for each queue, at most one request to the management API, and six statements. They
/// read a minute of the ledger and at most ``countLimit`` rows for each number; docs/metrics.md has measurements. Who
/// looks often rests as ``rest(after:)`` says.
///
/// It belongs to the thread of the connections it is given.
package final class DepthReader {
    /// Where counting stops: a number says no more than "very many".
    package static let countLimit = 1_000_000

    private let commands: [CommandName]
    private let management: Management?
    private var ages: [CommandName: AgeBound] = [:]
    private var managementError: DepthError?
    private var askAgainAt = Monotonic.distantPast

    /// - Parameters:
    ///   - commands: whose queues are looked at; those of this edition when nothing is said.
    ///   - management: tells how many messages workers have in hand. When it does not answer, the rest is there all the
    ///     same: see ``ClusterDepth/managementError``.
    package init(
        _ commands: [CommandName] = Catalogue.commands.map { $0.name }, management: Management? = nil
    ) {
        self.commands = commands
        self.management = management
    }

    /// Looks at the queues and at the ledger.
    ///
    /// - Throws: ``DepthError/Code/broker`` or ``DepthError/Code/database``, with the error beneath.
    package func look(broker: AMQP.Connection, database: Postgres.Connection) throws(DepthError) -> ClusterDepth {
        // The queues first: a message that is admitted between the two looks is then counted twice rather than never.
        var found: [QueueInfo?] = []
        let letters: QueueInfo?
        do throws(AMQPError) {
            for command in commands { found.append(try broker.inspectQueue(Topology.queue(for: command))) }
            letters = try broker.inspectQueue(Topology.deadLetterQueue)
        } catch {
            throw DepthError(error)
        }
        let unacked = askManagement()
        let begun = Monotonic.now
        let ledger: LedgerDepth
        do throws(PostgresError) { ledger = try read(database) } catch { throw DepthError(error) }
        let queues = commands.indices.map { place in
            let command = commands[place]
            let queue = found[place]
            let held = queue == nil ? nil : unacked.map { $0[Topology.queue(for: command)] ?? 0 }
            let backlog = (queue?.messages ?? 0) + (held ?? 0)
            let newest = ledger.recent[command.rawValue]?.newest
            let age = ages[command, default: AgeBound()].note(isEmpty: backlog == 0, newest: newest, at: ledger.time)
            return ledger.depth(
                of: command, ready: queue?.messages, unacked: held, consumers: queue?.consumers, oldestAge: age)
        }
        return ledger.cluster(queues, letters: letters, took: .now - begun, managementError)
    }

    /// Looks at the ledger alone, while the broker is away.
    package func look(database: Postgres.Connection) throws(PostgresError) -> ClusterDepth {
        let begun = Monotonic.now
        let ledger = try read(database)
        return ledger.cluster(commands.map { ledger.depth(of: $0) }, letters: nil, took: .now - begun, nil)
    }

    /// What workers have in hand, by queue; `nil` when nobody says. A management API that does not answer takes its
    /// time each time, so it is left alone for a while.
    private func askManagement() -> [String: Int]? {
        guard let management, Monotonic.now >= askAgainAt else { return nil }
        do throws(DepthError) {
            managementError = nil
            return try management.unacknowledged()
        } catch {
            managementError = error
            askAgainAt = .now + Self.patience
            return nil
        }
    }

    private static let patience = Duration.seconds(15)

    private func read(_ database: Postgres.Connection) throws(PostgresError) -> LedgerDepth {
        try LedgerDepth(database, commands: commands.map(\.rawValue), limit: Self.countLimit)
    }

    /// How long to rest after a look, so that reading takes at most a twentieth of the time; a minute at most.
    ///
    /// - Parameters:
    ///   - took: how long reading took.
    ///   - wish: the rest when that is long enough.
    package static func rest(after took: Duration, wish: Duration) -> Duration {
        max(wish, min(took * 19, .seconds(60)))
    }
}
