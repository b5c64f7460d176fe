/// The names of everything on the broker, derived here and spelled nowhere else.
public enum Topology {
    /// The exchange that producers publish commands to; the routing key is the command's name.
    public static let commandExchange = "ruche.commands"
    /// The exchange that events are published to; the routing key is `<command>.<kind>`.
    public static let eventExchange = "ruche.events"
    /// The exchange to which the broker moves commands that a queue gave up on.
    public static let deadLetterExchange = "ruche.dead"
    /// The queue behind ``deadLetterExchange``, drained by the relay.
    public static let deadLetterQueue = "ruche.dead"

    /// The header with the tenant; absent means ``defaultTenant``.
    public static let tenantHeader = "tenant"
    /// The header with the time after which a command has no effect any more (RFC 3339).
    public static let expiresAtHeader = "expiresAt"
    /// The header that links a command to a trace (W3C Trace Context).
    public static let traceparentHeader = "traceparent"
    /// The header with the vendors' part of a trace (W3C Trace Context).
    public static let tracestateHeader = "tracestate"
    /// The header by which the schedule numbers the turns of one command: retries and replays.
    public static let turnHeader = "ruche-turn"
    /// The header by which the relay counts how often it has returned a message from ``deadLetterQueue`` to its queue.
    /// The broker's own count goes with its death headers, which must be dropped: it takes a message that carries them
    /// for a loop, and discards it.
    public static let returnsHeader = "ruche-returns"

    /// The tenant of messages that name none.
    public static let defaultTenant = "default"
    /// The content type of a command.
    public static let commandContentType = "application/json"
    /// The largest body, in bytes: 1 MiB.
    public static let bodyLimit = 1_048_576
    /// The longest message id, in bytes of UTF-8.
    public static let idLimit = 255

    /// What names of queues and event types begin with.
    static let namePrefix = "ruche."

    /// The queue of a command.
    public static func queue(for command: CommandName) -> String {
        namePrefix + command.rawValue
    }

    /// The key that routes a command to its queue.
    public static func routingKey(for command: CommandName) -> String {
        command.rawValue
    }

    /// The key that routes a command's events; `*.succeeded` and `lease-ip.*` are useful patterns.
    public static func routingKey(for command: CommandName, _ kind: EventKind) -> String {
        "\(command.rawValue).\(kind.rawValue)"
    }

    /// What the property `type` of a command's message says: `lease-ip` in version 1, `lease-ip.v2` and so on later.
    public static func messageType(of command: CommandName, version: Int = 1) -> String {
        version == 1 ? command.rawValue : "\(command.rawValue).v\(version)"
    }

    /// The CloudEvents type of a command's events.
    public static func eventType(for command: CommandName, _ kind: EventKind, version: Int = 1) -> String {
        "\(namePrefix)\(command.rawValue).\(kind.rawValue).v\(version)"
    }

    /// The CloudEvents source of a command's events.
    public static func eventSource(for command: CommandName) -> String {
        "/ruche/\(command.rawValue)"
    }

    /// Whether a reply may go to this queue: RabbitMQ's direct reply-to, or a queue named `reply.…`. Everything else
    /// would let a producer write into queues that are not its own.
    public static func allowsReply(to queue: String) -> Bool {
        for prefix in ["amq.rabbitmq.reply-to.", "reply."] where queue.hasPrefix(prefix) {
            return queue.utf8.count > prefix.utf8.count && queue.utf8.count <= 255 && !queue.utf8.contains(0)
        }
        return false
    }
}
