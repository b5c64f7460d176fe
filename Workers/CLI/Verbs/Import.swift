import AMQP
import Contracts
import Runtime

extension Verb {
    static let importFile = Verb(
        path: ["import"], summary: "import a provider's server list as a session",
        arguments: ["FILE"],
        options: [
            .value("session", "NAME", "the session's name, default the file's name"),
            .value("provider", "NAME", "for rows that name none"),
            .flag("skip-invalid", "import the good rows and report the others; without it one bad row stops all"),
            .value("errors", "FILE", "write the rejected rows' errors as CSV"),
            .value("id", "ID", "the message id, a new UUIDv7 when absent"),
            .value("timeout", "DURATION", "how long to wait for the outcome, default 10m"),
            .tenant, .dryRun, .output,
        ],
        examples: ["ruche import servers.csv --dry-run", "ruche import servers.csv --session 'spring order'"]
    ) { invocation in
        let file = invocation.arguments[0]
        // A wrong format must not be found after the import.
        let output = try Output(invocation)
        let id = try invocation.messageID()
        let timeout = try invocation.duration("timeout") ?? .seconds(600)
        let reach = Reach()
        var command = ImportBatch()
        command.session = invocation.value("session") ?? String(file.split(separator: "/").last ?? "stdin")
        command.provider = invocation.value("provider")
        command.mode = invocation.has("skip-invalid") ? .skipInvalid : .atomic
        command.dryRun = invocation.has("dry-run")
        if let size = File.size(file), size <= inlineLimit,
            let text = String(validating: try File.read(file), as: UTF8.self)
        {
            guard !text.isEmpty else { throw Upload.empty(file) }
            command.csv = text
        } else {
            // Too large for a message, a stream, or no text: the worker says what is wrong with it.
            command.upload = try Upload(reach, tenant: invocation.tenant).send(file)
        }
        let request = Producer.Request(
            command: ImportBatch.self, id: id, tenant: invocation.tenant, payload: command.json())
        let event = try outcome(of: request, reach, within: timeout)
        try ImportReport(event).show(invocation, output)
    }

    /// What fits well below the limit of a message travels in the command; the rest goes by upload.
    private static let inlineLimit = 512 * 1024

    static func outcome(
        of request: Producer.Request, _ reach: Reach, within timeout: Duration
    ) throws -> CompletionEvent {
        let traces = try ProducerTrace()
        defer { traces.close() }
        let listening = try reach.broker()
        defer { listening.close() }
        let wait = try OutcomeWait(listening, command: request.command, id: request.id)
        let publishing = try reach.broker()
        defer { publishing.close() }
        try traces.publish(request, by: Producer(connection: publishing))
        return try wait.outcome(within: timeout) { note("\($0.kind.rawValue)") }
    }
}

/// Streams a file into the database in sealed chunks; the command then names the upload.
struct Upload {
    private let connection: Postgres.Connection
    private let keys: KeyRing
    private let tenant: String

    init(_ reach: Reach, tenant: String) throws(Failure) {
        connection = try reach.database()
        keys = try reach.keys()
        self.tenant = tenant
    }

    /// Sends the file in constant memory. Returns the upload's id once every chunk is committed.
    func send(_ file: String) throws -> UniqueID {
        let id = UniqueID.v7(at: .now, random: (.random(in: .min ... .max), .random(in: .min ... .max)))
        var number = 0
        var size = 0
        var digest = SHA256Stream()
        var progress = Progress("KiB sent", of: File.size(file).map { $0 / 1024 })
        defer { progress.end() }
        try File.chunks(of: file, size: 256 * 1024) { chunk in
            // Not before there is something to send.
            if number == 0 { try connection.execute("INSERT INTO upload (id, tenant) VALUES (\(id), \(tenant))") }
            digest.update(chunk)
            let sealed = Bytes(keys.seal(chunk, context: "upload/\(id)/\(number)"))
            _ = try connection.execute(
                "INSERT INTO upload_chunk (upload, number, data) VALUES (\(id), \(Int32(number)), \(sealed))")
            number += 1
            size += chunk.count
            progress.update(size / 1024)
        }
        guard number > 0 else { throw Self.empty(file) }
        let hash = Bytes(digest.finish())
        _ = try connection.execute(
            """
            UPDATE upload SET chunks = \(Int32(number)), bytes = \(Int64(size)), sha256 = \(hash) WHERE id = \(id)
            """)
        connection.close()
        return id
    }

    /// What is said about a file without a byte.
    static func empty(_ file: String) -> Failure { Failure(.invalid, "\(file): the file is empty") }
}

/// What an import came to, for people and for files.
struct ImportReport {
    let event: CompletionEvent
    let errors: [RowError]

    init(_ event: CompletionEvent) throws {
        self.event = event
        errors =
            event.kind == .succeeded
            ? try BatchImported(json: event.data).errors : try Reason(json: event.data).errors ?? []
    }

    func show(_ invocation: Invocation, _ output: Output) throws {
        for error in errors { note(Self.line(error)) }
        if let file = invocation.value("errors") { try File.write(csv, to: file) }
        guard event.kind == .succeeded else {
            let reason = try Reason(json: event.data)
            let fields: [(String, Cell)] = [("reason", .text(reason.reason)), ("message", .text(reason.message))]
            if output.format != .table { output.record(forPrograms(fields)) }
            throw Failure(.jobNotSucceeded, "\(event.kind.rawValue): \(reason.message) (\(reason.reason))")
        }
        let done = try BatchImported(json: event.data)
        let fields: [(String, Cell)] = [
            ("session", .number(done.sessionId)), ("name", .text(done.session)), ("dryRun", .flag(done.dryRun)),
            ("inserted", .number(done.inserted)), ("updated", .number(done.updated)),
            ("unchanged", .number(done.unchanged)), ("rejected", .number(done.rejected)),
        ]
        output.record(output.format == .table ? fields : forPrograms(fields))
    }

    /// The same document whichever way it ended: the outcome first, the rows' faults last.
    private func forPrograms(_ fields: [(String, Cell)]) -> [(String, Cell)] {
        let list = Array("[".utf8) + errors.map { $0.json() }.joined(separator: ",".utf8) + Array("]".utf8)
        return [("outcome", .text(event.kind.rawValue))] + fields + [("errors", .json(list))]
    }

    /// A fault of a row, or of one cell of it, for people.
    static func line(_ error: RowError) -> String {
        let place = error.column.isEmpty ? "line \(error.line)" : "line \(error.line), \(error.column)"
        return "\(place): \(error.message) (\(error.code))"
    }

    /// RFC 4180. A cell that a spreadsheet would run as a formula is quoted with an apostrophe.
    private var csv: String {
        let header = "line,column,code,value,message\r\n"
        return header
            + errors.map { error in
                [String(error.line), error.column, error.code, error.value ?? "", error.message]
                    .map(Self.cell).joined(separator: ",") + "\r\n"
            }.joined()
    }

    private static func cell(_ text: String) -> String {
        ("=+-@\t\r".unicodeScalars.contains(text.unicodeScalars.first ?? " ") ? "'" + text : text).csvCell
    }
}
