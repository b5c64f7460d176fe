import AMQP
import Contracts

/// One event to publish.
struct Announcement: Sendable {
    let routingKey: String
    let body: [UInt8]
    /// Where this delivery's own answer goes.
    let replyTo: String?
    let correlationID: String?
}

/// Publishes the events of committed transactions and learns which outbox rows may be forgotten.
///
/// Shared by the loops of a process: whichever commits next forgets what is confirmed. A row whose events are not all
/// confirmed is left to the relay; nothing is lost by leaving it, because the row was committed with the effect.
final class Announcer: Sendable {
    private let publisher: Publisher
    /// Replies go over a connection of their own: RabbitMQ closes the connection that publishes to a direct reply-to
    /// name it cannot read (541, seen with 3.10), and with it would go the confirms of everybody's events.
    private let replies: Publisher
    private let rows = OpenRows()

    /// Replies that wait for the broker beyond which further ones are dropped: they are best effort.
    private static let mostReplies = 10_000

    init(publisher: Publisher, replies: Publisher) {
        self.publisher = publisher
        self.replies = replies
    }

    /// Messages that wait for the broker.
    var backlog: Int { publisher.backlog }

    /// Rows that are published and not confirmed.
    var openRows: Int { rows.count }

    /// Whether confirms can come: nothing is published while the broker is away or has an alarm.
    var isHeard: Bool {
        let status = publisher.status
        return status.connected && status.blocked == nil
    }

    /// Publishes what a committed transaction decided.
    ///
    /// - Parameters:
    ///   - events: the events that `row` of the outbox holds.
    ///   - repeats: stored events of duplicates; announced again, nobody's outbox row.
    func publish(_ events: [Announcement], row: Int64?, repeats: [Announcement]) {
        let token = OpenRows.token(of: row)
        rows.open(token, events: events.count)
        var messages: [OutgoingMessage] = []
        var answers: [OutgoingMessage] = []
        messages.reserveCapacity(events.count + repeats.count)
        for announcement in events {
            messages.append(Self.event(announcement, token: token))
            if let reply = Self.reply(announcement) { answers.append(reply) }
        }
        for announcement in repeats {
            messages.append(Self.event(announcement, token: OpenRows.untracked))
            if let reply = Self.reply(announcement) { answers.append(reply) }
        }
        #if FAULTS
        if !events.isEmpty, Faults.reach(.eventPublish, .before) { publisher.cut() }
        #endif
        if !messages.isEmpty { publisher.publish(messages) }
        #if FAULTS
        if !events.isEmpty, Faults.isPlanned(.eventPublish, .after) {
            publisher.awaitSent()
            if Faults.reach(.eventPublish, .after) { publisher.cut() }
        }
        if Sabotage.isOn(.markBeforeConfirm), let row { rows.forge(row) }
        #endif
        // What became of earlier ones is nobody's concern.
        _ = replies.drainReports()
        if !answers.isEmpty, replies.backlog < Self.mostReplies { replies.publish(answers) }
    }

    /// Takes the rows that may be forgotten; hand them back with ``restore(_:)`` when forgetting did not commit.
    func takeConfirmed() -> [Int64] {
        note(publisher.drainReports())
        return rows.takeConfirmed()
    }

    /// Waits for the broker's next answers. Returns whether there were any.
    func waitForReports(upTo duration: Duration) -> Bool {
        let reports = publisher.waitForReports(upTo: duration)
        note(reports)
        return !reports.isEmpty
    }

    /// Hands back what ``takeConfirmed()`` returned.
    func restore(_ rows: [Int64]) {
        self.rows.restore(rows)
    }

    #if FAULTS
    /// As a subscriber's full queue has the broker answer.
    private static func refused(_ report: PublishReport) -> PublishReport {
        guard report.token != OpenRows.untracked, Faults.reach(.eventConfirm, .before) else { return report }
        return PublishReport(token: report.token, outcome: .nacked)
    }
    #endif

    private func note(_ reports: [PublishReport]) {
        #if FAULTS
        let reports = reports.map(Self.refused)
        defer {
            let isHeard = reports.contains { $0.token != OpenRows.untracked && $0.outcome == .confirmed }
            if isHeard, Faults.reach(.eventConfirm, .after) { publisher.cut() }
        }
        #endif
        rows.note(reports)
    }

    private static func event(_ announcement: Announcement, token: UInt64) -> OutgoingMessage {
        var properties = Properties()
        properties.contentType = CompletionEvent.contentType
        properties.isPersistent = true
        return OutgoingMessage(
            exchange: Topology.eventExchange, routingKey: announcement.routingKey, properties: properties,
            body: announcement.body, mandatory: false, token: token)
    }

    /// Through the default exchange, best effort: a reply queue that is gone is its owner's choice.
    private static func reply(_ announcement: Announcement) -> OutgoingMessage? {
        guard let replyTo = announcement.replyTo else { return nil }
        var properties = Properties()
        properties.contentType = CompletionEvent.contentType
        properties.correlationID = announcement.correlationID
        return OutgoingMessage(
            exchange: "", routingKey: replyTo, properties: properties, body: announcement.body, mandatory: false,
            token: OpenRows.untracked)
    }
}
