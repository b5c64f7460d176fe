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
        case .json: break
        case .cloudEvent:
            if envelope.fault == nil { envelope.payload = attributes.readStructured(wire.body) }
        case .unsupported:
            envelope.note(Fault(.unsupportedContentType, "Send application/json or application/cloudevents+json."))
        }
        if let fault = attributes.fault { envelope.note(fault) }
        envelope.take(wire, attributes)
        return envelope
    }

    private mutating func take(_ wire: WireMessage, _ attributes: CloudEventAttributes) {
        id = checkedID(Self.first(wire.messageID, attributes.id))
        setKind(Self.first(wire.type, attributes.type) ?? wire.routingKey)
        if let text = Self.first(wire.header(Topology.tenantHeader), attributes.tenant) {
            tenant = checkedText(text, "tenant", limit: 128) ?? tenant
        }
        correlationID = Self.first(wire.correlationID, attributes.correlationID)
            .flatMap { checkedText($0, "correlation id", limit: 255) }
        expiresAt = Self.first(wire.header(Topology.expiresAtHeader), attributes.expiresAt).flatMap {
            checkedExpiry($0)
        }
        enqueuedAt = wire.timestamp ?? attributes.time.flatMap { Timestamp(rfc3339: $0) }
        replyTo = wire.replyTo.flatMap { Topology.allowsReply(to: $0) ? $0 : nil }
        appID = wire.appID.flatMap { Self.isPrintable($0) ? $0 : nil }
        traceparent = Self.first(wire.header(Topology.traceparentHeader), attributes.traceparent)
            .flatMap { Self.isTraceparent($0) ? $0 : nil }
        if traceparent != nil {
            tracestate = Self.first(wire.header(Topology.tracestateHeader), attributes.tracestate)
                .flatMap { $0.utf8.count <= 512 && Self.isPrintable($0) ? $0 : nil }
        }
        // The header is anybody's to write: what the ledger cannot count would overflow where it is raised by one.
        turn = wire.header(Topology.turnHeader).flatMap { Int($0) }.map { min(max(0, $0), Int(Int32.max)) } ?? 0
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

    private mutating func checkedID(_ text: String?) -> String? {
        guard let text else { return nil }
        if text.utf8.count <= Topology.idLimit, !text.utf8.contains(0) { return text }
        note(Fault(.idInvalid, "The message's id must have at most \(Topology.idLimit) bytes and no U+0000."))
        return nil
    }

    private mutating func checkedText(_ text: String, _ what: String, limit: Int) -> String? {
        if text.utf8.count <= limit, Self.isPrintable(text) { return text }
        note(Fault(.invalidValue, "The \(what) must have at most \(limit) bytes and no control characters."))
        return nil
    }

    private mutating func checkedExpiry(_ text: String) -> Timestamp? {
        if let time = Timestamp(rfc3339: text) { return time }
        note(Fault(.invalidValue, "expiresAt must be a time such as 2026-05-04T10:02:03Z (RFC 3339)."))
        return nil
    }

    /// The property, else the attribute; clients send empty texts for what they do not set.
    private static func first(_ property: String?, _ attribute: String?) -> String? {
        if let property, !property.isEmpty { return property }
        return attribute.flatMap { $0.isEmpty ? nil : $0 }
    }

    private static func isPrintable(_ text: String) -> Bool {
        TextPattern.line.accepts(text)
    }

    /// `00-<32 hex>-<16 hex>-<2 hex>`, in any version but ff.
    private static func isTraceparent(_ text: String) -> Bool {
        guard text.utf8.count == 55, !text.hasPrefix("ff") else { return false }
        for (index, byte) in text.utf8.enumerated() {
            let isHyphen = index == 2 || index == 35 || index == 52
            guard isHyphen ? byte == ASCII.hyphen : ASCII.isDigit(byte) || (0x61...0x66).contains(byte) else {
                return false
            }
        }
        return true
    }
}
