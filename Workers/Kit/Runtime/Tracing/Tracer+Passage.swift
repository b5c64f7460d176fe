import Contracts

/// The span of a passage: one command in one transaction.
extension Tracer {
    /// Its context; `nil` when it is not exported. Its id is the second half of the id of the passage's event, and a
    /// trace that begins here has the job's key for its id.
    func context(of arrived: Arrived, _ row: AdmittedRow) -> TraceContext? {
        context(row.key.event(row.sequence).low, under: arrived.envelope.trace, orIn: row.key)
    }

    /// The span, without its end; `nil` when it is not exported.
    func span(
        of arrived: Arrived, to command: CommandName, _ row: AdmittedRow, _ ending: Ending, attempt: Int,
        since start: Timestamp
    ) -> Span? {
        guard let context = context(of: arrived, row) else { return nil }
        let parent = arrived.envelope.trace.flatMap { TraceContext(parsing: $0.parent) }
        var span = Span(
            "process \(command)", .consumer, context: context, parent: parent?.span,
            state: arrived.envelope.tracestate, start: start,
            attributes: Span.attributes(
                of: command, operation: "process", type: "process", from: Topology.queue(for: command),
                id: arrived.id, correlationID: arrived.envelope.correlationID))
        span.attributes += [
            ("ruche.job.key", .text(row.key.description)), ("ruche.job.outcome", .text(ending.kind.rawValue)),
            ("ruche.job.attempt", .integer(attempt)), ("ruche.tenant", .text(arrived.tenant)),
        ]
        if row.isFirst, let sent = arrived.envelope.enqueuedAt {
            span.attributes.append(("ruche.job.wait", .number(max(0, (start - sent).seconds))))
        }
        switch ending {
        case .failed(let reason), .dead(let reason), .retrying(let reason, _): span.fail(reason.reason)
        case .refused(let reason), .cancelled(let reason), .parked(let reason, _):
            // A verdict, and no error of whoever gives it.
            span.attributes.append(("ruche.job.reason", .text(reason.reason)))
        case .succeeded, .begun: break
        }
        return span
    }

    /// Exports the spans of a transaction that has committed.
    ///
    /// - Parameter commands: how many it was about, known ones included.
    func record(_ spans: [Span], ended end: Timestamp, of commands: Int) {
        guard !spans.isEmpty else { return }
        var spans = spans
        for place in spans.indices {
            spans[place].end = end
            spans[place].attributes.append(("ruche.batch.commands", .integer(commands)))
        }
        record(spans)
    }
}

extension Arrived {
    /// What this passage hands on to its event and to what it schedules: its own span when it is exported, otherwise
    /// what came with the command.
    func trace(in row: AdmittedRow, by tracer: Tracer?) -> TraceHeaders? {
        guard let tracer, let context = tracer.context(of: self, row) else { return envelope.trace }
        return TraceHeaders(parent: context.traceparent, state: envelope.tracestate)
    }
}
