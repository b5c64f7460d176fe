extension ContractDocuments {
    /// A command's messages: the command itself, the event of its success, all its other events, and, of a long one,
    /// how far it has come.
    static func messages(_ command: any Command.Type) -> [(name: String, value: DocumentNode)] {
        let names = eventNames(command)
        let ended: [(name: String, value: DocumentNode)] = [
            (command.name.rawValue, commandMessage(command)),
            (
                names[0],
                eventMessage(
                    command, title: "\(command.name) succeeded", kinds: [.succeeded], data: completionPath(of: command),
                    example: exampleEvent(of: command))
            ),
            (
                names[1],
                eventMessage(
                    command, title: "\(command.name) did not succeed, or not yet",
                    kinds: EventKind.allCases.filter { $0 != .succeeded && $0 != .progressed }, data: reasonPath,
                    example: nil)
            ),
        ]
        guard command.isLong else { return ended }
        let progressed = eventMessage(
            command, title: "\(command.name) got further", kinds: [.progressed], data: progressPath, example: nil)
        return ended + [(names[2], progressed)]
    }

    private static func commandMessage(_ command: any Command.Type) -> DocumentNode {
        let messageType = Topology.messageType(of: command.name, version: command.version)
        return .object([
            ("name", .text(command.name.rawValue)),
            ("title", .text("Command \(command.name)")),
            ("summary", .text(command.summary)),
            ("description", .text(identityText(command.identity))),
            ("contentType", .text(Topology.commandContentType)),
            ("headers", headers),
            ("payload", pointer("./\(payloadPath(of: command))")),
            ("bindings", amqp([("messageType", .text(messageType))])),
            ("examples", .list([.object([("payload", example(command.example))])])),
        ])
    }

    private static func identityText(_ identity: Identity) -> String {
        let properties =
            "AMQP properties: message_id (at most \(Topology.idLimit) bytes), type, content_type (none, and "
            + "text/plain, count as JSON), delivery_mode 2, timestamp, app_id; correlation_id and reply_to if wanted. "
            + "Id, type and correlation_id must be UTF-8 without U+FFFD. A timestamp after the year 9999 and an app_id "
            + "with control characters are left out. "
            + "Replies go to direct reply-to and to queues named reply.NAME only. "
            + "CloudEvents 1.0 in structured or binary mode are accepted too."
        return switch identity {
        case .required: "message_id is required and is the idempotency key. \(properties)"
        case .optional: "message_id is the idempotency key; without it the command is done at least once. \(properties)"
        }
    }

    private static var headers: DocumentNode {
        .object([
            ("type", .text("object")),
            ("description", .text(headerRule)),
            (
                "properties",
                .object([
                    (Topology.tenantHeader, text("For whom it is done; \(Topology.defaultTenant) if absent.")),
                    (Topology.expiresAtHeader, time),
                    (Topology.traceparentHeader, text("W3C Trace Context; what is not well-formed is left out.")),
                    (Topology.tracestateHeader, text("W3C Trace Context; left out without a traceparent.")),
                    (Topology.turnHeader, count("The passage through the schedule. Set by the relay, by nobody else.")),
                    (Topology.returnsHeader, count("Returns from dead letters. Set by the relay, by nobody else.")),
                ])
            ),
        ])
    }

    /// What of AMQP's types is read as what.
    private static let headerRule =
        "AMQP types: text is a long string (S) or a byte array (x) of UTF-8, or an integer, which stands for its "
        + "decimal digits; a time is RFC 3339 text or a timestamp (T, seconds); an empty text and void (V) count as "
        + "absent. The attributes of CloudEvents in binary mode are read the same way. Anything else ends the command "
        + "as failed: wrong-type, invalid-utf8 or invalid-value, with the pointer /headers/NAME."

    private static let time = DocumentNode.object([
        ("type", .text("string")), ("format", .text("date-time")),
        (
            "description",
            .text("When the command becomes pointless: then it is refused. RFC 3339 text, or an AMQP timestamp.")
        ),
    ])

    private static func count(_ description: String) -> DocumentNode {
        .object([("type", .text("integer")), ("minimum", .integer(0)), ("description", .text(description))])
    }

    private static func text(_ description: String) -> DocumentNode {
        .object([("type", .text("string")), ("description", .text(description))])
    }

    private static func eventMessage(
        _ command: any Command.Type, title: String, kinds: [EventKind], data: String, example: DocumentNode?
    ) -> DocumentNode {
        let types = kinds.map { Topology.eventType(for: command.name, $0) }
        let narrowed = DocumentNode.object([
            ("type", .text("object")),
            (
                "properties",
                .object([("type", .object([("enum", .texts(types))])), ("data", pointer("./\(data)"))])
            ),
        ])
        let message = DocumentNode.object([
            ("name", .text(types.count == 1 ? types[0] : "\(command.name) events")),
            ("title", .text(title)),
            ("contentType", .text(CompletionEvent.contentType)),
            ("payload", .object([("allOf", .list([pointer("./\(eventPath)"), narrowed]))])),
        ])
        guard let example else { return message }
        return message.adding([("examples", .list([.object([("payload", example)])]))])
    }
}
