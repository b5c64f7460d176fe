extension CompletionEvent {
    /// The event as structured CloudEvents JSON; ``data`` is put in as it is and must be one JSON value.
    public func encode() -> [UInt8] {
        var writer = JSONWriter(capacity: 384 + data.count)
        writer.beginObject()
        writer.key(encoded: Key.specVersion)
        writer.write(json: Key.version)
        writer.key(encoded: Key.id)
        writer.write(id)
        writer.key(encoded: Key.source)
        writer.write(source)
        writer.key(encoded: Key.type)
        writer.write(type)
        writer.key(encoded: Key.subject)
        writer.write(subject)
        writer.key(encoded: Key.time)
        writer.write(time)
        writer.key(encoded: Key.dataContentType)
        writer.write(json: Key.jsonType)
        if let correlationID {
            writer.key(encoded: Key.correlationID)
            writer.write(correlationID)
        }
        writer.key(encoded: Key.attempt)
        writer.write(attempt)
        writer.key(encoded: Key.sequence)
        writer.write(sequence)
        writer.key(encoded: Key.tenant)
        writer.write(tenant)
        if let traceparent {
            writer.key(encoded: Key.traceparent)
            writer.write(traceparent)
        }
        if let tracestate {
            writer.key(encoded: Key.tracestate)
            writer.write(tracestate)
        }
        writer.key(encoded: Key.data)
        writer.write(json: data)
        writer.endObject()
        return writer.bytes
    }

    /// Decodes an event that ``encode()`` made, in whatever order its members come. Members that it does not know are
    /// passed over. Throws for anything that is not an event of this contract.
    public init(parsing bytes: [UInt8]) throws(Fault) {
        let wire = try EventDocument(json: bytes)
        guard wire.specversion == "1.0" else {
            throw Fault(.invalidValue, at: "/specversion", "Expected CloudEvents 1.0.")
        }
        let parts = wire.type.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "ruche", parts[3] == "v1", let command = CommandName(String(parts[1])),
            let kind = EventKind(rawValue: String(parts[2]))
        else { throw Fault(.invalidValue, at: "/type", "Expected ruche.<command>.<kind>.v1.") }
        self.init(
            id: wire.id, command: command, kind: kind, subject: wire.subject, time: wire.time,
            correlationID: wire.correlationid, attempt: wire.attempt, sequence: wire.sequence, tenant: wire.tenant,
            traceparent: wire.traceparent, tracestate: wire.tracestate, data: wire.data)
    }

    /// Decodes ``data`` as a completion or a reason.
    public func decode<Data: Message>(_ type: Data.Type = Data.self) throws(Fault) -> Data {
        try Data(json: data)
    }

    /// The fixed parts of the text, quoted once.
    private enum Key {
        static let specVersion = quoted("specversion")
        static let id = quoted("id")
        static let source = quoted("source")
        static let type = quoted("type")
        static let subject = quoted("subject")
        static let time = quoted("time")
        static let dataContentType = quoted("datacontenttype")
        static let correlationID = quoted("correlationid")
        static let attempt = quoted("attempt")
        static let sequence = quoted("sequence")
        static let tenant = quoted("tenant")
        static let traceparent = quoted("traceparent")
        static let tracestate = quoted("tracestate")
        static let data = quoted("data")
        static let version = Array("\"1.0\"".utf8)
        static let jsonType = Array("\"application/json\"".utf8)

        private static func quoted(_ name: String) -> [UInt8] { Array("\"\(name)\":".utf8) }
    }
}
