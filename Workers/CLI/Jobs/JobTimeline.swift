import Contracts
import Runtime

/// One job with everything that is known of it.
struct JobTimeline {
    let job: FoundJob
    let reach: Reach
    let database: Postgres.Connection

    /// Prints what it is, then what happened to it, oldest first.
    func show(_ output: Output) throws {
        let detail = try database.query(
            """
            SELECT payload, correlation_id, enqueued_at, worker FROM job WHERE day = \(job.day) AND key = \(job.key)
            """)
        let next = try database.query("SELECT due_at, cause FROM schedule WHERE subject = \(job.key)")
        let enqueued: Timestamp? = try detail.get(0, 2)
        var fields: [(String, Cell)] = [
            ("id", .text(job.id)), ("key", .text(job.key.description)), ("command", .text(job.command)),
            ("tenant", .text(job.tenant)), ("state", .text(job.state.name)), ("attempt", .number(job.attempt)),
            ("reason", job.reason.map { .text($0) } ?? .none),
            ("payload", payload(try detail.get(0, 0, as: Bytes?.self))),
            ("correlationId", try detail.get(0, 1, as: String?.self).map { .text($0) } ?? .none),
            ("enqueuedAt", enqueued.map { .time($0) } ?? .none), ("admittedAt", .time(job.admittedAt)),
            ("finishedAt", job.finishedAt.map { .time($0) } ?? .none), ("worker", .text(try detail.get(0, 3))),
            ("nextAt", next.count == 0 ? .none : .time(try next.get(0, 0))),
            ("waitsFor", next.count == 0 ? .none : .text(try next.get(0, 1))),
            ("discarded", job.isHandled ? .flag(true) : .none), ("effect", try effect()),
        ]
        let timeline = try events(enqueued, next)
        // JSON is one document.
        if output.format != .table { fields.append(("timeline", Self.json(timeline))) }
        output.record(fields)
        guard output.format == .table else { return }
        output.line("")
        output.rows(Self.columns, timeline)
    }

    private static let columns = ["sequence", "at", "type", "data"]

    private static func json(_ rows: [[Cell]]) -> Cell {
        var writer = JSONWriter()
        writer.beginList()
        for row in rows {
            writer.beginObject()
            for (name, cell) in zip(columns, row) {
                writer.key(name)
                cell.write(to: &writer)
            }
            writer.endObject()
        }
        writer.endList()
        return .json(writer.bytes)
    }

    /// What the job left behind, where the tables tell.
    private func effect() throws -> Cell {
        let sessions = try database.query("SELECT id FROM session WHERE job = \(job.key)")
        guard sessions.count > 0 else { return .none }
        return .text("session \(try sessions.get(0, 0, as: Int.self))")
    }

    /// What happened, oldest first, a row each; what is due comes last.
    private func events(_ enqueued: Timestamp?, _ next: Rows) throws -> [[Cell]] {
        let rows = try database.query(
            "SELECT sequence, at, type, body FROM event WHERE day = \(job.day) AND key = \(job.key) ORDER BY sequence")
        let hands = try database.query(
            """
            SELECT at, action, actor, reason FROM audit
            WHERE target = \(job.name) AND at >= \(job.admittedAt) - interval '1 day' ORDER BY at
            """)
        var lines: [(at: Timestamp, cells: [Cell])] = []
        if let enqueued { lines.append((enqueued, [.none, .time(enqueued), .text("enqueued"), .none])) }
        lines.append((job.admittedAt, [.none, .time(job.admittedAt), .text("admitted"), .none]))
        for row in 0..<rows.count {
            let event = try CompletionEvent(parsing: try rows.get(row, 3, as: Bytes.self).array)
            let at: Timestamp = try rows.get(row, 1)
            lines.append(
                (at, [.number(try rows.get(row, 0)), .time(at), .text(try rows.get(row, 2)), .json(event.data)]))
        }
        for row in 0..<hands.count {
            let at: Timestamp = try hands.get(row, 0)
            let reason = try hands.get(row, 3, as: String?.self).map { ": \($0)" } ?? ""
            let who: String = try hands.get(row, 2)
            lines.append((at, [.none, .time(at), .text(try hands.get(row, 1)), .json(Self.text(who + reason))]))
        }
        // Sorted by time; what happened in one transaction stays in the order of its numbers.
        lines.sort { $0.at < $1.at }
        if next.count > 0 {
            let due: Timestamp = try next.get(0, 0)
            lines.append((due, [.none, .time(due), .text("due"), .json(Self.text(try next.get(0, 1)))]))
        }
        return lines.map(\.cells)
    }

    private static func text(_ text: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.write(text)
        return writer.bytes
    }

    /// The payload with its secrets masked; what is no valid payload of its command is not shown.
    private func payload(_ sealed: Bytes?) -> Cell {
        guard let sealed else { return .none }
        guard let keys = try? reach.keys() else { return .text("(sealed; set RUCHE_KEY_FILE to read it)") }
        guard let bytes = try? keys.open(sealed.array, context: SealContext.job) else {
            return .text("(sealed with another key)")
        }
        guard let type = CommandName(job.command).flatMap(Catalogue.command(named:)) else {
            return .text("(unknown command)")
        }
        return Self.masked(bytes, type) ?? .text("(\(bytes.count) bytes that are no valid payload)")
    }

    private static func masked(_ bytes: [UInt8], _ type: any Command.Type) -> Cell? {
        (try? type.init(json: bytes)).map { .json($0.maskedJSON()) }
    }
}
