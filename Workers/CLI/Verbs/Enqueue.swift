import AMQP
import Contracts
import Glibc
import Runtime

extension Verb {
    static let enqueue = Verb(
        path: ["enqueue"], summary: "publish a command and wait for the broker's confirm",
        arguments: ["[COMMAND]"],
        options: [
            .value("file", "FILE", "the payload, `-` for stdin", short: "f"),
            .flag("ndjson", "a payload, or {\"id\", \"command\", \"payload\", …}, on each line of the file or stdin"),
            .value("journal", "FILE", "with --ndjson: remember what is confirmed, to go on after an interruption"),
            .value("set", "FIELD=VALUE", "set a field; a.b reaches inside", repeats: true),
            .value("id", "ID", "the message id, a new UUIDv7 when absent; the same id twice has one effect"),
            .tenant,
            .value("expires", "DURATION", "refuse the command when it is not done by then"),
            .value("correlation", "ID", "comes back in the events"),
            .flag("example", "print a payload to start from, and publish nothing; with --wait, publish it"),
            .flag("wait", "wait for the outcome; any outcome ends it"),
            .value("timeout", "DURATION", "how long to wait, default 30s"),
            .dryRun, .output,
        ],
        examples: [
            "ruche enqueue lease-ip --set holder=web-1 --set ttlSeconds=600 --wait",
            "ruche enqueue lease-ip --example > lease.json; ruche enqueue lease-ip -f lease.json",
            "ruche enqueue import-batch --example --wait",
            "ruche enqueue lease-ip --ndjson -f leases.ndjson --journal leases.journal",
        ]
    ) { invocation in
        if invocation.has("ndjson") { return try enqueueLines(invocation) }
        guard let name = invocation.argument(0) else { throw Failure(.usage, "usage: \(invocation.verb.usage)") }
        let command = try Payload.command(named: name)
        if invocation.has("example"), !invocation.has("wait") {
            emit(String(decoding: command.example.json(), as: UTF8.self))
            return
        }
        let payload = try Payload.read(command, invocation)
        let request = try request(command, payload, invocation)
        if invocation.has("dry-run") {
            emit(String(decoding: payload, as: UTF8.self))
            return
        }
        let reach = Reach()
        if invocation.has("wait") {
            try publishAndWait(request, reach, invocation)
        } else {
            let traces = try ProducerTrace()
            defer { traces.close() }
            let connection = try reach.broker()
            defer { connection.close() }
            try traces.publish(request, by: Producer(connection: connection))
            try Output(invocation).record([("id", .text(request.id)), ("command", .text(command.name.rawValue))])
        }
    }

    private static func request(
        _ command: any Command.Type, _ payload: [UInt8], _ invocation: Invocation
    ) throws -> Producer.Request {
        Producer.Request(
            command: command, id: try invocation.messageID(), tenant: invocation.tenant,
            correlationID: try invocation.line("correlation", limit: 255),
            expiresAt: try invocation.duration("expires").map { Timestamp.now + $0 }, payload: payload)
    }

    /// Publishes, waits, prints the outcome and returns it; throws when it is not success.
    @discardableResult
    static func publishAndWait(
        _ request: Producer.Request, _ reach: Reach, _ invocation: Invocation, within usual: Duration = .seconds(30)
    ) throws -> CompletionEvent {
        let traces = try ProducerTrace()
        defer { traces.close() }
        let connection = try reach.broker()
        defer { connection.close() }
        let wait = try OutcomeWait(connection, command: request.command, id: request.id)
        let publishing = try reach.broker()
        defer { publishing.close() }
        try traces.publish(request, by: Producer(connection: publishing))
        let event = try wait.outcome(within: invocation.duration("timeout") ?? usual) { progress in
            note(line(of: progress))
        }
        try Output(invocation).record([
            ("id", .text(request.id)), ("outcome", .text(event.kind.rawValue)), ("attempt", .number(event.attempt)),
            ("time", .time(event.time)), ("data", .json(event.data)),
        ])
        guard event.kind == .succeeded else {
            throw Failure(.jobNotSucceeded, "\(request.id) ended \(event.kind.rawValue)")
        }
        return event
    }

    /// What is told of an event on the way: of how far a long command is a sentence, which may have a thousand places.
    static func line(of event: CompletionEvent) -> String {
        guard event.kind == .progressed, let progress = try? event.decode(Contracts.Progress.self) else {
            return "\(event.kind.rawValue): \(String(decoding: event.data, as: UTF8.self))"
        }
        let said = TextWidth.harmless(progress.text.isEmpty ? progress.step : progress.text)
        guard let done = progress.done, let total = progress.total else { return "progressed: \(said)" }
        return "progressed: \(said) (\(done) of \(total))"
    }
}

/// Payloads from files, from stdin and from `--set`.
enum Payload {
    static func command(named name: String) throws(Failure) -> any Command.Type {
        if let command = Catalogue.commands.first(where: { $0.name.rawValue == name }) { return command }
        let names = Catalogue.commands.map { $0.name.rawValue }
        let advice = Suggestion.nearest(to: name, in: names).map { "did you mean \($0)?" }
        throw Failure(
            .notFound, lines: ["no command `\(name)`", advice ?? "there are: \(names.joined(separator: ", "))"])
    }

    static func newID() -> String {
        UniqueID.v7(at: .now, random: (.random(in: .min ... .max), .random(in: .min ... .max))).description
    }

    /// Reads, sets, validates strictly, and writes in the table's order.
    static func read(_ command: any Command.Type, _ invocation: Invocation) throws -> [UInt8] {
        let start = invocation.has("example") ? command.example.json() : Array("{}".utf8)
        let bytes = try invocation.value("file").map { try File.read($0) } ?? start
        let settings = try invocation.all("set").map { try Assignment($0, for: command) }
        do throws(Fault) {
            return try Assignment.apply(settings, to: bytes, of: command)
        } catch {
            let place = error.pointer.isEmpty ? "the payload" : error.pointer
            throw Failure(
                .invalid, "\(place): \(error.message) (\(error.code.rawValue))",
                "see: ruche enqueue \(command.name) --example")
        }
    }
}
