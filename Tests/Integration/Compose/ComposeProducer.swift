import AMQP
import Books
import Contracts
import Foundation
import TestSupport

/// A producer that goes on whatever happens to the broker, and keeps its ledger.
final class ComposeProducer: Sendable {
    /// The commands it publishes: those of the shipped workers.
    static let commands = NemesisLoad.commands.filter { $0 != Cluster.probe }

    /// Where the ledger is.
    let ledger: String
    /// What it publishes.
    let load: NemesisLoad
    private let isStopping = SharedBox(false)
    private let failure = SharedBox<String?>(nil)
    private let connection = SharedBox<[String]>([])
    private let unconfirmed = SharedBox<[String: Int]>([:])
    private let thread: TestThread

    /// - Parameter rate: commands a second, about.
    init(_ broker: AMQPURI, ledger: String, seed: UInt64, rate: Int) {
        self.ledger = ledger
        let load = NemesisLoad(seed: seed, mix: .all, start: .now, rate: rate)
        self.load = load
        let (isStopping, failure, connection, unconfirmed) = (isStopping, failure, connection, unconfirmed)
        thread = TestThread {
            do {
                let producer = try LedgerProducer(broker, name: "compose", ledger: ledger) { event in
                    connection.withLock { $0.append("\(Timestamp.now) \(event)") }
                }
                let pause = Duration.milliseconds(50)
                var number = 0
                while !isStopping.withLock({ $0 }) {
                    let drafts = Self.next(max(1, rate / 20), from: load, &number)
                    let begin = ContinuousClock.now
                    // What the broker has not confirmed for long is not added to.
                    if producer.unconfirmed < 10 * rate { try producer.publish(drafts) }
                    while case let rest = pause - (.now - begin), rest > .zero { try producer.collect(upTo: rest) }
                    unconfirmed.withLock { $0 = producer.unconfirmedByKey }
                }
                let end = ContinuousClock.now + .seconds(120)
                while producer.unconfirmed > 0 {
                    guard .now < end else { throw TestFailure("\(producer.unconfirmed) are not confirmed") }
                    try producer.collect(upTo: .milliseconds(200))
                }
            } catch { failure.withLock { $0 = "\(error)" } }
        }
    }

    private static func next(
        _ count: Int, from load: NemesisLoad, _ number: inout Int
    ) -> [LedgerProducer.Draft] {
        var drafts: [LedgerProducer.Draft] = []
        while drafts.count < count {
            number += 1
            guard load.command(number) != Cluster.probe else { continue }
            drafts.append(draft(load.item(number)))
        }
        return drafts
    }

    private static func draft(_ item: NemesisLoad.Item) -> LedgerProducer.Draft {
        let message = OutgoingMessage(
            exchange: Topology.commandExchange, routingKey: Topology.routingKey(for: item.command),
            properties: Properties(contentType: Topology.commandContentType, isPersistent: true, messageID: item.id),
            body: item.body, mandatory: true)
        return .init(message, Intention(item.command, id: item.id, body: item.body, endings: item.endings))
    }

    /// Publishes what it had published before once more, under the same ids.
    func publishAgain(_ ids: [String], to broker: AMQPURI) throws {
        let producer = try LedgerProducer(broker, name: "compose again", ledger: ledger)
        let numbers = ids.compactMap { Int($0.trimmingPrefix("job-")) }
        try producer.publish(numbers.map { Self.draft(load.item($0)) })
        try eventually("they are confirmed") {
            try producer.collect(upTo: .milliseconds(200))
            return producer.unconfirmed == 0
        }
    }

    /// How it is: what its connection went through, and what it waits for.
    var circumstances: String {
        connection.withLock { $0.suffix(20).joined(separator: "\n") } + "\nunconfirmed: \(unconfirmed.withLock { $0 })"
    }

    /// Ends it; what it published is confirmed.
    func stop() throws {
        isStopping.withLock { $0 = true }
        thread.join()
        if let failure = failure.withLock({ $0 }) { throw TestFailure("the producer: \(failure)") }
    }
}
