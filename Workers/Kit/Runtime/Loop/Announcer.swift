import AMQP
import Contracts
import Synchronization

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
/// Lives on the loop's thread. A row whose events are not all confirmed is left to the relay; nothing is lost by
/// leaving it, because the row was committed with the effect.
final class Announcer {
    private let publisher: Publisher
    /// Events of each outbox row that are not confirmed yet.
    private var unconfirmed: [UInt64: Int] = [:]
    /// Outbox rows whose events are all confirmed.
    private var confirmed: [Int64] = []

    /// Replies and repeats are nobody's outbox row.
    private static let untracked: UInt64 = 0

    init(publisher: Publisher) {
        self.publisher = publisher
    }

    /// Messages that wait for the broker.
    var backlog: Int { publisher.backlog }

    /// Rows that are published and not confirmed.
    var openRows: Int { unconfirmed.count }

    /// Publishes what a committed transaction decided.
    ///
    /// - Parameters:
    ///   - events: the events that `row` of the outbox holds.
    ///   - repeats: stored events of duplicates; announced again, nobody's outbox row.
    func publish(_ events: [Announcement], row: Int64?, repeats: [Announcement]) {
        let token = row.map { UInt64(bitPattern: $0) } ?? Self.untracked
        if token != Self.untracked { unconfirmed[token] = events.count }
        var messages: [OutgoingMessage] = []
        messages.reserveCapacity(events.count + repeats.count)
        for announcement in events { append(announcement, token: token, to: &messages) }
        for announcement in repeats { append(announcement, token: Self.untracked, to: &messages) }
        if !messages.isEmpty { publisher.publish(messages) }
    }

    /// Takes the rows that may be forgotten; hand them back with ``restore(_:)`` when forgetting did not commit.
    func takeConfirmed() -> [Int64] {
        for report in publisher.drainReports() where report.token != Self.untracked {
            note(report)
        }
        defer { confirmed = [] }
        return confirmed
    }

    /// Waits for the broker's next answers. Returns whether there were any.
    func waitForReports(upTo duration: Duration) -> Bool {
        let reports = publisher.waitForReports(upTo: duration)
        for report in reports where report.token != Self.untracked { note(report) }
        return !reports.isEmpty
    }

    /// Hands back what ``takeConfirmed()`` returned.
    func restore(_ rows: [Int64]) {
        confirmed.append(contentsOf: rows)
    }

    private func note(_ report: PublishReport) {
        guard let left = unconfirmed[report.token] else { return }
        switch report.outcome {
        case .confirmed where left == 1:
            unconfirmed[report.token] = nil
            confirmed.append(Int64(bitPattern: report.token))
        case .confirmed:
            unconfirmed[report.token] = left - 1
        case .nacked, .returned, .unknown:
            unconfirmed[report.token] = nil
        }
    }

    private func append(_ announcement: Announcement, token: UInt64, to messages: inout [OutgoingMessage]) {
        var properties = Properties()
        properties.contentType = CompletionEvent.contentType
        properties.isPersistent = true
        messages.append(
            OutgoingMessage(
                exchange: Topology.eventExchange, routingKey: announcement.routingKey, properties: properties,
                body: announcement.body, mandatory: false, token: token))
        guard let replyTo = announcement.replyTo else { return }
        properties.isPersistent = false
        properties.correlationID = announcement.correlationID
        // The default exchange, best effort: a reply queue that is gone is its owner's choice.
        messages.append(
            OutgoingMessage(
                exchange: "", routingKey: replyTo, properties: properties, body: announcement.body, mandatory: false,
                token: Self.untracked))
    }
}
