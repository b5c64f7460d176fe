import Contracts
import Testing

/// What a header of each of AMQP's types comes to: it is read, or it is a fault at the header; never is it passed over.
struct HeaderValueTests {
    typealias Value = WireMessage.HeaderValue

    static let bytes = Value.bytes(Array("nörd".utf8))
    static let noText = Value.bytes([0x6E, 0xFF])
    static let time = Timestamp(microseconds: 1_777_888_800_000_000)
    static let prefixes = ["", "ce-", "cloudEvents_", "cloudEvents:"]

    @Test(
        "A tenant is text, or what can only be meant as one text",
        arguments: [("nörd", "nörd"), (bytes, "nörd"), (.number(42), "42"), (.void, "default"), ("", "default")]
            as [(Value, String)], prefixes)
    func tenants(sample: (Value, String), prefix: String) {
        let envelope = Envelope.read(WireMessage(headers: [(prefix + "tenant", sample.0)]))
        #expect(envelope.fault == nil)
        #expect(envelope.tenant == sample.1)
    }

    @Test(
        "A time is RFC 3339 text or an AMQP timestamp",
        arguments: [
            ("2026-05-04T10:00:00Z", time), (.bytes(Array("2026-05-04T10:00:00Z".utf8)), time),
            (.seconds(1_777_888_800), time), (.seconds(0), .epoch), (.void, nil), (.bytes([]), nil),
        ] as [(Value, Timestamp?)], prefixes)
    func times(sample: (Value, Timestamp?), prefix: String) {
        let envelope = Envelope.read(WireMessage(headers: [(prefix + "expiresAt", sample.0)]))
        #expect(envelope.fault == nil)
        #expect(envelope.expiresAt == sample.1)
    }

    @Test(
        "What a header cannot mean is refused with its reason, at the header",
        arguments: [
            ("tenant", .seconds(1_777_888_800), .wrongType), ("tenant", .other, .wrongType),
            ("tenant", noText, .invalidUTF8), ("ce-tenant", .other, .wrongType),
            ("expiresAt", .number(1_777_888_800), .wrongType), ("expiresAt", .other, .wrongType),
            ("expiresAt", noText, .invalidUTF8), ("expiresAt", .bytes(Array("soon".utf8)), .invalidValue),
            // Milliseconds and nanoseconds where AMQP wants seconds.
            ("expiresAt", .seconds(1_777_888_800_000), .invalidValue), ("expiresAt", .seconds(.max), .invalidValue),
            ("cloudEvents:expiresat", .other, .wrongType), ("ce-type", .other, .wrongType),
            ("ce-type", noText, .invalidUTF8), ("ce-correlationid", .seconds(1), .wrongType),
            ("ce-id", .other, .idInvalid), ("ce-id", noText, .idInvalid), ("ce-specversion", "0.3", .invalidValue),
            ("ce-specversion", .other, .invalidValue), ("ruche-turn", "x", .invalidValue),
            ("ruche-turn", .number(-4), .invalidValue), ("ruche-turn", .seconds(4), .wrongType),
        ] as [(String, Value, Fault.Code)])
    func refused(name: String, value: Value, code: Fault.Code) {
        let envelope = Envelope.read(WireMessage(routingKey: "lease-ip", headers: [(name, value)]))
        #expect(envelope.fault?.code == code)
        #expect(envelope.fault?.pointer == "/headers/\(name)")
        #expect(envelope.name == "lease-ip")
        #expect(envelope.tenant == "default")
        #expect(envelope.turn == 0)
    }

    @Test("A header without a value leaves the word to the attribute")
    func void() {
        let headers: [(name: String, value: Value)] = [("tenant", .void), ("ce-tenant", "north")]
        #expect(Envelope.read(WireMessage(headers: headers)).tenant == "north")
    }

    @Test(
        "A property that the decoder had to repair is refused: two that differ may look the same",
        arguments: [
            (WireMessage(messageID: "a\u{FFFD}"), Fault.Code.idInvalid, "message_id"),
            (WireMessage(type: "a\u{FFFD}"), .invalidUTF8, "type"),
            (WireMessage(correlationID: "a\u{FFFD}"), .invalidUTF8, "correlation_id"),
        ])
    func repaired(wire: WireMessage, code: Fault.Code, name: String) {
        let fault = Envelope.read(wire).fault
        #expect(fault?.code == code)
        #expect(fault?.pointer == "/properties/\(name)")
    }

    @Test("What is said about the trace is no reason to refuse, whatever its type", arguments: [.other, noText, .void])
    func traces(value: Value) {
        let envelope = Envelope.read(WireMessage(headers: [("traceparent", value), ("ce-time", value)]))
        #expect(envelope.fault == nil)
        #expect(envelope.traceparent == nil)
    }

    @Test("A trace in bytes is a trace, and the time of a CloudEvent may be AMQP's own")
    func hints() {
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        let envelope = Envelope.read(
            WireMessage(headers: [("traceparent", .bytes(Array(trace.utf8))), ("ce-time", .seconds(1_777_888_800))]))
        #expect(envelope.traceparent == trace)
        #expect(envelope.enqueuedAt == Self.time)
    }

    @Test("No command has a field that a pointer to a header or a property could mean")
    func pointers() {
        for command in Catalogue.commands {
            let names = Set(command.fieldDescriptions.map(\.name))
            #expect(names.isDisjoint(with: ["headers", "properties"]), "\(command.name)")
        }
    }
}
