import AMQP
import Books
import Contracts
import Foundation
import Glibc
import Runtime
import Synchronization

/// The producer of a nemesis, in a process of its own: whatever ends it, the next one goes on from its ledger.
///
/// Says `ready`, publishes command after command until it gets SIGTERM, has everything confirmed, says `settled` and
/// ends. What the broker returns or refuses it notes, and publishes again: a queue that was deleted comes back.
package struct NemesisProducer {
    /// What it is told by the environment.
    package enum Setting: String {
        case seed = "PRODUCER_SEED"
        case mix = "PRODUCER_MIX"
        /// Microseconds since 1970.
        case start = "PRODUCER_START"
        case ledger = "PRODUCER_LEDGER"
        /// Commands a second; 0 is as fast as they are confirmed.
        case rate = "PRODUCER_RATE"
        /// The commands after which it has said everything; 0 for no end.
        case limit = "PRODUCER_LIMIT"
    }

    /// Commands that are published and not confirmed, at most.
    private static let window = 400

    private let load: NemesisLoad
    private let ledger: ProducerLedger
    private let publisher: Publisher
    private let rate: Int
    private let limit: Int
    private var next = 0
    private var open: Set<Int> = []
    private var refused: [Int] = []
    /// Commands that were refused or returned, and are published again from time to time.
    private var retryAt = ContinuousClock.now

    private static let isAsked = Atomic<Bool>(false)

    private init() throws {
        func text(_ setting: Setting) -> String { ProcessInfo.processInfo.environment[setting.rawValue] ?? "" }
        rate = Int(text(.rate)) ?? 0
        load = NemesisLoad(
            seed: UInt64(text(.seed)) ?? 0, mix: NemesisLoad.Mix(rawValue: text(.mix)) ?? .all,
            start: Timestamp(microseconds: Int64(text(.start)) ?? 0), rate: rate)
        limit = Int(text(.limit)) ?? 0
        ledger = try ProducerLedger(text(.ledger))
        let uri = try AMQPURI(parsing: ProcessInfo.processInfo.environment["AMQP_URL"] ?? "")
        publisher = Publisher(uri: uri, name: "producer", whenUnavailable: .hold) { event in
            if case .connected = event { Self.tell(#"{"message":"connected to the broker"}"#) }
        }
    }

    /// The whole process.
    package static func main() throws {
        signal(SIGTERM) { _ in NemesisProducer.isAsked.store(true, ordering: .relaxed) }
        // Whoever started it may have had the signal blocked, and that is inherited.
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe pthread_sigmask(SIG_SETMASK, &none, nil)
        var producer = try NemesisProducer()
        try producer.run()
    }

    private mutating func run() throws {
        publisher.start()
        try repeatUnanswered()
        say(#"{"message":"ready","next":\#(next),"open":\#(open.count)}"#)
        let first = next
        let began = ContinuousClock.now
        while !Self.isAsked.load(ordering: .relaxed) {
            let seconds = (ContinuousClock.now - began) / .seconds(1)
            let allowed = rate == 0 ? Int.max : first + Int(seconds * Double(rate)) - next
            let count = min(Self.window - open.count, allowed, limit == 0 ? .max : limit - next, 100)
            if count > 0 { try publish(count) }
            try settle(waiting: .milliseconds(count > 0 ? 1 : 20))
        }
        var saidAt = ContinuousClock.now
        while !open.isEmpty {
            try settle(waiting: .milliseconds(100))
            guard ContinuousClock.now - saidAt > .seconds(10) else { continue }
            saidAt = .now
            let status = publisher.status
            say(
                #"{"message":"waiting","open":\#(open.count),"refused":\#(refused.count),"#
                    + #""connected":\#(status.connected),"backlog":\#(status.backlog)}"#)
        }
        publisher.close(within: .seconds(1))
        say(#"{"message":"settled","confirmed":\#(next)}"#)
    }

    private func say(_ line: String) { Self.tell(line) }

    private static func tell(_ line: String) {
        print(line)
        fflush(nil)
    }

    /// What an earlier process meant to publish and has no answer to goes out once more.
    private mutating func repeatUnanswered() throws {
        var answered: Set<Int> = []
        try ProducerLedger.read(ledger.path) { record in
            switch record {
            case .intended(let number, _): next = max(next, number + 1)
            case .confirmed(let numbers): answered.formUnion(numbers)
            case .refused: break
            }
        }
        open = Set(0..<next).subtracting(answered)
        publisher.publish(open.sorted().map(message))
    }

    private mutating func publish(_ count: Int) throws {
        let numbers = next..<(next + count)
        try ledger.intend(
            numbers.map { number in
                let item = load.item(number)
                return Intention(item.command, id: item.id, body: item.body, endings: item.endings)
            })
        publisher.publish(numbers.map(message))
        open.formUnion(numbers)
        next += count
    }

    private mutating func settle(waiting: Duration) throws {
        var confirmed: [Int] = []
        var returned: [Int] = []
        var again: [Int] = []
        for report in publisher.waitForReports(upTo: waiting) {
            let number = Int(report.token)
            switch report.outcome {
            case .confirmed: confirmed.append(number)
            case .nacked, .returned: returned.append(number)
            case .unknown: again.append(number)
            }
        }
        try ledger.confirm(confirmed)
        try ledger.refuse(returned)
        if !returned.isEmpty { say(#"{"message":"returned","count":\#(returned.count)}"#) }
        open.subtract(confirmed)
        publisher.publish(again.map(message))
        refused += returned
        // A queue that is not there is not asked for it at every turn.
        guard !refused.isEmpty, ContinuousClock.now >= retryAt else { return }
        publisher.publish(refused.map(message))
        refused = []
        retryAt = .now + .milliseconds(200)
    }

    private func message(_ number: Int) -> OutgoingMessage {
        let item = load.item(number)
        return OutgoingMessage(
            exchange: Topology.commandExchange, routingKey: Topology.routingKey(for: item.command),
            properties: Properties(
                contentType: Topology.commandContentType, isPersistent: true, messageID: item.id),
            body: item.body, mandatory: true, token: UInt64(number))
    }
}
