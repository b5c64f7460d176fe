import AMQP
import Contracts
import Glibc
import Runtime

/// Publishes a command that takes minutes, and waits for its end or follows it, as the line says.
struct RunRequest {
    /// What every verb takes that has such a command done.
    static let options: [Option] = [
        .value("id", "ID", "the message id, a new UUIDv7 when absent; the same id twice has one effect"),
        .tenant,
        .value("expires", "DURATION", "refuse the command when it is not done by then"),
        .value("correlation", "ID", "comes back in the events"),
        .flag("wait", "wait for the outcome; any outcome ends it"),
        .flag("follow", "show what is done until it ends; as of runs show", short: "f"),
        .value("timeout", "DURATION", "how long --wait waits, default 1h"), .dryRun, .output,
    ]

    /// The message id of the command.
    let id: String
    private let invocation: Invocation
    private let output: Output
    private let following: RunFollowing?

    /// - Throws: ``ExitCode/usage`` for what does not go together.
    init(_ invocation: Invocation) throws(Failure) {
        self.invocation = invocation
        id = try invocation.messageID()
        output = try Output(invocation)
        following = invocation.has("follow") ? try RunFollowing(invocation, output) : nil
        guard !invocation.has("wait") || following == nil else {
            throw Failure(.usage, "--wait and --follow are two ways to wait: name one")
        }
    }

    /// Publishes the command that `make` makes, which may look into the database for it, and does what the line says
    /// of its end. Returns the completion if that was waited for.
    ///
    /// - Throws: ``ExitCode/invalid`` for a command that its contract does not allow.
    @discardableResult
    func run<C: Command>(_ make: (DatabaseLink) throws -> C) throws -> C.Completion? {
        let reach = Reach()
        let link = DatabaseLink { try reach.database() }
        defer { link.close() }
        let payload = try Self.payload(try make(link))
        guard !invocation.has("dry-run") else {
            emit(String(decoding: payload, as: UTF8.self))
            return nil
        }
        let request = Producer.Request(
            command: C.self, id: id, tenant: invocation.tenant,
            correlationID: try invocation.line("correlation", limit: 255),
            expiresAt: try invocation.duration("expires").map { Timestamp.now + $0 }, payload: payload)
        if invocation.has("wait") {
            let event = try Verb.publishAndWait(request, reach, invocation, within: .seconds(3600))
            return try event.decode(C.Completion.self)
        }
        try publish(request, reach)
        try follow(request, link)
        return nil
    }

    private static func payload<C: Command>(_ command: C) throws(Failure) -> [UInt8] {
        do throws(Fault) { return try C(json: command.json(), strict: true).json() } catch {
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

    private func follow(_ request: Producer.Request, _ link: DatabaseLink) throws {
        let command = request.command.name.rawValue
        guard let following else {
            return output.record([("id", .text(request.id)), ("command", .text(command))])
        }
        let key = UniqueID.ledgerKey(command, request.tenant, request.id)
        try following.run(try waitForWorker(key, request.id, link), id: request.id, link)
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
}
