import Contracts
import Runtime

/// The traces of what a command line publishes.
///
/// Every command belongs to the trace that the environment names (`TRACEPARENT` and `TRACESTATE`, as OpenTelemetry
/// calls them), if any. Where spans are exported, each has a span of its own there, from sending to the broker's word;
/// without a trace in the environment it begins one when `OTEL_TRACES_SAMPLER` says so.
struct ProducerTrace: Sendable {
    private let parent: TraceHeaders?
    private let tracer: Tracer?

    /// How long a command line waits at its end for its spans to be taken.
    private static let patience = Duration.seconds(2)

    /// Reads the environment.
    init() throws(Failure) {
        var settings = Settings()
        parent = TraceHeaders(reading: settings.text("TRACEPARENT"), state: settings.text("TRACESTATE"))
        let tracing = TraceSettings(reading: &settings, service: "ruche")
        do throws(SettingsError) { try settings.check() } catch { throw Failure(.usage, "\(error)") }
        tracer = tracing.map { tracing in
            Tracer(tracing) { report in
                if case .away(let reason) = report { note("ruche: spans are not taken: \(reason)") }
            }
        }
    }

    /// Starts to export, on a thread that inherits which signals are held back.
    func start() { tracer?.start() }

    /// Puts a command into its trace. Returns its span, if it is exported.
    func begin(_ request: inout Producer.Request) -> Span? {
        request.trace = parent
        let root = UniqueID(high: .random(in: 1 ... .max), low: .random(in: .min ... .max))
        guard let tracer, let context = tracer.context(.random(in: 1 ... .max), under: parent, orIn: root) else {
            return nil
        }
        request.trace = TraceHeaders(parent: context.traceparent, state: parent?.state)
        let name = request.command.name
        return Span(
            "publish \(name)", .producer, context: context,
            parent: parent.flatMap { TraceContext(parsing: $0.parent)?.span }, state: parent?.state, start: .now,
            attributes: Span.attributes(
                of: name, operation: "publish", type: "send", from: nil, id: request.id,
                correlationID: request.correlationID))
    }

    /// Exports a span: the broker has spoken.
    ///
    /// - Parameter failure: the word for what it said, when it did not confirm.
    func end(_ span: Span?, failure: String? = nil) {
        guard var span else { return }
        span.end = max(span.start, .now)
        if let failure { span.fail(failure) }
        tracer?.record([span])
    }

    /// Publishes one command, and returns once the broker has confirmed.
    func publish(_ request: Producer.Request, by producer: Producer) throws {
        start()
        var request = request
        let span = begin(&request)
        do { try producer.publish(request) } catch {
            end(span, failure: (error as? Failure).map { "\($0.code)" } ?? "error")
            throw error
        }
        end(span)
    }

    /// Waits a moment for what is left to be taken.
    func close() { tracer?.close(within: Self.patience) }
}
