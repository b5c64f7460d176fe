import AMQP
import Books
import Contracts
import Runtime

/// Publishes the commands of a run, and keeps the producer's ledger. What the broker does not confirm is published
/// again under the same id.
final class VerifyProducer {
    private let publisher: Publisher
    private let ledger: ProducerLedger
    private var pending: [Int: VerifyMix.Draft] = [:]
    /// Distinct promises so far: each gets a row in the ledger of the cluster.
    private var promises: Set<[UInt8]> = []
    private(set) var published = 0
    private(set) var confirmed = 0

    init(_ broker: AMQPURI, ledger path: String) throws {
        ledger = try ProducerLedger(path)
        publisher = Publisher(uri: broker, name: "ruche verify", whenUnavailable: .hold)
        publisher.start()
    }

    deinit { publisher.close(within: .zero) }

    /// How many rows the cluster's ledger has of all this in the end.
    var rows: Int { promises.count }
    var unconfirmed: Int { pending.count }

    /// Writes down what is to be published, and publishes it. Waits for the disk only.
    func publish(_ drafts: [VerifyMix.Draft]) throws {
        let numbers = try ledger.intend(drafts.map(\.intention))
        var messages: [OutgoingMessage] = []
        for (number, draft) in zip(numbers, drafts) {
            var message = draft.message
            message.token = UInt64(number)
            pending[number] = draft
            messages.append(message)
            let identity = draft.intention.identity
            promises.insert(identity.key.bytes + identity.hash)
        }
        published += messages.count
        publisher.publish(messages)
    }

    /// Takes what the broker has answered, waiting a moment for it.
    func collect(upTo wait: Duration) throws {
        var done: [Int] = []
        var refused: [Int] = []
        for report in publisher.waitForReports(upTo: wait) {
            let number = Int(report.token)
            if report.outcome == .confirmed { done.append(number) } else { refused.append(number) }
        }
        try ledger.confirm(done)
        try ledger.refuse(refused)
        for number in done { pending[number] = nil }
        confirmed += done.count
        let again = refused.compactMap { pending.removeValue(forKey: $0) }
        if !again.isEmpty {
            published -= again.count
            try publish(again)
        }
    }
}
