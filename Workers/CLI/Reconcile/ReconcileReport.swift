import Contracts
import Runtime

/// What a restored ledger lacks, and what is to be done about it.
struct ReconcileReport {
    typealias Kind = Reconciliation.Kind

    /// When the ledger was last written to; `nil` when it is empty.
    var newest: Timestamp?
    /// How much was compared with it.
    var claims = 0
    /// Commands that are not as somebody knows them.
    var totals: [Kind: Int] = [:]
    /// The first of each kind.
    var subjects: [Reconciliation.Subject] = []
    /// Messages that lie in queues, by command.
    var queued: [String: Int] = [:]
    /// Who takes from these queues.
    var consumers = 0
    /// What is due, by command: how many, and since when.
    var overdue: [(command: String, count: Int, since: Timestamp)] = []
    /// Events that wait in the outbox.
    var unannounced = 0

    /// The commands with messages in their queues.
    var busy: [String] { queued.filter { $0.value > 0 }.keys.sorted() }

    /// Whether somebody has to act.
    var isComplete: Bool { (totals[.lost] ?? 0) + (totals[.stranded] ?? 0) == 0 }

    /// One line for each thing that was asked.
    func findings(now: Timestamp) -> [Finding] {
        [ledger(now), lost, stranded, undone, messages, deadlines, outbox]
    }

    private func ledger(_ now: Timestamp) -> Finding {
        guard let newest else { return .ok("ledger", "empty") }
        return .ok("ledger", "last written to at \(newest.rfc3339), \(Int((now - newest).seconds)) s ago")
    }

    private var lost: Finding {
        guard claims > 0 else { return .warn("lost", "not asked", fix: "give --confirmed, --events or --journal") }
        guard let count = totals[.lost] else { return .ok("lost", "none of \(claims) that others know of") }
        return .fail(
            "lost", "\(count) commands that were confirmed or announced, and that the ledger does not know",
            fix: "publish them again under their ids: those of a journal by --again, others by their producers")
    }

    private var stranded: Finding {
        guard let count = totals[.stranded] else {
            return .ok("stranded", "no command waits for a message that is nowhere")
        }
        return .fail(
            "stranded", "\(count) commands without an outcome, in no queue and not scheduled",
            fix: "ruche jobs cancel ID, then ruche jobs retry ID; one started alone: its producer publishes it again")
    }

    private var undone: Finding {
        guard let count = totals[.undone] else { return .ok("undone", "no event that the ledger does not have") }
        return .warn(
            "undone", "\(count) commands were announced further than the ledger knows",
            fix: "nothing: they happen once more, and are announced again")
    }

    private var messages: Finding {
        let total = queued.values.reduce(0, +)
        let found = "\(total) messages in queues: what the ledger knows is announced again, the rest is done"
        return consumers == 0
            ? .ok("queues", found)
            : .warn("queues", "\(found); \(consumers) consumers hold more", fix: "stop the workers for a true picture")
    }

    private var deadlines: Finding {
        guard !overdue.isEmpty else { return .ok("schedule", "nothing is due") }
        let parts = overdue.map { "\($0.count) \($0.command) since \($0.since.rfc3339)" }
        return .warn(
            "schedule", "due at once: \(parts.joined(separator: ", "))",
            fix: "before the relay runs, renew leases and move deadlines that were changed after the backup")
    }

    private var outbox: Finding {
        .ok("outbox", unannounced == 0 ? "empty" : "\(unannounced) events are announced, perhaps once more")
    }

    /// Prints it.
    func print(_ output: Output) {
        let findings = findings(now: .now)
        let columns = ["verdict", "what", "found", "fix"]
        let rows = findings.map { [Cell.text($0.verdict.rawValue), .text($0.what), .text($0.found), .text($0.fix)] }
        let names = ["kind", "command", "tenant", "id", "found"]
        let commands = subjects.map {
            [Cell.text($0.kind.rawValue), .text($0.command), .text($0.tenant), .text($0.id), .text($0.found)]
        }
        guard output.format == .table || output.format == .csv || output.format == .name else {
            var fields: [(String, Cell)] = [
                ("verdict", .text(isComplete ? "complete" : "incomplete")),
                ("newest", newest.map { .time($0) } ?? .none), ("compared", .number(claims)),
            ]
            for kind in Kind.allCases { fields.append((kind.rawValue, .number(totals[kind] ?? 0))) }
            fields += [
                ("queued", .number(queued.values.reduce(0, +))),
                ("overdue", .number(overdue.reduce(0) { $0 + $1.count })), ("unannounced", .number(unannounced)),
                ("findings", .json(output.list(columns, rows))),
            ]
            return output.record(fields, "commands", names, commands)
        }
        output.rows(columns, rows)
        guard output.format == .table, !commands.isEmpty else { return }
        output.line("")
        output.rows(names, commands)
    }
}
