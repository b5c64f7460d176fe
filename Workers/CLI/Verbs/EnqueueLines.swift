import AMQP
import Contracts
import Glibc
import Runtime

extension Verb {
    /// `enqueue --ndjson`: each line of a file is a command.
    static func enqueueLines(_ invocation: Invocation) throws {
        for name in ["set", "id", "wait", "timeout", "example"] where invocation.has(name) {
            throw Failure(.usage, "--\(name) does not go with --ndjson: each line says all of its command")
        }
        guard try Output(invocation).format == .jsonl || invocation.value("output") == nil, !invocation.has("json")
        else {
            throw Failure(.usage, "--ndjson answers with a JSON object a line: -o jsonl")
        }
        _ = try invocation.line("tenant", limit: 128)
        let path = invocation.value("file") ?? "-"
        let isDry = invocation.has("dry-run")
        let seed = try path == "-" ? randomSeed() : Self.seed(of: path)
        let journal = try journal(invocation, seed)
        let reader = BulkLine(
            command: try invocation.argument(0).map { try Payload.command(named: $0) }, tenant: invocation.tenant,
            correlationID: try invocation.line("correlation", limit: 255),
            expiresAt: try invocation.duration("expires").map { Timestamp.now + $0 }, seed: journal?.seed ?? seed)
        let traces = try ProducerTrace()
        defer { traces.close() }
        let publisher = isDry ? nil : try publisher()
        defer { publisher?.close(within: .seconds(1)) }
        var bulk = BulkEnqueue(reader, journal: journal, to: publisher, traces, try standstill())
        publisher?.start()
        if !isDry { traces.start() }
        try bulk.run(path)
    }

    private static func publisher() throws -> Publisher {
        let reach = Reach()
        // What a first connection says about login and rights is said at once, and not tried again for a minute.
        try reach.broker().close()
        guard let uri = try reach.resolved().amqp else { throw Failure(.usage, "AMQP_URL cannot be read") }
        return Publisher(uri: uri, name: "ruche enqueue", window: BulkEnqueue.window)
    }

    private static func journal(_ invocation: Invocation, _ seed: [UInt8]) throws -> BulkJournal? {
        guard let file = invocation.value("journal"), !invocation.has("dry-run") else { return nil }
        return try BulkJournal(file, seed: seed, purpose: "\(invocation.argument(0) ?? "") \(invocation.tenant)")
    }

    /// A run that stands still is taken for one that works; whoever started it waits for its end.
    private static func standstill() throws -> Standstill {
        var settings = Settings()
        let patience = settings.duration("LIVENESS_PATIENCE", default: .seconds(90))
        try settings.check()
        return Standstill(limit: max(patience, .seconds(2))) {
            note("ruche: nothing has moved for \(Int(patience.seconds)) s; ended")
            note("go on with the same command line: ids are the same, nothing has a second effect")
            _exit(ExitCode.tryLater.rawValue)
        }
    }

    private static func randomSeed() -> [UInt8] { (0..<32).map { _ in UInt8.random(in: .min ... .max) } }

    /// The file's hash: the same file gives the same ids, another file others.
    private static func seed(of path: String) throws -> [UInt8] {
        var digest = SHA256Stream()
        try File.chunks(of: path, size: 1 << 20) { digest.update($0) }
        return digest.finish()
    }
}
