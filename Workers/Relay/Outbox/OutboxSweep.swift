import AMQP
import Contracts
import Runtime

/// Publishes the events whose worker did not: it was killed, cut off from the broker, or met a full queue.
///
/// Claims rows that are past due, publishes their events, and deletes the rows whose events are all confirmed. Killed
/// in between, the claim runs out and the same events, with the same ids, are published again.
final class OutboxSweep: Duty {
    private let courier: Courier
    private let meter: RelayMeter
    private let log: Logger
    private var throttle: Throttle
    /// When the earliest row is due that the last round kept.
    private var nextDue = Monotonic.distantPast

    /// Rows looked at in one claim, and events taken with it unless one row alone has more.
    static let rows = 200
    static let events = 2000
    /// Longer than the courier's patience, so that nobody else takes a row that is under way.
    static let claimed = Duration.seconds(20)

    init(courier: Courier, meter: RelayMeter, log: Logger, alarmAfter: Int) {
        self.courier = courier
        self.meter = meter
        self.log = log
        throttle = Throttle(most: Self.events, alarmAfter: alarmAfter, longest: .seconds(300))
        #if FAULTS
        courier.point = .eventPublish
        #endif
    }

    func pass(_ connection: Postgres.Connection) throws(PostgresError) -> Duration {
        guard courier.isReady else { return .milliseconds(250) }
        let rows = try claim(connection)
        guard !rows.isEmpty else {
            let left = nextDue - .now
            return left > .zero ? min(left, .seconds(1)) : .seconds(1)
        }
        let fates = publish(rows)
        try settle(rows, fates, connection)
        return .zero
    }

    /// Claims what is due and reads its events.
    private func claim(_ connection: Postgres.Connection) throws(PostgresError) -> [OutboxRow] {
        try connection.transaction { (tx: borrowing Postgres.Transaction) throws(PostgresError) -> [OutboxRow] in
            let due = try tx.query(OutboxStatements.due(limit: Self.rows))
            guard !due.isEmpty else { return [] }
            var ids: [Int64] = []
            var sizes: [Int] = []
            for row in 0..<due.count {
                ids.append(try due.get(row, 0))
                sizes.append(try due.get(row, 1))
            }
            ids = Array(ids.prefix(OutboxRow.prefix(of: sizes, within: Self.events)))
            _ = tx.send(OutboxStatements.claim(ids, for: Self.claimed))
            return try Self.read(try tx.query(OutboxStatements.events(of: ids)), ids)
        }
    }

    private static func read(_ found: Rows, _ ids: [Int64]) throws(PostgresError) -> [OutboxRow] {
        var rows = ids.map { OutboxRow(id: $0, events: []) }
        let places = Dictionary(uniqueKeysWithValues: zip(ids, ids.indices))
        for row in 0..<found.count {
            let type: String? = try found.get(row, 4)
            let body: Bytes? = try found.get(row, 5)
            var stored: OutboxEvent.Stored?
            if let body, let routingKey = type.flatMap(Topology.routingKey(eventType:)) {
                stored = OutboxEvent.Stored(routingKey: routingKey, body: body.array)
            }
            rows[places[try found.get(row, 0)]!].events.append(
                OutboxEvent(
                    day: try found.get(row, 1), key: try found.get(row, 2), sequence: try found.get(row, 3),
                    stored: stored))
        }
        return rows
    }

    /// Publishes what may go out, and says what became of every event.
    private func publish(_ rows: [OutboxRow]) -> [[OutboxEvent.Fate]] {
        var fates = rows.map { Array(repeating: OutboxEvent.Fate.dropped, count: $0.events.count) }
        var offered: [String: Int] = [:]
        var places: [(row: Int, event: Int, routingKey: String)] = []
        var messages: [OutgoingMessage] = []
        let now = Monotonic.now
        for (row, events) in rows.map(\.events).enumerated() {
            for (event, owed) in events.enumerated() {
                guard let stored = owed.stored else { continue }
                if let left = throttle.holdLeft(of: stored.routingKey, at: now) {
                    fates[row][event] = .held(left)
                } else if offered[stored.routingKey, default: 0] >= throttle.allowance(of: stored.routingKey) {
                    fates[row][event] = .held(.milliseconds(20))
                } else {
                    offered[stored.routingKey, default: 0] += 1
                    places.append((row, event, stored.routingKey))
                    messages.append(Self.message(stored))
                }
            }
        }
        #if FAULTS
        let outcomes = deliver(messages)
        #else
        let outcomes = courier.deliver(messages)
        #endif
        let delays = note(outcomes, places.map(\.routingKey))
        for (place, outcome) in zip(places, outcomes) {
            fates[place.row][place.event] = Self.fate(outcome, delays[place.routingKey] ?? .seconds(5))
        }
        return fates
    }

