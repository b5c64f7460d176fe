import AMQP
import Contracts
import Glibc
import Runtime

/// Has servers initialised, and waits for it or follows it.
struct ServersInit {
    static let options: [Option] = [
        .value("session", "ID", "every server of this import, in place of naming them"),
        .value("recipe", "NAME", "what is done with them, default base"),
        .value("only", "WHICH", "all but those in ERROR (all, the default), or those alone, once more (failed)"),
        .value("id", "ID", "the message id, a new UUIDv7 when absent; the same id twice has one effect"),
        .tenant,
        .value("expires", "DURATION", "refuse the command when it is not done by then"),
        .value("correlation", "ID", "comes back in the events"),
        .flag("wait", "wait for the outcome; any outcome ends it"),
        .flag("follow", "show what is done until it ends; as of runs show", short: "f"),
        .value("timeout", "DURATION", "how long --wait waits, default 1h"), .dryRun, .output,
    ]

    private let invocation: Invocation
    private let output: Output
    private let following: RunFollowing?

    /// - Throws: ``ExitCode/usage`` for what does not go together.
    init(_ invocation: Invocation) throws(Failure) {
        self.invocation = invocation
        output = try Output(invocation)
        following = invocation.has("follow") ? try RunFollowing(invocation, output) : nil
        guard !invocation.has("wait") || following == nil else {
            throw Failure(.usage, "--wait and --follow are two ways to wait: name one")
        }
        guard invocation.arguments.isEmpty != (invocation.value("session") == nil) else {
            throw Failure(.usage, "name servers, or --session ID", "see: ruche help servers init")
        }
    }

    /// Publishes the command, and does what the line says of its end.
    func run() throws {
        let reach = Reach()
        let link = DatabaseLink { try reach.database() }
        defer { link.close() }
        let payload = try payload(link)
        guard !invocation.has("dry-run") else { return emit(String(decoding: payload, as: UTF8.self)) }
        let request = Producer.Request(
            command: InitServer.self, id: try invocation.messageID(), tenant: invocation.tenant,
            correlationID: try invocation.line("correlation", limit: 255),
            expiresAt: try invocation.duration("expires").map { Timestamp.now + $0 }, payload: payload)
        if invocation.has("wait") {
            let event = try Verb.publishAndWait(request, reach, invocation, within: .seconds(3600))
            try tell(event)
        } else {
            try publish(request, reach)
            guard let following else {
                return output.record([("id", .text(request.id)), ("command", .text(InitServer.name.rawValue))])
            }
            let key = UniqueID.ledgerKey(InitServer.name.rawValue, request.tenant, request.id)
            let run = try waitForWorker(key, request.id, link)
            try following.run(run, id: request.id, link)
        }
    }

    private func payload(_ link: DatabaseLink) throws -> [UInt8] {
        var command = InitServer(
            session: try invocation.id("session").map { Int($0) }, recipe: invocation.value("recipe") ?? "base",
            only: try invocation.choice("only", default: .all))
        if !invocation.arguments.isEmpty {
            let names = try invocation.arguments.map { text throws(Failure) in try ServerName(text) }
            var ids: [Int] = []
            try link.use { database in
                for name in names {
                    let id = Int(try name.find(invocation.tenant, database))
                    if !ids.contains(id) { ids.append(id) }
                }
            }
            command.servers = ids
        }
        do throws(Fault) { return try InitServer(json: command.json(), strict: true).json() } catch {
            throw Failure(.invalid, "\(error.pointer): \(error.message) (\(error.code.rawValue))")
        }
    }

    private func publish(_ request: Producer.Request, _ reach: Reach) throws {
        let traces = try ProducerTrace()
        defer { traces.close() }
        let connection = try reach.broker()
        defer { connection.close() }
        try traces.publish(request, by: Producer(connection: connection))
    }

    /// Waits until a worker has taken it: before that the ledger does not know it.
    private func waitForWorker(_ key: UniqueID, _ id: String, _ link: DatabaseLink) throws -> RunKey {
        var waiting = Progress("waiting for a worker to take \(id)")
        defer { waiting.end() }
        var outage = Outage()
        while true {
            do {
                let found = try link.use { try RunKey(key, $0) }
                outage.tellEnd()
                if let found { return found }
            } catch { try outage.tell(error) }
            waiting.update()
            usleep(200_000)
        }
    }

    /// A run succeeds whatever came of its servers: who waits for them hears what did not.
    private func tell(_ event: CompletionEvent) throws {
        let done = try event.decode(ServersInitialised.self)
        for result in done.results where result.outcome == .failed {
            let reason = result.message ?? result.reason ?? ""
            note("ruche: server \(result.server) (\(result.ip)) failed: \(TextWidth.harmless(reason))")
        }
    }
}
