extension Envelope {
    /// Reads what surrounds a command. Costs one pass over the headers, and one over the body in structured mode.
    public static func read(_ wire: WireMessage) -> Envelope {
        var envelope = Envelope()
        envelope.payload = wire.body
        if wire.body.count > Topology.bodyLimit {
            envelope.note(Fault(.tooLarge, "The body has more than \(Topology.bodyLimit) bytes."))
        }
        var attributes = CloudEventAttributes(headers: wire.headers)
        switch BodyFormat(contentType: wire.contentType) {
        case .json: attributes.versionFault.map { envelope.note($0) }
        case .cloudEvent:
            if envelope.fault == nil { envelope.payload = attributes.readStructured(wire.body) }
            // What a body says that was not read to its end, it may say again or otherwise further on.
            let isRead = envelope.fault == nil && attributes.fault == nil
            envelope.isIdentified = isRead || Self.isIdentifiedBesideBody(wire)
        case .unsupported:
            envelope.note(Fault(.unsupportedContentType, "Send application/json or application/cloudevents+json."))
        }
        if let fault = attributes.fault { envelope.note(fault) }
        envelope.take(wire, attributes)
        return envelope
    }

    private mutating func take(_ wire: WireMessage, _ attributes: CloudEventAttributes) {
        id = readID(.property(wire.messageID, "message_id") ?? attributes.id)
        setKind(text(.property(wire.type, "type"), attributes.type) ?? wire.routingKey)
        tenant = readTenant(header(Topology.tenantHeader, wire), attributes.tenant)
        correlationID = line(.property(wire.correlationID, "correlation_id"), attributes.correlationID, limit: 255)
        expiresAt = read(header(Topology.expiresAtHeader, wire), attributes.expiresAt) { value throws(Fault) in
            try value.time()
        }
        turn = Int(
            read(header(Topology.turnHeader, wire), nil) { value throws(Fault) in try value.count() } ?? 0)
        replyTo = wire.replyTo.flatMap { Topology.allowsReply(to: $0) ? $0 : nil }
        takeHints(wire, attributes)
    }

    /// Takes what tells people and tracing more about the command. What of it cannot be read is left out: the command
    /// is well without it, and W3C Trace Context demands it of traces.
    private mutating func takeHints(_ wire: WireMessage, _ attributes: CloudEventAttributes) {
        if let timestamp = wire.timestamp {
            enqueuedAt = finer(timestamp)
        } else {
            enqueuedAt = attributes.time.flatMap { try? $0.value.time() }
        }
        appID = wire.appID.flatMap { TextPattern.line.accepts($0) ? $0 : nil }
        // What a later version of the standard adds is not ours to pass on.
        traceparent = Self.hint(wire.header(Topology.traceparentHeader), attributes.traceparent)
            .flatMap(TraceContext.traceparent(reading:))
        guard traceparent != nil else { return }
        tracestate = Self.hint(wire.header(Topology.tracestateHeader), attributes.tracestate)
            .flatMap { TraceContext.allowsState($0) ? $0 : nil }
    }

    /// The same moment in milliseconds, where the id is a UUID of version 7 that was made in that second.
    private func finer(_ time: Timestamp) -> Timestamp {
        guard let id, let milliseconds = UniqueID(id)?.versionSevenMilliseconds,
            Int64(milliseconds / 1000) * 1_000_000 == time.microseconds
        else { return time }
        return Timestamp(microseconds: Int64(milliseconds) * 1000)
    }

    private static func hint(_ header: WireMessage.HeaderValue?, _ attribute: EnvelopePart?) -> String? {
        if let header, let text = try? header.text() { return text }
        return attribute.flatMap { try? $0.value.text() }
    }

    private func header(_ name: String, _ wire: WireMessage) -> EnvelopePart? {
        wire.header(name).map { EnvelopePart($0, .header(name)) }
    }

