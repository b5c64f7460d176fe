import Contracts
import Testing

struct EnvelopeTests {
    private let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test("A command in AMQP properties")
    func properties() {
        let envelope = Envelope.read(
            WireMessage(
                exchange: "ruche.commands", routingKey: "lease-ip", contentType: "application/json", messageID: "m-1",
                type: "lease-ip.v2", correlationID: "c-1", replyTo: "reply.shop", appID: "shop",
                timestamp: Timestamp(microseconds: 7),
                headers: [
                    ("tenant", "north"), ("expiresAt", "2026-05-04T10:00:00Z"), ("traceparent", .text(trace)),
                    ("tracestate", "a=b"), ("ruche-turn", "3"),
                ],
                body: Array("{}".utf8)))
        #expect(envelope.fault == nil)
        #expect(envelope.id == "m-1")
        #expect(envelope.name == "lease-ip")
        #expect(envelope.version == 2)
        #expect(envelope.tenant == "north")
        #expect(envelope.expiresAt == Timestamp(microseconds: 1_777_888_800_000_000))
        #expect(envelope.correlationID == "c-1")
        #expect(envelope.replyTo == "reply.shop")
        #expect(envelope.appID == "shop")
        #expect(envelope.traceparent == trace)
        #expect(envelope.tracestate == "a=b")
        #expect(envelope.enqueuedAt == Timestamp(microseconds: 7))
        #expect(envelope.turn == 3)
        #expect(text(envelope.payload) == "{}")
    }

    @Test(
        "A message was sent in the millisecond that its id says, if that is in the second that it says itself",
        arguments: [
            ("019a0000-0123-7000-8000-000000000000", 0, true), ("019a0000-0123-7000-8000-000000000000", 1, false),
            ("019a0000-0123-4000-8000-000000000000", 0, false), ("order-17", 0, false),
        ])
    func sending(id: String, secondsLater: Int64, isFiner: Bool) {
        // The second in which the id was made.
        let second = Int64(0x019a_0000_0123 / 1000) + secondsLater
        let fraction = Int64(0x019a_0000_0123 % 1000) * 1000
        let envelope = Envelope.read(
            WireMessage(
                routingKey: "lease-ip", messageID: id, timestamp: Timestamp(microseconds: second * 1_000_000)))
        let expected = second * 1_000_000 + (isFiner ? fraction : 0)
        #expect(envelope.enqueuedAt == Timestamp(microseconds: expected))
    }

    @Test("What is absent has its default")
    func defaults() {
        let envelope = Envelope.read(WireMessage(routingKey: "lease-ip"))
        #expect(envelope.fault == nil)
        #expect(envelope.id == nil)
        #expect(envelope.tenant == "default")
        #expect(envelope.version == 1)
        #expect(envelope.turn == 0)
        #expect(envelope.fault(demanding: .required)?.code == .idMissing)
        #expect(envelope.fault(demanding: .optional) == nil)
    }

    @Test(
        "The identity is the message id, else the id of CloudEvents",
        arguments: [
            ("m", [("ce-id", "c")], "m"), (nil, [("ce-id", "c")], "c"), ("", [("cloudEvents_id", "c")], "c"),
            (nil, [("cloudEvents:id", "c")], "c"), (nil, [("id", "c")], nil), (nil, [("ce-id", "")], nil),
        ] as [(String?, [(String, String)], String?)])
    func identity(messageID: String?, headers: [(String, String)], id: String?) {
        let wire = WireMessage(messageID: messageID, headers: headers.map { (name: $0.0, value: .text($0.1)) })
        #expect(Envelope.read(wire).id == id)
    }

    @Test(
        "The kind is the type, else the type of CloudEvents, else the routing key",
        arguments: [
            ("renew-lease", "ce", "key", "renew-lease", 1), (nil, "ruche.release-ip.v3", "key", "release-ip", 3),
            (nil, nil, "lease-ip", "lease-ip", 1), ("", nil, "lease-ip", "lease-ip", 1),
            (nil, nil, "ruche.lease-ip", "lease-ip", 1), ("lease-ip.v12", nil, "", "lease-ip", 12),
        ] as [(String?, String?, String, String, Int)])
    func kind(type: String?, ceType: String?, key: String, name: String, version: Int) {
        var wire = WireMessage(routingKey: key, type: type)
        if let ceType { wire.headers = [("ce-type", .text(ceType))] }
        let envelope = Envelope.read(wire)
        #expect(envelope.name?.rawValue == name)
        #expect(envelope.kind == name)
        #expect(envelope.version == version)
        #expect(envelope.fault == nil)
    }

    @Test(
        "A kind that is no command's name is kept as it is, for whoever parks it",
        arguments: ["com.example.Order", "lease-ip.v0", "lease-ip.v", "lease-ip.vx", "lease-ip.v01", "dead", "Lease"])
    func strangeKinds(type: String) {
        let envelope = Envelope.read(WireMessage(routingKey: "lease-ip", type: type))
        #expect(envelope.name == nil)
        #expect(envelope.kind == type)
        #expect(envelope.fault == nil)
    }

