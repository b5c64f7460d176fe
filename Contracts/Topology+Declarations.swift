extension Topology {
    /// How often the broker hands a command out before it gives up on it. The broker counts every hand-back, also those
    /// of a worker that was stopped, so this is no verdict and must be generous.
    public static let deliveryLimit = 100
    /// How many messages a queue holds before it refuses more, which producers see as a nack.
    public static let queueLengthLimit = 1_000_000
    /// How many bytes of bodies a queue holds before it refuses more: 4 GiB.
    public static let queueBytesLimit = 4_294_967_296

    /// Everything to declare for these commands, in an order in which it can be declared.
    ///
    /// Type, dead-lettering and overflow of a queue are arguments, because the promise rests on them: at-least-once
    /// dead-lettering needs quorum queues that refuse what they cannot hold. Limits are ``policies``.
    public static func declarations(for commands: [CommandName]) -> [Declaration] {
        let quorum = Declaration.Argument("x-queue-type", "quorum")
        let overflow = Declaration.Argument("x-overflow", "reject-publish")
        var declarations: [Declaration] = [
            .exchange(name: commandExchange, type: "topic"),
            .exchange(name: eventExchange, type: "topic"),
            .exchange(name: deadLetterExchange, type: "topic"),
            .queue(name: deadLetterQueue, arguments: [quorum, overflow]),
            .binding(queue: deadLetterQueue, exchange: deadLetterExchange, key: "#"),
        ]
        for command in commands {
            let arguments = [
                quorum, overflow,
                Declaration.Argument("x-dead-letter-exchange", deadLetterExchange),
                Declaration.Argument("x-dead-letter-strategy", "at-least-once"),
            ]
            declarations.append(.queue(name: queue(for: command), arguments: arguments))
            declarations.append(
                .binding(queue: queue(for: command), exchange: commandExchange, key: routingKey(for: command)))
        }
        return declarations
    }

    /// The policies that belong to the declarations.
    ///
    /// The queue of dead letters has no further exchange to give up to, so a delivery limit would lose messages there:
    /// newer brokers have one by default, and it is set out of reach.
    public static let policies = [
        Policy(
            name: "ruche-commands", pattern: "^ruche\\.", priority: 0,
            limits: [
                Policy.Limit(name: "delivery-limit", value: deliveryLimit),
                Policy.Limit(name: "max-length", value: queueLengthLimit),
                Policy.Limit(name: "max-length-bytes", value: queueBytesLimit),
            ]),
        Policy(
            name: "ruche-dead", pattern: "^ruche\\.dead$", priority: 10,
            limits: [
                Policy.Limit(name: "delivery-limit", value: 1_000_000_000),
                Policy.Limit(name: "max-length", value: queueLengthLimit),
                Policy.Limit(name: "max-length-bytes", value: queueBytesLimit),
            ]),
    ]
}
