/// The CloudEvents 1.0 attributes that the contract reads, from headers (binary mode) or from a body (structured mode).
struct CloudEventAttributes {
    private(set) var id: EnvelopePart?
    private(set) var type: EnvelopePart?
    private(set) var time: EnvelopePart?
    private(set) var tenant: EnvelopePart?
    private(set) var traceparent: EnvelopePart?
    private(set) var tracestate: EnvelopePart?
    private(set) var expiresAt: EnvelopePart?
    private(set) var correlationID: EnvelopePart?
    private(set) var dataContentType: EnvelopePart?
    private(set) var specVersion: EnvelopePart?
    /// The first thing found wrong with a body in structured mode.
    private(set) var fault: Fault?

    /// The attributes among `headers`. The AMQP binding writes `cloudEvents_id` or `cloudEvents:id`; others write
    /// `ce-id`.
    init(headers: [(name: String, value: WireMessage.HeaderValue)]) {
        for (name, value) in headers where name.utf8.first == UInt8(ascii: "c") {
            for prefix in ["ce-", "cloudEvents_", "cloudEvents:"] where name.hasPrefix(prefix) {
                let attribute = Self.attribute(name.dropFirst(prefix.count).lowercased())
                self[keyPath: attribute] = EnvelopePart(value, .header(name))
            }
        }
    }

    /// What is wrong with the version that the headers say, in binary mode.
    var versionFault: Fault? {
        guard let specVersion, specVersion.value != .void, specVersion.value != "1.0" else { return nil }
        return Fault(.invalidValue, at: specVersion.place.pointer, "Expected CloudEvents 1.0.")
    }

    /// Takes the attributes of a body in structured mode, over those of headers, and returns the bytes of its data.
    mutating func readStructured(_ body: [UInt8]) -> [UInt8] {
        do {
            return try readObject(body)
        } catch {
            fault = error
            return []
        }
    }

    private mutating func readObject(_ body: [UInt8]) throws(Fault) -> [UInt8] {
        var reader = JSONReader(body)
        var data: [UInt8]?
        var seen: Set<String> = []
        specVersion = nil
        try reader.enterObject()
        while let key = try reader.nextKey() {
            let name = reader.text(of: key)
            do throws(Fault) {
                guard seen.insert(name).inserted else { throw Fault(.duplicateField, "The field is there twice.") }
                switch name {
                case "data": data = Array(body[try reader.skipValue()])
                case "data_base64": data = try Self.decoded(try reader.readText())
                default: try readAttribute(name, &reader)
                }
            } catch {
                throw error.inside(name)
            }
        }
        try reader.finish()
        guard specVersion?.value == "1.0" else {
            throw Fault(.invalidValue, at: "/specversion", "Expected CloudEvents 1.0.")
        }
        if seen.isSuperset(of: ["data", "data_base64"]) {
            throw Fault(.invalidValue, at: "/data", "Only one of data and data_base64 may be given.")
        }
        if case .text(let type)? = dataContentType?.value,
            case .unsupported = BodyFormat(contentType: type)
        {
            throw Fault(.unsupportedContentType, at: "/datacontenttype", "Expected JSON as data.")
        }
        guard let data else { throw Fault(.missingField, at: "/data", "The field is required.") }
        return data
    }

    private mutating func readAttribute(_ name: String, _ reader: inout JSONReader) throws(Fault) {
        let attribute = Self.attribute(name.lowercased())
        guard attribute != \.ignored else {
            try reader.skipValue()
            return
        }
        if try reader.readNull() { return }
        self[keyPath: attribute] = EnvelopePart(.text(try reader.readText()), .body(name))
    }

    private static func attribute(_ name: String) -> WritableKeyPath<Self, EnvelopePart?> {
        switch name {
        case "id": \.id
        case "type": \.type
        case "time": \.time
        case "tenant": \.tenant
        case "traceparent": \.traceparent
        case "tracestate": \.tracestate
        case "expiresat": \.expiresAt
        case "correlationid": \.correlationID
        case "datacontenttype": \.dataContentType
        case "specversion": \.specVersion
        default: \.ignored
        }
    }

    /// Where attributes go that the contract does not read.
    private var ignored: EnvelopePart? {
        get { nil }
        set {}
    }

    private static func decoded(_ text: String) throws(Fault) -> [UInt8] {
        guard let bytes = Base64.decode(text) else { throw Fault(.invalidValue, "Expected base64.") }
        guard bytes.count <= Topology.bodyLimit else { throw Fault(.tooLarge, "The data is too large.") }
        return bytes
    }
}
