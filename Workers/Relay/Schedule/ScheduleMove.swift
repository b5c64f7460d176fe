import AMQP
import Contracts
import Runtime

/// Publishes commands whose time has come: retries, parked commands, deadlines, ticks.
///
/// A batch is one transaction: lock due rows, publish, wait for the confirms, delete, commit. Killed before the commit,
/// the rows are still there and the same commands, with the same ids and turns, are published again; the ledger tells
/// the twins apart. A worker that reschedules a row waits for this transaction at most as long as the courier does:
/// then its row is gone and it inserts a new one, or it is still there and it moves it.
final class ScheduleMove: Duty {
    private let courier: Courier
    private let keys: KeyRing
    private let meter: RelayMeter
    private let log: Logger
    private var agenda = Agenda()
    private let throttle: SharedThrottle

    /// Rows in one transaction.
    static let batch = 1000
    /// How long a row waits that cannot be published as it is.
    static let faulty = Duration.seconds(3600)
    /// How long a row waits whose key is not at hand: after a rotation it may be on its way.
    static let keyless = Duration.seconds(10)

    /// - Parameter throttle: shared by the movers of this process: what one learns, the others know.
    init(courier: Courier, keys: KeyRing, meter: RelayMeter, log: Logger, throttle: SharedThrottle) {
        self.courier = courier
        self.keys = keys
        self.meter = meter
        self.log = log
        self.throttle = throttle
    }

    func pass(_ connection: Postgres.Connection) throws(PostgresError) -> Duration {
        guard courier.isReady else { return .milliseconds(250) }
        let heads = try readHeads(connection)
        switch agenda.next(heads, holdLeft: { throttle.holdLeft(of: $0) }) {
        case .rest(let duration): return duration
        case .move(let command):
            // Nothing to take although something is due: another relay has it in hand.
            return try move(command, connection) == 0 ? .milliseconds(20) : .zero
        }
    }

    private func readHeads(_ connection: Postgres.Connection) throws(PostgresError) -> [Agenda.Head] {
        let rows = try connection.query(ScheduleStatements.heads)
        var heads: [Agenda.Head] = []
        for row in 0..<rows.count {
            let due: Timestamp = try rows.get(row, 1)
            let now: Timestamp = try rows.get(row, 2)
            heads.append(Agenda.Head(command: try rows.get(row, 0), dueIn: due - now))
        }
        return heads
    }

    /// Moves a batch of one command. Returns how many rows were taken.
    private func move(_ command: String, _ connection: Postgres.Connection) throws(PostgresError) -> Int {
        let limit = throttle.allowance(of: command)
        #if FAULTS
        if Sabotage.isOn(.scheduleForgetsFirst) { return try moveForgetting(command, limit, connection) }
        #endif
        return try connection.transaction { (tx: borrowing Postgres.Transaction) throws(PostgresError) -> Int in
            let rows = try tx.query(ScheduleStatements.take(command, limit: limit))
            guard !rows.isEmpty else { return 0 }
            var due: [DueCommand] = []
            due.reserveCapacity(rows.count)
            for row in 0..<rows.count { due.append(try DueCommand(rows, row)) }

            #if FAULTS
            if Faults.reach(.scheduleMove, .before) { courier.cut() }
            #endif
            let moved = publish(due, of: command)
            #if FAULTS
            if Faults.reach(.scheduleMove, .after) { connection.cut() }
            #endif
            if !moved.confirmed.isEmpty { _ = tx.send(ScheduleStatements.forget(moved.confirmed)) }
            if !moved.refused.isEmpty { _ = tx.send(ScheduleStatements.postpone(moved.refused, by: moved.delay)) }
            if !moved.keyless.isEmpty { _ = tx.send(ScheduleStatements.postpone(moved.keyless, by: Self.keyless)) }
            if !moved.faulty.isEmpty { _ = tx.send(ScheduleStatements.postpone(moved.faulty, by: Self.faulty)) }
            return rows.count
        }
    }

    #if FAULTS
    /// Deletes what is due, commits, and publishes it then.
    private func moveForgetting(
        _ command: String, _ limit: Int, _ connection: Postgres.Connection
    ) throws(PostgresError) -> Int {
        var due: [DueCommand] = []
        let rows = try connection.query(ScheduleStatements.take(command, limit: limit))
        for row in 0..<rows.count { due.append(try DueCommand(rows, row)) }
        guard !due.isEmpty else { return 0 }
        try connection.execute(ScheduleStatements.forget(due.map(\.subject)))
        if Faults.reach(.scheduleMove, .before) { courier.cut() }
        _ = publish(due, of: command)
        return due.count
    }
    #endif

    /// What became of a batch. Rows that are in none of the lists have no answer and stay as they are.
    private struct Moved {
        var confirmed: [UniqueID] = []
        var refused: [UniqueID] = []
        var faulty: [UniqueID] = []
        var keyless: [UniqueID] = []
        var delay = Duration.zero
    }

    private func publish(_ due: [DueCommand], of command: String) -> Moved {
        var moved = Moved()
        guard let name = CommandName(command) else {
            log.error("the schedule names no command", [(.command, .string(command)), (.count, .int(due.count))])
            moved.faulty = due.map(\.subject)
            return moved
        }
        var messages: [OutgoingMessage] = []
        var subjects: [UniqueID] = []
        let now = Timestamp.now
        for row in due {
            do throws(SealingError) {
                messages.append(try row.message(of: name, at: now, keys: keys))
                subjects.append(row.subject)
            } catch {
                log.error(
                    "a scheduled payload cannot be opened",
                    [(.command, .string(command)), (.jobID, .string(row.messageID)), (.error, .string("\(error)"))])
                if error.code == .unknownKey {
                    moved.keyless.append(row.subject)
                } else {
                    moved.faulty.append(row.subject)
                }
            }
        }
        var count = Tally.Count()
        var reason = "the queue is full"
        for (subject, outcome) in zip(subjects, courier.deliver(messages)) {
            switch outcome {
            case .confirmed:
                moved.confirmed.append(subject)
                count.taken += 1
            case .returned(let code, let text) where code != Self.noRoute:
                log.error("a scheduled command cannot be published", [(.reason, .string("\(code) \(text)"))])
                moved.faulty.append(subject)
            case .nacked, .returned:
                if outcome != .nacked { reason = "there is no queue" }
                moved.refused.append(subject)
                count.refused += 1
            case .unknown: count.unknown += 1
            }
        }
        meter.moved(count, of: command)
        moved.delay = note(count, of: command, reason)
        return moved
    }

    /// Tells the throttle; returns how long refused rows wait.
    private func note(_ count: Tally.Count, of command: String, _ reason: String) -> Duration {
        switch throttle.note(command, taken: count.taken, refused: count.refused) {
        case .none: return .zero
        case .recovered:
            log.info("a command's queue takes messages again", [(.command, .string(command))])
            return .zero
        case .held(let rounds, let delay, let alarm):
            log.log(
                alarm ? .error : .warning, "due commands are refused",
                [
                    (.command, .string(command)), (.reason, .string(reason)), (.count, .int(count.refused)),
                    (.attempt, .int(rounds)), (.seconds, .double(delay.seconds)),
                ])
            if alarm { meter.alarm() }
            return delay
        }
    }

    /// The reply code of a mandatory message that no queue took.
    private static let noRoute: UInt16 = 312
}
