@testable import Contracts

extension FuzzTarget {
    /// What surrounds a command, in every way to spell it.
    static let envelopes = FuzzTarget(
        name: "envelopes", summary: "envelopes: properties, headers of every type, CloudEvents in both modes",
        seeds: { EnvelopeInput.seeds },
        check: { bytes in
            let wire = EnvelopeInput.message(bytes)
            let envelope = Envelope.read(wire)
            if let fault = envelope.fault { try checkPointer(fault, in: nil) }
            if let id = envelope.id {
                try require(!id.isEmpty && id.utf8.count <= Topology.idLimit && !id.utf8.contains(0), "the id")
            }
            try require(!envelope.kind.utf8.contains(0), "the kind has U+0000")
            try require(
                (1...128).contains(envelope.tenant.utf8.count) && TextPattern.line.accepts(envelope.tenant),
                "the tenant")
            try require((envelope.correlationID?.utf8.count ?? 0) <= 255, "the correlation id")
            try require((0...Int(Int32.max)).contains(envelope.turn), "the turn")
            try require(envelope.version >= 1, "the version")
            try require(envelope.tracestate == nil || envelope.traceparent != nil, "a state without its trace")
            if let queue = envelope.replyTo { try require(Topology.allowsReply(to: queue), "the reply's queue") }
            try requireSame(Envelope.read(wire).summary, envelope.summary, "read twice")
            try checkEvent(of: envelope)
            if envelope.fault == nil, let twin = EnvelopeInput.structured(envelope) {
                let read = Envelope.read(twin)
                try requireSame(read.fault, nil, "the fault of the same as a CloudEvent")
                try requireSame(read.summary, envelope.summary, "the same as a CloudEvent")
                try requireSame(read.payload, envelope.payload, "the payload of the same as a CloudEvent")
            }
        })

    /// Whatever a message says, its end can be announced.
    private static func checkEvent(of envelope: Envelope) throws {
        guard let id = envelope.id, let name = envelope.name else { return }
        var event = CompletionEvent(
            id: .zero, command: name, kind: .failed, subject: id, time: .example,
            correlationID: envelope.correlationID, tenant: envelope.tenant, traceparent: envelope.traceparent,
            tracestate: envelope.tracestate)
        if let fault = envelope.fault { event.data = Reason(fault).json() }
        try requireSame(try CompletionEvent(parsing: event.encode()), event, "the event")
    }
}

/// A message in a fuzzer's bytes.
private enum EnvelopeInput {
    private static let types = [
        nil, "application/json", "application/cloudevents+json", "text/plain; charset=\"utf-8\"",
        "application/cloudevents+json; charset=UTF-8", "text/xml",
    ]
    private static let names = [
        "tenant", "expiresAt", "traceparent", "tracestate", "ruche-turn", "ce-id", "ce-type", "ce-specversion",
        "ce-time", "ce-tenant", "cloudEvents_id", "cloudEvents:correlationid", "ce-datacontenttype", "ce-expiresat",
        "x-delivery-count",
    ]

    /// The message that the bytes spell.
    static func message(_ bytes: [UInt8]) -> WireMessage {
        var input = FuzzInput(bytes)
        let type = Int(input.byte()) % (types.count + 1)
        let has = input.byte()
        var wire = WireMessage(exchange: "ruche.commands", routingKey: "lease-ip")
        wire.contentType = type < types.count ? types[type] : input.text()
        if has & 1 != 0 { wire.messageID = input.text() }
        if has & 2 != 0 { wire.type = input.text() }
        if has & 4 != 0 { wire.correlationID = input.text() }
        if has & 8 != 0 { wire.replyTo = input.text() }
        if has & 16 != 0 { wire.appID = input.text() }
        if has & 32 != 0 { wire.timestamp = Timestamp(amqpSeconds: input.word()) }
        if has & 64 != 0 { wire.routingKey = input.text() }
        for _ in 0..<input.byte() % 8 {
            let name = Int(input.byte()) % (names.count + 1)
            let text = name < names.count ? names[name] : input.text()
            wire.headers.append((text, value(&input)))
        }
        wire.body = input.remainder()
        return wire
    }

