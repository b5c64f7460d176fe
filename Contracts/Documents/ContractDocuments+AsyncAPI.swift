extension ContractDocuments {
    /// The AsyncAPI 3.0 document: a channel for each command and one for its events, with their AMQP bindings.
    public static func asyncAPI() -> String {
        let commands = Catalogue.commands
        let document = DocumentNode.object([
            ("asyncapi", .text("3.0.0")),
            ("info", info),
            ("defaultContentType", .text(Topology.commandContentType)),
            (
                "servers",
                .object([
                    (
                        "broker",
                        .object([
                            ("host", .text("localhost:5672")), ("protocol", .text("amqp")),
                            ("protocolVersion", .text("0.9.1")),
                            ("description", .text("RabbitMQ, 3.10 or newer.")),
                        ])
                    )
                ])
            ),
            ("channels", .object(commands.flatMap { [commandChannel($0), eventChannel($0)] })),
            ("operations", .object(commands.flatMap { [commandOperation($0), eventOperation($0)] })),
            ("components", .object([("messages", .object(commands.flatMap { messages($0) }))])),
        ])
        return "# Generated from the field tables; a test holds it against them.\n" + document.yaml
    }

    private static var info: DocumentNode {
        .object([
            ("title", .text("Ruche")),
            ("version", .text(version)),
            (
                "description",
                .text(
                    "Commands go to \(Topology.commandExchange) and are answered on \(Topology.eventExchange). "
                        + "Every command that the broker confirmed and did not return gets exactly one outcome, "
                        + "announced by at least one event.")
            ),
        ])
    }

    private static func commandChannel(_ command: any Command.Type) -> (name: String, value: DocumentNode) {
        let queue = Topology.queue(for: command.name)
        return (
            "\(command.name)-command",
            .object([
                ("address", .text(Topology.routingKey(for: command.name))),
                ("title", .text("Command \(command.name)")),
                ("description", .text("\(command.summary) Workers consume the queue \(queue).")),
                ("messages", reference([command.name.rawValue])),
                ("bindings", channelBinding(exchange: Topology.commandExchange)),
            ])
        )
    }

    private static func eventChannel(_ command: any Command.Type) -> (name: String, value: DocumentNode) {
        let kinds = DocumentNode.object([
            ("enum", .texts(EventKind.allCases.filter { $0 != .progressed || command.isLong }.map(\.rawValue))),
            ("description", .text("What happened; the first five are final.")),
        ])
        return (
            "\(command.name)-events",
            .object([
                ("address", .text("\(command.name).{kind}")),
                ("title", .text("Events of \(command.name)")),
                ("description", .text("Bind your own queue, by the kinds that you want.")),
                ("parameters", .object([("kind", kinds)])),
                ("messages", reference(eventNames(command))),
                ("bindings", channelBinding(exchange: Topology.eventExchange)),
            ])
        )
    }

    private static func commandOperation(_ command: any Command.Type) -> (name: String, value: DocumentNode) {
        let channel = "\(command.name)-command"
        return (
            "receive-\(command.name)",
            .object([
                ("action", .text("receive")),
                ("channel", pointer("#/channels/\(channel)")),
                ("summary", .text(command.summary)),
                ("bindings", operationBinding([("mandatory", .flag(true)), ("ack", .flag(true))])),
                ("messages", .list([pointer("#/channels/\(channel)/messages/\(command.name)")])),
            ])
        )
    }

    private static func eventOperation(_ command: any Command.Type) -> (name: String, value: DocumentNode) {
        let channel = "\(command.name)-events"
        return (
            "send-\(command.name)-events",
            .object([
                ("action", .text("send")),
                ("channel", pointer("#/channels/\(channel)")),
                ("summary", .text("Announces what happened to a command, at least once.")),
                ("bindings", operationBinding([("mandatory", .flag(false))])),
                ("messages", .list(eventNames(command).map { pointer("#/channels/\(channel)/messages/\($0)") })),
            ])
        )
    }

    private static func channelBinding(exchange: String) -> DocumentNode {
        let exchange = DocumentNode.object([
            ("name", .text(exchange)), ("type", .text("topic")), ("durable", .flag(true)),
            ("autoDelete", .flag(false)),
        ])
        return amqp([("is", .text("routingKey")), ("exchange", exchange)])
    }

    private static func operationBinding(_ members: [(name: String, value: DocumentNode)]) -> DocumentNode {
        amqp([("deliveryMode", .integer(2)), ("timestamp", .flag(true))] + members)
    }

    static func amqp(_ members: [(name: String, value: DocumentNode)]) -> DocumentNode {
        .object([("amqp", .object(members + [("bindingVersion", .text("0.3.0"))]))])
    }

    static func pointer(_ target: String) -> DocumentNode {
        .object([("$ref", .text(target))])
    }

    static func eventNames(_ command: any Command.Type) -> [String] {
        ["\(command.name).succeeded", "\(command.name).other"]
            + (command.isLong ? ["\(command.name).progressed"] : [])
    }

    private static func reference(_ messages: [String]) -> DocumentNode {
        .object(messages.map { ($0, pointer("#/components/messages/\($0)")) })
    }
}
