import AMQP
import Books
import Contracts
import Foundation
import Postgres
import Runtime
import TestSupport

/// Falsifies one book of a scene by hand. What it does to the database is in a transaction that is rolled back, what it
/// does to files in copies, and what it leaves on the broker goes with it.
final class BooksFalsifier {
    let scene: BooksScene
    let broker: AMQP.Connection
    let ledger: String
    let events: EventBook

    init(_ scene: BooksScene) throws {
        self.scene = scene
        broker = try scene.cluster.broker("falsifier")
        let stem = "\(scene.cluster.directory)/\(UUID().uuidString)"
        ledger = stem + ".ledger"
        events = EventBook(queue: scene.events.queue, commands: scene.events.commands, path: stem + ".events")
        try FileManager.default.copyItem(atPath: scene.ledger, toPath: ledger)
        try FileManager.default.copyItem(atPath: scene.events.path, toPath: events.path)
    }

    deinit {
        for queue in [Topology.queue(for: Cluster.probe), Topology.deadLetterQueue] {
            _ = try? broker.purgeQueue(queue)
        }
        broker.close()
    }

    var checker: Checker { scene.checker(ledger: ledger, events: events) }

    /// Brings about this imbalance and no other. Returns the subject it meets.
    func falsify(_ kind: Imbalance.Kind, in tx: borrowing Postgres.Transaction) throws -> String {
        switch kind {
        case .lost:
            let ledger = try ProducerLedger(ledger)
            let body = Cluster.probe("succeed")
            try ledger.confirm(ledger.intend([Intention(Cluster.probe, id: "ghost", body: body)]))
            return "ghost"
        case .undecided: return try falsifyUndecided(in: tx)
        case .twoOutcomes: return try falsifyTwoOutcomes(in: tx)
        case .endedAgain: return try falsifyEndedAgain(in: tx)
        case .unexpectedOutcome:
            try rewrite(ledger, Self.onlySuccess)
            return "refuse-1"
        case .otherBody:
            try tx.execute(
                "UPDATE job_key SET body_hash = sha256('another') WHERE key = \(try key("succeed-0", in: tx))")
            return "succeed-0"
        case .reusedID:
            try tx.execute("UPDATE job SET reason = 'told-to' WHERE reason = 'id-reused' AND id = 'succeed-1'")
            return "succeed-1"
        case .strangerOutcome:
            try rewrite(ledger) { $0.contains(#""id":"refuse-2""#) ? nil : $0 }
            return "refuse-2"
        case .keyMissing:
            try tx.execute("DELETE FROM job_key WHERE key = \(try key("succeed-2", in: tx))")
            return "succeed-2"
        case .detailMissing:
            try tx.execute("DELETE FROM job WHERE id = 'succeed-2'")
            return "succeed-2"
        case .rowsDisagree:
            try tx.execute("UPDATE job SET attempt = attempt + 1 WHERE id = 'recover-2'")
            return "recover-2"
        case .eventMissing, .eventDisagrees, .sequenceGap, .strangerEvent, .sharedEventID:
            return try falsifyEvent(kind, in: tx)
        case .notAnnounced, .strangerAnnouncement, .announcementDiffers, .unreadableAnnouncement:
            return try falsifyAnnouncement(kind, in: tx)
        case .effectTwice, .effectWithoutSuccess, .successWithoutEffect, .strangerEffect:
            return try falsifyEffect(kind, in: tx)
        case .leftInQueue, .leftInOutbox, .leftInSchedule, .leftRun, .leftDead, .leftStray:
            return try leave(kind, in: tx)
        }
    }

    /// The key of the command that was done under this id.
    func key(_ id: String, in tx: borrowing Postgres.Transaction) throws -> UniqueID {
        try tx.query("SELECT key FROM job WHERE id = \(id) AND reason IS DISTINCT FROM 'id-reused'").get(0, 0)
    }

    /// Changes the lines of a file; `nil` leaves one out.
    func rewrite(_ path: String, _ change: (String) -> String?) throws {
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        let changed = lines.compactMap { change(String($0)) }.map { $0 + "\n" }.joined()
        try changed.write(toFile: path, atomically: true, encoding: .utf8)
    }

    /// Publishes an event as a worker would, and receives it.
    func announce(_ body: [UInt8], under routingKey: String) throws {
        try broker.publish(
            OutgoingMessage(exchange: Topology.eventExchange, routingKey: routingKey, body: body, mandatory: true))
        guard try broker.waitForConfirms(within: .seconds(20)).map(\.outcome) == [.confirmed] else {
            throw TestFailure("the event was not confirmed")
        }
        try events.collect(from: broker)
    }

    private static func onlySuccess(_ line: String) -> String {
        line.contains(#""id":"refuse-1""#)
            ? line.replacingOccurrences(of: #""endings":2"#, with: #""endings":1"#) : line
    }
}
