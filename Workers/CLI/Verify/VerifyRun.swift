import AMQP
import Books
import Contracts
import Depth
import Glibc
import Runtime

/// One run: load, faults, rest, and the books.
///
/// Whatever it throws, its owner removes what ``VerifySite`` made.
final class VerifyRun {
    let plan: VerifyPlan
    let tenant: String
    let workplace: Workplace
    let site: VerifySite
    let events: EventBook
    let crew: VerifyCrew
    private var producer: LedgerProducer?
    /// How often each fault was committed.
    private(set) var committed: [VerifyFault: Int] = [:]
    private let interrupt = Interrupt()
    private let reach: Reach
    private let management: Management?
    private var mix: VerifyMix
    private var random: SeededRandom
    private var earlier: [VerifyMix.Draft] = []
    private var since = Timestamp.now
    private var progress: Progress

    init(_ plan: VerifyPlan, _ reach: Reach, _ site: VerifySite, _ management: Management?) throws {
        let number = String(UInt32.random(in: .min ... .max), radix: 16)
        tenant = "verify-" + String(repeating: "0", count: 8 - number.count) + number
        workplace = try Workplace("ruche-" + tenant)
        events = EventBook(
            queue: VerifySite.eventQueue, commands: [VerifyCommand.name], path: workplace.file("events.jsonl"))
        crew = VerifyCrew(workplace)
        mix = VerifyMix(tenant: tenant, seed: plan.seed, besides: plan.mayBury ? [.dead] : [])
        random = SeededRandom(seed: ~plan.seed)
        progress = Progress("commands published", of: plan.duration == nil ? plan.commands : nil)
        (self.plan, self.reach, self.site, self.management) = (plan, reach, site, management)
    }

    var ledger: String { workplace.file("ledger.jsonl") }
    /// Every file of the run.
    var files: [String] { [ledger, events.path] + crew.logs }

    /// Publishes, breaks, waits for rest, and compares.
    func run() throws -> BooksReport {
        guard let uri = try reach.resolved().amqp else { throw Failure(.usage, "AMQP_URL cannot be read") }
        since = try site.database.query("SELECT clock_timestamp()").get(0, 0)
        producer = try LedgerProducer(uri, name: "ruche verify", ledger: ledger)
        try crew.start(plan.workers)
        try waitUntil("the workers are ready", within: .seconds(60)) { try consumers() >= plan.workers }
        try load()
        progress.end()
        crew.thaw()
        try rest()
        // The broker hangs up on who says nothing for long.
        try crew.stop(within: .seconds(25)) { _ = try ready() }
        // What was in a worker's hand is handed back, and the relay takes what killed ones left, after five seconds.
        try calm("the outbox is empty") { [try backlog(), try ready()] }
        return try books()
    }

    private func load() throws {
        let end = plan.duration.map { Monotonic.now + $0 }
        var count = 0
        var turn = 0
        while end.map({ Monotonic.now < $0 }) ?? (count < plan.commands) {
            let chunk = end == nil ? min(plan.chunk, plan.commands - count) : plan.chunk
            let drafts = mix.next(chunk)
            try producer?.publish(drafts)
            if earlier.count < 2000 { earlier += drafts }
            count += chunk
            progress.update(count)
            // Something is in hand when the fault comes, and the queue does not grow without an end.
            let deadline = Monotonic.now + .seconds(5)
            try step(.milliseconds(50 + random.next(below: 200)))
            while try ready() > plan.chunk, Monotonic.now < deadline { try step(.milliseconds(50)) }
            guard !plan.faults.isEmpty else { continue }
            // Every kind in its turn, and then as it is drawn.
            let fault = plan.faults[turn < plan.faults.count ? turn : random.next(below: plan.faults.count)]
            turn += 1
            try commit(fault)
        }
        try waitUntil("the broker confirms every command", within: plan.patience) {
            progress.update(count)
            return producer?.unconfirmed == 0
        }
    }