    private static func value(_ input: inout FuzzInput) -> WireMessage.HeaderValue {
        switch input.byte() % 6 {
        case 0: .text(input.text())
        case 1: .bytes(input.piece())
        case 2: .number(Int(truncatingIfNeeded: Int64(bitPattern: input.word())))
        case 3: .seconds(input.word())
        case 4: .void
        default: .other
        }
    }

    /// The same command as a CloudEvent in structured mode; nothing for what such an event cannot say.
    static func structured(_ envelope: Envelope) -> WireMessage? {
        guard let name = envelope.name, PlainJSON(envelope.payload) != nil, !envelope.payload.starts(with: [0xEF]),
            envelope.payload.count < Topology.bodyLimit / 2, let id = envelope.id
        else { return nil }
        var writer = JSONWriter()
        writer.beginObject()
        for (key, text) in [
            ("specversion", "1.0"), ("id", id), ("type", "\(Topology.namePrefix)\(name).v\(envelope.version)"),
            ("source", "/fuzz"), ("tenant", envelope.tenant), ("correlationid", envelope.correlationID),
            ("expiresat", envelope.expiresAt?.rfc3339), ("traceparent", envelope.traceparent),
            ("tracestate", envelope.tracestate),
        ] {
            guard let text else { continue }
            writer.key(key)
            writer.write(text)
        }
        writer.key("data")
        writer.write(json: trimmed(envelope.payload))
        writer.endObject()
        var wire = WireMessage(routingKey: "other", contentType: "application/cloudevents+json", body: writer.bytes)
        wire.replyTo = envelope.replyTo
        if envelope.turn != 0 { wire.headers = [(Topology.turnHeader, .number(envelope.turn))] }
        return wire.body.count <= Topology.bodyLimit ? wire : nil
    }

    private static func trimmed(_ json: [UInt8]) -> ArraySlice<UInt8> {
        let blanks: [UInt8] = [0x20, 0x09, 0x0A, 0x0D]
        let rest = json.drop { blanks.contains($0) }
        return rest[...(rest.lastIndex { !blanks.contains($0) } ?? rest.startIndex)]
    }

    static var seeds: [[UInt8]] {
        let payload = #"{"holder":"a"}"#
        let event = """
            {"specversion":"1.0","id":"1","type":"lease-ip.v2","source":"/x","time":"2026-05-04T10:02:03Z",
            "tenant":"t","correlationid":"c","expiresat":"2030-01-01T00:00:00+01:00","data":\(payload)}
            """
        let encoded = #"{"specversion":"1.0","id":"1","type":"ruche.lease-ip.v1","data_base64":"e30="}"#
        let header: (UInt8, UInt8, [UInt8]) -> [UInt8] = { [$0, $1] + $2 }
        let text = FuzzInput.piece
        return [
            [1, 3] + text("job-1") + text("lease-ip.v2") + [0] + Array(payload.utf8),
            [2, 0, 0] + Array(event.utf8), [4, 1] + text("m") + [0] + Array(encoded.utf8),
            [1, 127] + text("i") + text("ruche.lease-ip.v9") + text("c") + text("reply.x") + text("app")
                + [0, 0, 0, 0, 0x6A, 0, 0, 0] + text("expire-lease") + [3] + header(0, 0, text("tenant-1"))
                + header(1, 3, [0, 0, 0, 0, 0x7A, 0, 0, 0])
                + header(2, 0, text("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")) + Array(payload.utf8),
            [0, 0, 4] + header(7, 0, text("1.0")) + header(5, 1, text("id")) + header(6, 0, text("lease-ip"))
                + header(4, 2, [0, 0, 0, 0, 0, 0, 0, 7]) + Array(payload.utf8),
        ]
    }
}

extension Envelope {
    /// What the ledger and an event keep of it; times to the millisecond, as text shows them.
    fileprivate var summary: [String?] {
        [
            id, name?.rawValue, "\(version)", tenant, correlationID, expiresAt?.rfc3339, traceparent, tracestate,
            "\(turn)", replyTo,
        ]
    }
}