    @Test(
        "Content types that hold JSON in UTF-8 are read",
        arguments: [
            (nil, true), ("", true), ("application/json", true), ("Application/JSON; charset=UTF-8", true),
            ("application/vnd.shop.order+json", true), ("application/json;charset=\"utf-8\"", true),
            ("text/plain", true), ("text/plain; charset=utf-8", true), ("text/plain; charset=latin1", false),
            ("text/csv", false), ("text/html", false), ("application/json; charset=latin1", false),
            ("application/cloudevents-batch+json", false), ("application/octet-stream", false), (";", false),
        ] as [(String?, Bool)])
    func contentTypes(contentType: String?, isRead: Bool) {
        let fault = Envelope.read(WireMessage(contentType: contentType, body: Array("{}".utf8))).fault
        #expect(fault?.code == (isRead ? nil : .unsupportedContentType))
    }

    @Test("A body of exactly the limit is read and one more byte is too large")
    func size() {
        var wire = WireMessage(body: Array(repeating: 0x20, count: 1_048_576))
        #expect(Envelope.read(wire).fault == nil)
        wire.body.append(0x20)
        #expect(Envelope.read(wire).fault?.code == .tooLarge)
    }

    @Test(
        "An id that cannot be kept is a fault, and the rest is read all the same",
        arguments: ["a\u{0}b", String(repeating: "a", count: 256), String(repeating: "é", count: 128)])
    func badIDs(id: String) {
        let envelope = Envelope.read(WireMessage(routingKey: "lease-ip", messageID: id, correlationID: "c"))
        #expect(envelope.fault?.code == .idInvalid)
        #expect(envelope.fault?.pointer == "/properties/message_id")
        #expect(envelope.id == nil)
        #expect(envelope.name == "lease-ip")
        #expect(envelope.correlationID == "c")
        #expect(envelope.fault(demanding: .required)?.code == .idInvalid)
    }

    @Test(
        "Headers that cannot be meant are faults",
        arguments: [
            ("tenant", "a\nb"), ("tenant", String(repeating: "a", count: 129)), ("expiresAt", "soon"),
        ])
    func badHeaders(name: String, value: String) {
        let envelope = Envelope.read(WireMessage(headers: [(name: name, value: .text(value))]))
        #expect(envelope.fault?.code == .invalidValue)
        #expect(envelope.fault?.pointer == "/headers/\(name)")
        #expect(envelope.tenant == "default")
    }

    @Test(
        "Whose message it is and which is known, or known to be unknown",
        arguments: [
            (WireMessage(), true), (WireMessage(messageID: "m"), true),
            (WireMessage(messageID: "m", headers: [("tenant", "north"), ("expiresAt", "soon")]), true),
            (WireMessage(messageID: "m", headers: [("tenant", "evil\n")]), false),
            (WireMessage(messageID: "m", headers: [("tenant", .other)]), false),
            (WireMessage(messageID: "m", headers: [("ce-tenant", "evil\n")]), false),
            (WireMessage(messageID: "m\u{0}"), false),
            (WireMessage(contentType: "text/csv", messageID: "m", headers: [("tenant", "evil\n")]), false),
        ])
    func isIdentified(wire: WireMessage, isIdentified: Bool) {
        #expect(Envelope.read(wire).isIdentified == isIdentified)
    }

    @Test(
        "A body in structured mode that is not read to its end does not say whose it is",
        arguments: [
            (nil, nil, false), ("m", nil, false), (nil, "north", false), ("m", "north", true), ("m", "", false),
        ] as [(String?, String?, Bool)])
    func isIdentifiedWithoutBody(messageID: String?, tenant: String?, isIdentified: Bool) {
        for body in [#"{"specversion":"1.0","id":"a","tenant":"b","id":"c"}"#, String(repeating: " ", count: 1 << 21)] {
            var wire = WireMessage(
                contentType: "application/cloudevents+json", messageID: messageID, body: Array(body.utf8))
            if let tenant { wire.headers = [("tenant", .text(tenant))] }
            let envelope = Envelope.read(wire)
            #expect(envelope.fault != nil)
            #expect(envelope.isIdentified == isIdentified)
        }
    }

    @Test(
        "A trace that is not well-formed is no trace, and no fault",
        arguments: ["", "00-x-y-01", "00-4BF92F3577B34DA6A3CE929D0E0E4736-00F067AA0BA902B7-01", "ff"])
    func badTraces(value: String) {
        let envelope = Envelope.read(WireMessage(headers: [("traceparent", .text(value)), ("tracestate", "a=b")]))
        #expect(envelope.traceparent == nil)
        #expect(envelope.tracestate == nil)
        #expect(envelope.fault == nil)
    }

    @Test(
        "No turn is more than the ledger can count",
        arguments: [
            ("12", 12), (.number(7), 7), (.number(.max), Int(Int32.max)), ("9223372036854775808", Int(Int32.max)),
            (.void, 0),
        ] as [(WireMessage.HeaderValue, Int)])
    func turns(value: WireMessage.HeaderValue, turn: Int) {
        let envelope = Envelope.read(WireMessage(headers: [("ruche-turn", value)]))
        #expect(envelope.turn == turn)
        #expect(envelope.fault == nil)
    }

    @Test("A reply to a queue that is not for replies is dropped")
    func replies() {
        #expect(Envelope.read(WireMessage(replyTo: "ruche.lease-ip")).replyTo == nil)
    }
}
