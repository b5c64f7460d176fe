extension ContractDocuments {
    /// The JSON Schema (2020-12) of a command's payload.
    public static func jsonSchema(for command: any Command.Type) -> String {
        var members: [(name: String, value: DocumentNode)] = [("examples", .list([example(command.example)]))]
        if !command.alternatives.isEmpty {
            members.insert(("oneOf", SchemaNodes.exactlyOne(of: command.alternatives)), at: 0)
        }
        return document(
            id: "\(command.name):v\(command.version)", title: command.name.rawValue, description: command.summary,
            type: command, members)
    }

    /// The JSON Schema of a command's completion.
    public static func completionSchema(for command: any Command.Type) -> String {
        document(
            id: "\(command.name):completion:v\(command.version)", title: "\(command.name) completion",
            description: "The data of \(Topology.eventType(for: command.name, .succeeded)).",
            type: command.completionType, [("examples", .list([completionExample(of: command)]))])
    }

    /// The JSON Schema of every event: the CloudEvents envelope. What `data` is depends on `type`.
    public static func eventSchema() -> String {
        let kinds = EventKind.allCases.map(\.rawValue).joined(separator: "|")
        let narrowed: [(name: String, value: DocumentNode)] = [
            ("specversion", .object([("const", .text("1.0"))])),
            ("type", .object([("pattern", .text("^ruche\\.[a-z0-9-]+\\.(\(kinds))\\.v1$"))])),
            ("source", .object([("pattern", .text("^/ruche/[a-z0-9-]+$"))])),
        ]
        return document(
            id: "event:v1", title: "event",
            description: "What happened to a command: CloudEvents 1.0 in structured mode.",
            type: EventDocument.self,
            [
                ("allOf", .list([.object([("properties", .object(narrowed))])])),
                ("examples", .list([exampleEvent(of: LeaseIP.self)])),
            ])
    }

    /// The JSON Schema of the data of the events that tell how far a long command has come.
    public static func progressSchema() -> String {
        let installing = Progress(
            step: "install-engine", text: "Installing the container engine.", done: 1, total: 3,
            places: [PlaceProgress(place: "192.0.2.10", state: .running, task: "Install packages")])
        return document(
            id: "progress:v1", title: "progress",
            description: "How far a long command has come: the data of the event progressed.",
            type: Progress.self, [("examples", .list([example(installing)]))])
    }

    /// The JSON Schema of the data of each event that is neither `succeeded` nor `progressed`.
    public static func reasonSchema() -> String {
        let refused = Reason(reason: "no-free-address", message: "No free server meets the wishes.")
        return document(
            id: "reason:v1", title: "reason",
            description: "Why a command did not succeed: the data of every event but succeeded and progressed.",
            type: Reason.self, [("examples", .list([example(refused)]))])
    }

    /// The event of a command's success, as an example.
    static func exampleEvent(of command: any Command.Type) -> DocumentNode {
        let event = CompletionEvent(
            id: UniqueID(high: 0x019D_F258_A0A8_7E52, low: 0x8A1D_4C5E_6F70_8192), command: command.name,
            kind: .succeeded, subject: "019df258-a0a8-7c30-b1f4-0d6e2a9c5b17", time: .example,
            correlationID: "order-4711", data: completionJSON(of: command))
        return parsed(event.encode())
    }

    /// A message as an example.
    static func example(_ message: any Message) -> DocumentNode {
        parsed(message.json())
    }

    private static func completionExample(of command: any Command.Type) -> DocumentNode {
        parsed(completionJSON(of: command))
    }

    private static func completionJSON<C: Command>(of command: C.Type) -> [UInt8] {
        command.completionExample.json()
    }

    private static func parsed(_ json: [UInt8]) -> DocumentNode {
        do { return try DocumentNode(json: json) } catch { preconditionFailure("an example is at fault: \(error)") }
    }

    private static func document(
        id: String, title: String, description: String, type: any Message.Type,
        _ members: [(name: String, value: DocumentNode)]
    ) -> String {
        DocumentNode.object([
            ("$schema", .text("https://json-schema.org/draft/2020-12/schema")),
            ("$id", .text("urn:ruche:schema:\(id)")),
            ("title", .text(title)),
            ("description", .text(description)),
        ])
        .adding(SchemaNodes.members(of: type)).adding(members).json
    }
}
