import Contracts

/// The request of OTLP/HTTP that exports spans, in the JSON of its protobuf (opentelemetry-proto, `trace.proto`): names
/// in lowerCamelCase, ids as hexadecimal digits, enumerations as numbers, integers of 64 bits as text.
package enum SpanBody {
    /// Encodes spans of one resource.
    package static func encode(_ spans: [Span], of resource: [(name: String, value: String)]) -> [UInt8] {
        var writer = JSONWriter(capacity: 512 + spans.count * 1024)
        writer.beginObject()
        writer.key("resourceSpans")
        writer.beginList()
        writer.beginObject()
        writer.key("resource")
        writer.beginObject()
        write(resource.map { ($0.name, .text($0.value)) }, to: &writer)
        writer.endObject()
        writer.key("scopeSpans")
        writer.beginList()
        writer.beginObject()
        writer.key("scope")
        writer.beginObject()
        write("name", "ruche", to: &writer)
        write("version", Service.version, to: &writer)
        writer.endObject()
        writer.key("spans")
        writer.beginList()
        for span in spans { write(span, to: &writer) }
        writer.endList()
        writer.endObject()
        writer.endList()
        writer.endObject()
        writer.endList()
        writer.endObject()
        return writer.bytes
    }

    /// How many spans an answer says it did not take.
    package static func rejected(_ answer: [UInt8]) -> Int {
        guard case .object(let members)? = try? JSONTree(parsing: answer),
            case .object(let partial)? = members.first(where: { $0.name == "partialSuccess" })?.value,
            case .raw(let count)? = partial.first(where: { $0.name == "rejectedSpans" })?.value
        else { return 0 }
        // A number of 64 bits is a text in this JSON; some write it as a number.
        let digits = String(decoding: count, as: UTF8.self).filter { $0 != "\"" }
        return max(0, Int(digits) ?? 0)
    }

    /// Recorded by its maker; has a parent that is known to be remote. Bits of `SpanFlags`.
    private static let isRemoteKnown = 0x100
    private static let isRemote = 0x200

    private static func write(_ span: Span, to writer: inout JSONWriter) {
        writer.beginObject()
        write("traceId", span.context.traceID, to: &writer)
        write("spanId", TraceContext.spanID(span.context.span), to: &writer)
        if let parent = span.parent { write("parentSpanId", TraceContext.spanID(parent), to: &writer) }
        if let state = span.state { write("traceState", state, to: &writer) }
        writer.key("flags")
        writer.write(Int(span.context.flags) | isRemoteKnown | (span.parent == nil ? 0 : isRemote))
        write("name", span.name, to: &writer)
        writer.key("kind")
        writer.write(span.kind.rawValue)
        write("startTimeUnixNano", nanoseconds(span.start), to: &writer)
        write("endTimeUnixNano", nanoseconds(span.end), to: &writer)
        write(span.attributes, to: &writer)
        if let failure = span.failure {
            writer.key("status")
            writer.beginObject()
            writer.key("code")
            writer.write(2)
            write("message", failure, to: &writer)
            writer.endObject()
        }
        writer.endObject()
    }

    private static func write(_ attributes: [(name: String, value: Span.Value)], to writer: inout JSONWriter) {
        writer.key("attributes")
        writer.beginList()
        for (name, value) in attributes {
            writer.beginObject()
            write("key", name, to: &writer)
            writer.key("value")
            writer.beginObject()
            switch value {
            case .text(let text): write("stringValue", text, to: &writer)
            case .integer(let number): write("intValue", String(number), to: &writer)
            case .number(let number):
                writer.key("doubleValue")
                writer.write(number)
            }
            writer.endObject()
            writer.endObject()
        }
        writer.endList()
    }

    private static func write(_ key: String, _ text: String, to writer: inout JSONWriter) {
        writer.key(key)
        writer.write(text)
    }

    private static func nanoseconds(_ time: Timestamp) -> String {
        time.microseconds > 0 ? "\(time.microseconds)000" : "0"
    }
}