    #if FAULTS
    private func deliver(_ messages: [OutgoingMessage]) -> [PublishOutcome] {
        if Sabotage.isOn(.relayForgets) { return messages.map { _ in .confirmed } }
        if !messages.isEmpty, Faults.reach(.eventPublish, .before) { courier.cut() }
        var outcomes = courier.deliver(messages)
        guard outcomes.contains(.confirmed) else { return outcomes }
        // As subscribers' full queues have the broker answer.
        if Faults.reach(.eventConfirm, .before) { outcomes = messages.map { _ in .nacked } }
        if Faults.reach(.eventConfirm, .after) { courier.cut() }
        return outcomes
    }
    #endif

    private static func fate(_ outcome: PublishOutcome, _ delay: Duration) -> OutboxEvent.Fate {
        switch outcome {
        case .confirmed: .confirmed
        case .nacked: .refused(delay, reason: "a subscriber's queue is full")
        case .returned(let code, let text): .refused(delay, reason: "\(code) \(text)")
        case .unknown: .unknown
        }
    }

    /// Tells the throttle and the metrics; returns how long each refusing destination is held.
    private func note(_ outcomes: [PublishOutcome], _ routingKeys: [String]) -> [String: Duration] {
        var tally = Tally()
        for (outcome, routingKey) in zip(outcomes, routingKeys) { tally.note(outcome, for: routingKey) }
        var delays: [String: Duration] = [:]
        for (routingKey, count) in tally.counts {
            meter.swept(count)
            let change = throttle.note(
                routingKey, taken: count.taken, refused: count.refused, at: .now, random: .random(in: 0..<1))
            switch change {
            case .none: continue
            case .recovered: log.info("a subscriber takes events again", [(.destination, .string(routingKey))])
            case .held(let rounds, let delay, let alarm):
                delays[routingKey] = delay
                log.log(
                    alarm ? .error : .warning, "a subscriber's queue refuses events",
                    [(.destination, .string(routingKey)), (.attempt, .int(rounds)), (.seconds, .double(delay.seconds))])
                if alarm { meter.alarm() }
            }
        }
        return delays
    }

    private func settle(
        _ rows: [OutboxRow], _ fates: [[OutboxEvent.Fate]], _ connection: Postgres.Connection
    ) throws(PostgresError) {
        var done: [Int64] = []
        var kept: [OutboxRow.Remainder] = []
        var lost = 0
        for (row, fates) in zip(rows, fates) {
            lost += fates.count { if case .dropped = $0 { true } else { false } }
            if let rest = row.remainder(fates) { kept.append(rest) } else { done.append(row.id) }
        }
        if lost > 0 { log.warning("events are past retention and were not announced", [(.count, .int(lost))]) }
        nextDue = .now + (kept.map(\.delay).min() ?? .seconds(1))
        #if FAULTS
        if !done.isEmpty, Faults.reach(.mark, .before) { connection.cut() }
        #endif
        try connection.transaction { (tx: borrowing Postgres.Transaction) throws(PostgresError) in
            if !done.isEmpty { _ = tx.send(Ledger.forgetOutbox(ids: done)) }
            for rest in kept { _ = tx.send(OutboxStatements.keep(rest)) }
        }
        #if FAULTS
        if !done.isEmpty, Faults.reach(.mark, .after) {
            connection.cut()
            throw PostgresError.lostAnswer()
        }
        #endif
    }

    private static func message(_ event: OutboxEvent.Stored) -> OutgoingMessage {
        OutgoingMessage(
            exchange: Topology.eventExchange, routingKey: event.routingKey,
            properties: Properties(contentType: CompletionEvent.contentType, isPersistent: true), body: event.body,
            mandatory: false)
    }
}
