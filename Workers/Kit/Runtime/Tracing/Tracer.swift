package import Contracts

/// The tracing of a process: decides which spans there are, and hands them to the exporter.
///
/// **Guarantee.** What is decided of a command depends on its context and its row in the ledger only. Whoever runs it
/// again after a commit whose answer was lost makes the same span.
package final class Tracer: Sendable {
    private let sampler: TraceSampler
    private let exporter: SpanExporter

    /// - Parameter report: told what becomes of spans, from any thread.
    package init(_ settings: TraceSettings, report: @escaping @Sendable (SpanExporter.Report) -> Void) {
        sampler = settings.sampler
        exporter = SpanExporter(settings, report: report)
    }

    /// Starts to export.
    package func start() { exporter.start() }

    /// Exports what waits, for so long, and nothing more.
    package func close(within time: Duration) { exporter.close(within: time) }

    /// Hands spans over. Never waits.
    package func record(_ spans: [Span]) { exporter.submit(spans) }

    /// The context of a span under what came, or at the beginning of a trace; `nil` when it is not exported.
    ///
    /// - Parameters:
    ///   - span: its id.
    ///   - root: the trace that it begins when nothing came.
    package func context(_ span: UInt64, under trace: TraceHeaders?, orIn root: UniqueID) -> TraceContext? {
        sampler.span(span, under: trace.flatMap { TraceContext(parsing: $0.parent) }, orIn: root)
    }
}

extension Span {
    /// What all spans about messages of a command say.
    ///
    /// - Parameter queue: the queue that the message came from; `nil` when it is sent.
    package static func attributes(
        of command: CommandName, operation: String, type: String, from queue: String?, id: String,
        correlationID: String?
    ) -> [(name: String, value: Value)] {
        let key = Topology.routingKey(for: command)
        let places = [Topology.commandExchange, key] + (queue.map { [$0] } ?? [])
        var attributes: [(name: String, value: Value)] = [
            ("messaging.system", .text("rabbitmq")),
            ("messaging.operation.name", .text(operation)),
            ("messaging.operation.type", .text(type)),
            ("messaging.destination.name", .text(places.joined(separator: ":"))),
            ("messaging.rabbitmq.destination.routing_key", .text(key)),
            ("messaging.message.id", .text(id)),
        ]
        if let correlationID { attributes.append(("messaging.message.conversation_id", .text(correlationID))) }
        return attributes
    }
}
