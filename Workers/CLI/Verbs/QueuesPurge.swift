import AMQP
import Contracts
import Runtime

extension Verb {
    static let queuesPurge = Verb(
        path: ["queues", "purge"],
        summary: "empty a command's queue: every command in it ends cancelled, and is announced",
        arguments: ["COMMAND"],
        options: [
            .value("confirm", "COMMAND", "the name once more: this ends work that others wait for"), .reason, .dryRun,
        ],
        examples: [
            "ruche queues purge lease-ip --dry-run",
            "ruche queues purge lease-ip --confirm=lease-ip --reason 'sent by a test'",
        ]
    ) { invocation in
        guard let command = CommandName(invocation.arguments[0]) else {
            throw Failure(.usage, "`\(invocation.arguments[0])` is no name of a command")
        }
        let reach = Reach()
        let broker = try reach.broker()
        defer { broker.close() }
        let queue = Topology.queue(for: command)
        guard let info = try broker.inspectQueue(queue) else {
            throw Failure(.notFound, "`\(command)` has no queue", "see: ruche queues")
        }
        if invocation.has("dry-run") {
            emit("would cancel the \(info.messages) commands that are ready in \(queue)")
            if info.consumers > 0 { note("ruche: \(info.consumers) workers take from it meanwhile; pause it first") }
            return
        }
        let reason = try JobSelection.reason(invocation)
        guard invocation.value("confirm") == command.rawValue else {
            throw Failure(
                .usage, "this would cancel the \(info.messages) commands that are ready in \(queue)",
                "say so with --confirm=\(command)")
        }
        let database = try reach.database()
        defer { database.close() }
        let purge = Purge(
            command: command, broker: broker, database: database, keys: try reach.keys(), reason: reason)
        try purge.run(upTo: info.messages)
    }
}
