package import AMQP
import Contracts
import Runtime

/// A producer that keeps its ledger, and that an outage does not stop: what the broker does not confirm is published
/// again under the same id. For one thread.
package final class LedgerProducer {
    /// A message, and what may become of it.
    package struct Draft: Sendable {
        /// The message; its token is the producer's affair.
        package var message: OutgoingMessage
        /// What the ledger says of it.
        package let intention: Intention

        package init(_ message: OutgoingMessage, _ intention: Intention) {
            (self.message, self.intention) = (message, intention)
        }
    }

    private let publisher: Publisher
    private let ledger: ProducerLedger
    private var pending: [Int: Draft] = [:]
    private var known: Set<Promise> = []

    /// What tells promises apart: their keys, and enough of their bodies' hashes.
    private struct Promise: Hashable {
        let key: UniqueID
        let body: UInt64

        init(_ identity: LedgerIdentity) {
            key = identity.key
            body = identity.hash.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    /// Messages so far, without those that were published again.
    package private(set) var published = 0

    /// - Parameters:
    ///   - name: the name that the broker shows.
    ///   - path: of the ledger.
    ///   - onEvent: called on the connection's thread; it must return quickly.
    package init(
        _ broker: AMQPURI, name: String, ledger path: String,
        onEvent: @escaping @Sendable (AMQPEvent) -> Void = { _ in }
    ) throws(BooksError) {
        ledger = try ProducerLedger(path)
        publisher = Publisher(uri: broker, name: name, whenUnavailable: .hold, onEvent: onEvent)
        publisher.start()
    }

    deinit { publisher.close(within: .zero) }

    /// Distinct promises so far: each gets a row in the ledger of the cluster. Costs 32 to 64 bytes
    /// of memory each.
    package var promises: Int { known.count }
    /// Messages that the broker has not confirmed.
    package var unconfirmed: Int { pending.count }
    /// The same, by their routing keys.
    package var unconfirmedByKey: [String: Int] {
        pending.values.reduce(into: [:]) { $0[$1.message.routingKey, default: 0] += 1 }
    }

    /// Writes down what is to be published, and publishes it. Waits for the disk only.
    package func publish(_ drafts: [Draft]) throws(BooksError) {
        let numbers = try ledger.intend(drafts.map(\.intention))
        for (number, draft) in zip(numbers, drafts) {
            pending[number] = draft
            known.insert(Promise(draft.intention.identity))
        }
        published += drafts.count
        send(Array(numbers))
    }

    /// Takes what the broker has answered, waiting a moment for it. What it refused goes out again under its number:
    /// nothing was promised yet, and nothing was taken back.
    package func collect(upTo wait: Duration) throws(BooksError) {
        var done: [Int] = []
        var refused: [Int] = []
        for report in publisher.waitForReports(upTo: wait) {
            let number = Int(report.token)
            if report.outcome == .confirmed { done.append(number) } else { refused.append(number) }
        }
        try ledger.confirm(done)
        for number in done { pending[number] = nil }
        send(refused)
    }

    private func send(_ numbers: [Int]) {
        let messages = numbers.compactMap { number -> OutgoingMessage? in
            guard var message = pending[number]?.message else { return nil }
            message.token = UInt64(number)
            return message
        }
        if !messages.isEmpty { publisher.publish(messages) }
    }
}
