import Contracts

/// What a message carries of a trace (W3C Trace Context): `traceparent`, and `tracestate` beside it.
package struct TraceHeaders: Hashable, Sendable {
    /// The span that caused the message.
    package let parent: String
    /// The vendors' part.
    package let state: String?

    /// Headers that are known to be well-formed.
    package init(parent: String, state: String?) {
        self.parent = parent
        self.state = state
    }

    /// What an environment variable or a column says; `nil` when it is no trace context. A state that is not
    /// well-formed is left out.
    package init?(reading parent: String?, state: String?) {
        guard let parent, let context = TraceContext(parsing: parent) else { return nil }
        self.init(parent: context.traceparent, state: state.flatMap { TraceContext.allowsState($0) ? $0 : nil })
    }
}

extension Envelope {
    /// What came with the message.
    var trace: TraceHeaders? { traceparent.map { TraceHeaders(parent: $0, state: tracestate) } }
}

/// The two columns of a trace. Most rows have none: a column is as long as the place of its last value, and `unnest`
/// fills up the shorter ones with NULL.
struct TraceColumns {
    private(set) var parents: [String?] = []
    private(set) var states: [String?] = []
    private var count = 0

    /// Adds the trace of the next row.
    mutating func append(_ trace: TraceHeaders?) {
        defer { count += 1 }
        guard let trace else { return }
        parents += repeatElement(nil, count: count - parents.count)
        parents.append(trace.parent)
        guard let state = trace.state else { return }
        states += repeatElement(nil, count: count - states.count)
        states.append(state)
    }
}
