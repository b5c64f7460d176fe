import AMQP
import Contracts
import Runtime

/// Brings back what the broker gave up on.
///
/// The broker counts every hand-back, a worker's restart included, so its verdict is none. Unless the ledger says that
/// the command has its outcome, it goes back to its queue under the same id, and what killed its worker is found out
/// there. What has no way back is kept in `stray`. A message is acknowledged when it is confirmed, final or stored;
/// killed in between, the relay sees it again.
final class DeadDrain: Duty {
    /// Messages in hand, and which of them are done with.
    private struct Hand: ~Copyable {
        let deliveries: Deliveries
        let letters: [DeadLetter]
        let due: [Monotonic]
        var isSettled: [Bool]
        /// Rounds in which a queue refused one of them.
        var refusals = 0

        var open: [Int] { isSettled.indices.filter { !isSettled[$0] } }
    }

    private let consumer: Consumer
    private let courier: Courier
    private let keys: KeyRing
    private let meter: RelayMeter
    private let log: Logger
    private let hold: Duration
    private var hand: Hand?
    /// Whether everything is handed back, and nothing more wanted, until the database is there again.
    private var isResting = false

    /// Few at a time: one whose queue is full keeps the others in hand waiting.
    static let batch = 50
    /// Rounds after which refused messages are handed back to the dead-letter queue, so that others have their turn.
    static let patience = 6
    /// Returns of one message after which a person should know.
    static let alarmingReturns = 10

    /// - Parameter hold: how long messages are held while the database is away. The broker takes a consumer that holds
    ///   them for half an hour for a dead one.
    init(consumer: Consumer, courier: Courier, keys: KeyRing, meter: RelayMeter, log: Logger, hold: Duration) {
        self.consumer = consumer
        self.courier = courier
        self.keys = keys
        self.meter = meter
        self.log = log
        self.hold = hold
    }

    func pass(_ connection: Postgres.Connection) throws(PostgresError) -> Duration {
        if isResting {
            isResting = false
            consumer.resume()
        }
        guard courier.isReady else { return .milliseconds(250) }
        if hand == nil { hand = take() }
        guard var hand = hand.take() else { return .zero }
        do throws(PostgresError) {
            let rest = try work(&hand, connection)
            finish(hand)
            return rest
        } catch {
            // Held, not handed back: the database will return, or `endure` tells that it takes too long.
            self.hand = consume hand
            throw error
        }
    }

    func endure(_ duration: Duration) {
        guard duration >= hold, !isResting else { return }
        log.error("the database stays away; dead letters are handed back", [])
        isResting = true
        consumer.pause()
        finish()
        consumer.returnUndelivered()
    }

    /// Hands back what is open.
    func finish() {
        guard let hand = hand.take() else { return }
        settle(hand)
    }

    private func take() -> Hand? {
        guard let taken = consumer.take(upTo: Self.batch, waitingUpTo: .seconds(1)) else { return nil }
        #if FAULTS
        let deliveries = acknowledgedFirst(taken)
        #else
        let deliveries = taken
        #endif
        let letters = (0..<deliveries.count).map { DeadLetter(deliveries[$0]) }
        let now = Monotonic.now
        return Hand(
            deliveries: deliveries, letters: letters, due: letters.map { now + $0.pace },
            isSettled: Array(repeating: false, count: letters.count))
    }

    #if FAULTS
    /// The same, when the promise is to be broken: acknowledged already.
    private func acknowledgedFirst(_ taken: consuming Deliveries) -> Deliveries {
        guard Sabotage.isOn(.deadLettersAckFirst) else { return taken }
        let copies = Deliveries(taken.all) { _ in }
        taken.acknowledge()
        consumer.awaitSettled()
        return copies
    }
    #endif

    /// Keeps the hand while it has something open; settles it otherwise.
    private func finish(_ hand: consuming Hand) {
        if hand.open.isEmpty || hand.refusals >= Self.patience {
            settle(hand)
        } else {
            self.hand = consume hand
        }
    }

    private func settle(_ hand: consuming Hand) {
        let settlements = hand.isSettled.map { $0 ? Settlement.acknowledge : .requeue }
        hand.deliveries.settle(settlements)
    }

    /// Deals with what is due of the hand. Returns how long to wait for the rest.
    private func work(_ hand: inout Hand, _ connection: Postgres.Connection) throws(PostgresError) -> Duration {
        let now = Monotonic.now
        let due = hand.open.filter { hand.due[$0] <= now }
        guard !due.isEmpty else { return (hand.open.map { hand.due[$0] }.min() ?? now) - now }

        let final = try finals(due.map { hand.letters[$0] }, connection)
        var back: [(place: Int, message: OutgoingMessage)] = []
        var strays: [Int] = []
        for place in due {
            let letter = hand.letters[place]
            if letter.key.map({ final[$0] == letter.hash }) == true {
                hand.isSettled[place] = true
                meter.dead(.final)
            } else if let message = letter.returned {
                if letter.returns == Self.alarmingReturns { alarm(letter) }
                back.append((place, message))
            } else {
                strays.append(place)
            }
        }
        var refused = false
        #if FAULTS
        if !back.isEmpty, Faults.reach(.deadLetterMove, .before) { courier.cut() }
        #endif
        for (place, outcome) in zip(back.map(\.place), courier.deliver(back.map(\.message))) {
            switch outcome {
            case .confirmed:
                hand.isSettled[place] = true
                meter.dead(.returned)
            case .returned: strays.append(place)
            case .nacked: refused = true
            case .unknown: continue
            }
        }
        #if FAULTS
        if !back.isEmpty, Faults.reach(.deadLetterMove, .after) { consumer.cut() }
        #endif
        try keep(strays, &hand, connection)
        if refused { hand.refusals += 1 }
        return hand.open.isEmpty ? .zero : .seconds(refused ? 5 : 1)
    }

    /// The body hashes of those commands that have their outcome.
    private func finals(
        _ letters: [DeadLetter], _ connection: Postgres.Connection
    ) throws(PostgresError) -> [UniqueID: [UInt8]] {
        let keys = letters.compactMap(\.key)
        guard !keys.isEmpty else { return [:] }
        let rows = try connection.query(DeadLetterStatements.known(keys))
        var finals: [UniqueID: [UInt8]] = [:]
        for row in 0..<rows.count {
            let state: String = try rows.get(row, 1)
            guard state.first.flatMap(JobState.init(rawValue:))?.outcome != nil else { continue }
            finals[try rows.get(row, 0)] = try rows.get(row, 2, as: Bytes.self).array
        }
        return finals
    }

    private func keep(_ places: [Int], _ hand: inout Hand, _ connection: Postgres.Connection) throws(PostgresError) {
        for place in places {
            try connection.execute(DeadLetterStatements.keep(hand.letters[place], keys: keys))
            hand.isSettled[place] = true
            meter.dead(.stray)
            log.error(
                "a dead letter has no way back and is kept",
                [
                    (.destination, .string(hand.letters[place].origin ?? "")),
                    (.jobID, .string(hand.letters[place].delivery.properties.messageID ?? "")),
                ])
        }
    }

    private func alarm(_ letter: DeadLetter) {
        meter.alarm()
        log.error(
            "a message keeps dying",
            [
                (.queue, .string(letter.origin ?? "")), (.count, .int(letter.returns)),
                (.jobID, .string(letter.delivery.properties.messageID ?? "")),
            ])
    }
}