    private func commit(_ fault: VerifyFault) throws {
        let place = random.next(below: plan.workers)
        let id = crew.ids[place]
        switch fault {
        case .kill: crew.end(place, by: SIGKILL)
        case .stop: crew.end(place, by: SIGTERM)
        case .freeze: crew.freeze(place, for: .milliseconds(200 + random.next(below: 2800)))
        case .session:
            let pattern = "verify@%/\(id)"
            let ended: Int = try site.database.query(
                """
                SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE application_name LIKE \(pattern) AND datname = current_database()
                """
            ).get(0, 0)
            guard ended > 0 else { return }
        case .connection:
            // Of all workers: the broker tells late of those that are young.
            let ids = crew.ids
            do throws(DepthError) {
                let ends = try management?.closeConnections { name in
                    name.hasPrefix("verify@") && ids.contains { name.contains("/\($0) ") }
                }
                for failure in ends?.failures ?? [] { note("ruche: \(failure.message)") }
                guard ends?.closed ?? 0 > 0 else { return }
            } catch {
                // One fault less: the management API is no part of what is put to the proof.
                return note("ruche: no connection was closed: \(error.message)")
            }
        case .again: try producer?.publish((0..<20).map { _ in earlier[random.next(below: earlier.count)] })
        }
        committed[fault, default: 0] += 1
    }

    /// Waits until every command has its outcome and nothing is on its way, or nothing moves any more.
    private func rest() throws {
        try calm("every command has its outcome") {
            let undecided = max(0, (producer?.promises ?? 0) - (try outcomes()))
            return [undecided, try ready(), try backlog(), try scheduled()]
        }
    }

    /// Waits until all numbers are zero; goes on when they have not changed for as long as the plan's patience.
    private func calm(_ what: String, _ numbers: () throws -> [Int]) throws {
        var waiting = Progress("waiting until \(what)")
        defer { waiting.end() }
        var last: [Int] = []
        var changed = Monotonic.now
        while true {
            let now = try numbers()
            if now.allSatisfy({ $0 == 0 }) { return }
            if now != last { changed = .now }
            last = now
            guard Monotonic.now - changed < plan.patience else {
                return waiting.say("ruche: nothing has moved for \(Int(plan.patience.seconds)) s; opening the books")
            }
            waiting.update()
            try step(.milliseconds(250))
        }
    }

    private func waitUntil(_ what: String, within limit: Duration, _ condition: () throws -> Bool) throws {
        let deadline = Monotonic.now + limit
        while try !condition() {
            guard Monotonic.now < deadline else {
                throw Failure(.timedOut, "did not happen within \(Int(limit.seconds)) s: \(what)")
            }
            // The broker hangs up on who says nothing for long.
            _ = try ready()
            try step(.milliseconds(50))
        }
    }

    /// One turn: hears the broker, looks after the workers and after Ctrl-C.
    private func step(_ duration: Duration) throws {
        let end = Monotonic.now + duration
        repeat {
            if let code = interrupt.requested() { throw Failure(code, "stopped") }
            try producer?.collect(upTo: min(max(end - .now, .zero), .milliseconds(100)))
            try crew.look()
        } while Monotonic.now < end
    }

    private func books() throws -> BooksReport {
        var checker = Checker([VerifyCommand.name])
        checker.ledgers = [ledger]
        checker.events = events
        checker.effects = [
            EffectSource(VerifyCommand.name, "SELECT job, count(*) FROM verify_effect GROUP BY job")
        ]
        checker.since = since
        // What a run that was killed had still to announce comes to whoever asks for such events.
        checker.tenants = mix.tenants
        checker.ownsDeadLetters = false
        return try checker.check(site.database, site.broker)
    }

    private func consumers() throws -> Int {
        try site.broker.inspectQueue(Topology.queue(for: VerifyCommand.name))?.consumers ?? 0
    }

    private func ready() throws -> Int {
        try site.broker.inspectQueue(Topology.queue(for: VerifyCommand.name))?.messages ?? 0
    }

    private func outcomes() throws -> Int {
        try site.database.query(
            """
            SELECT count(*) FROM job WHERE command = 'verify' AND admitted_at >= \(since)
                AND state IN ('s', 'r', 'f', 'd', 'c')
            """
        ).get(0, 0)
    }

    private func scheduled() throws -> Int {
        try site.database.query("SELECT count(*) FROM schedule WHERE command = 'verify'").get(0, 0)
    }

    private func backlog() throws -> Int {
        try site.database.query(
            """
            SELECT count(*) FROM outbox o WHERE EXISTS (
                SELECT FROM unnest(o.days, o.keys) AS waiting (day, key) JOIN job j USING (day, key)
                WHERE j.command = 'verify')
            """
        ).get(0, 0)
    }
}