    /// Whether id and tenant stand where no attribute of a body can change them.
    private static func isIdentifiedBesideBody(_ wire: WireMessage) -> Bool {
        guard let id = wire.messageID, !id.isEmpty else { return false }
        let tenant = wire.header(Topology.tenantHeader).flatMap { try? $0.text() }
        return tenant != nil
    }

    /// The value of the property or header, else of the attribute.
    private static func value<T>(
        _ part: EnvelopePart?, _ attribute: EnvelopePart?,
        _ body: (WireMessage.HeaderValue) throws(Fault) -> T?
    ) throws(Fault) -> T? {
        if let part, let value = try part.read(body) { return value }
        return try attribute?.read(body) ?? nil
    }

    /// The same; what is at fault is noted, and is no value.
    private mutating func read<T>(
        _ part: EnvelopePart?, _ attribute: EnvelopePart?,
        _ body: (WireMessage.HeaderValue) throws(Fault) -> T?
    ) -> T? {
        do throws(Fault) { return try Self.value(part, attribute, body) } catch {
            note(error)
            return nil
        }
    }

    private mutating func text(_ part: EnvelopePart?, _ attribute: EnvelopePart?) -> String? {
        read(part, attribute) { value throws(Fault) in try value.text() }
    }

    /// A text of one line.
    private mutating func line(_ part: EnvelopePart?, _ attribute: EnvelopePart?, limit: Int) -> String? {
        read(part, attribute) { value throws(Fault) in try Self.line(value, limit: limit) }
    }

    private static func line(_ value: WireMessage.HeaderValue, limit: Int) throws(Fault) -> String? {
        guard let text = try value.text() else { return nil }
        if text.utf8.count <= limit, TextPattern.line.accepts(text) { return text }
        throw Fault(.invalidValue, "Expected at most \(limit) bytes and no control characters.")
    }

    /// The tenant, or the default one; one that cannot be read is told from one that is not there.
    private mutating func readTenant(_ part: EnvelopePart?, _ attribute: EnvelopePart?) -> String {
        do throws(Fault) {
            let text = try Self.value(part, attribute) { value throws(Fault) in try Self.line(value, limit: 128) }
            return text ?? tenant
        } catch {
            note(error)
            isIdentified = false
            return tenant
        }
    }

    /// Any text will do for an id, so whatever is wrong with one is the same fault.
    private mutating func readID(_ part: EnvelopePart?) -> String? {
        do throws(Fault) {
            guard let part, let text = try part.value.text() else { return nil }
            if text.utf8.count <= Topology.idLimit, !text.utf8.contains(0) { return text }
        } catch {
            // Said below.
        }
        let rule = "The message's id must be text of at most \(Topology.idLimit) bytes of UTF-8, without U+0000."
        note(Fault(.idInvalid, at: part?.place.pointer ?? "", rule))
        isIdentified = false
        return nil
    }

    /// Takes apart `lease-ip`, `lease-ip.v2` and `ruche.lease-ip.v1`.
    private mutating func setKind(_ text: String) {
        var rest = text[...]
        if rest.hasPrefix(Topology.namePrefix) { rest.removeFirst(Topology.namePrefix.count) }
        if let dot = rest.lastIndex(of: "."), let number = Self.versionNumber(rest[rest.index(after: dot)...]) {
            version = number
            rest = rest[..<dot]
        }
        kind = String(rest)
        name = CommandName(kind)
        if name == nil, kind.utf8.contains(0) {
            note(Fault(.nulCharacter, "The message's type has U+0000."))
            kind = ""
        }
    }

    /// The number of `v2`, from 1 on.
    private static func versionNumber(_ text: Substring) -> Int? {
        let digits = text.utf8.dropFirst()
        guard text.utf8.first == UInt8(ascii: "v"), (1...9).contains(digits.count),
            digits.allSatisfy(ASCII.isDigit), digits.first != ASCII.zero
        else { return nil }
        return Int(text.dropFirst())
    }
}
