import Contracts
import Runtime

/// Has servers initialised, and waits for it or follows it.
struct ServersInit {
    static let options: [Option] =
        [
            .value("session", "ID", "every server of this import, in place of naming them"),
            .value("recipe", "NAME", "what is done with them, default base"),
            .value("only", "WHICH", "all but those in ERROR (all, the default), or those alone, once more (failed)"),
        ] + RunRequest.options

    private let invocation: Invocation
    private let request: RunRequest

    /// - Throws: ``ExitCode/usage`` for what does not go together.
    init(_ invocation: Invocation) throws(Failure) {
        self.invocation = invocation
        request = try RunRequest(invocation)
        guard invocation.arguments.isEmpty != (invocation.value("session") == nil) else {
            throw Failure(.usage, "name servers, or --session ID", "see: ruche help servers init")
        }
    }

    /// Publishes the command, and does what the line says of its end.
    func run() throws {
        if let done = try request.run(command) { tell(done) }
    }

    private func command(_ link: DatabaseLink) throws -> InitServer {
        var command = InitServer(
            session: try invocation.id("session").map { Int($0) }, recipe: invocation.value("recipe") ?? "base",
            only: try invocation.choice("only", default: .all))
        guard !invocation.arguments.isEmpty else { return command }
        let names = try invocation.arguments.map { text throws(Failure) in try ServerName(text) }
        var ids: [Int] = []
        try link.use { database in
            for name in names {
                let id = Int(try name.find(invocation.tenant, database))
                if !ids.contains(id) { ids.append(id) }
            }
        }
        command.servers = ids
        return command
    }

    /// A run succeeds whatever came of its servers: who waits for them hears what did not.
    private func tell(_ done: ServersInitialised) {
        for result in done.results where result.outcome == .failed {
            let reason = result.message ?? result.reason ?? ""
            note("ruche: server \(result.server) (\(result.ip)) failed: \(TextWidth.harmless(reason))")
        }
    }
}
