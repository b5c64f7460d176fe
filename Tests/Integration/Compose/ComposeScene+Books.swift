import AMQP
import Books
import Contracts
import Postgres
import TestSupport
import Testing

extension ComposeScene {
    /// Addresses to lend, and a subscriber.
    func prepare(_ events: EventBook) throws {
        let database = try database()
        defer { database.close() }
        try database.addServers(4000)
        let broker = try broker()
        defer { broker.close() }
        try events.declare(on: broker)
        try broker.makeQueuesLast()
    }

    /// What passes by itself while work goes on.
    private static let unrest: Set<Imbalance.Kind> = [
        .lost, .undecided, .notAnnounced, .leftInQueue, .leftInOutbox, .leftInSchedule, .leftDead,
    ]

    /// Waits until nothing is on its way, and opens the books.
    func rest(_ producer: ComposeProducer, _ events: EventBook, since: Timestamp) throws -> BooksReport {
        var checker = Checker(ComposeProducer.commands)
        checker.ledgers = [producer.ledger]
        checker.events = events
        checker.effects = NemesisLoad.effects.filter { $0.command != Cluster.probe }
        checker.since = since
        var last: BooksReport?
        try eventually("everything has its outcome", within: 180) {
            let (database, broker) = (try database(), try broker())
            defer {
                database.close()
                broker.close()
            }
            last = try checker.check(database, broker)
            return !(last?.imbalances.contains { Self.unrest.contains($0.kind) } ?? true)
        }
        return try #require(last)
    }
}
