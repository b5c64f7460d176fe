import Contracts
import Postgres

/// What a transaction writes about its commands, and what is announced once it has committed. Fills columns; the
/// statements are the ledger's.
struct Booking {
    private let handler: Handler
    private let now: Timestamp
    private let keys: KeyRing
    private let tracer: Tracer?
    /// When what it books began; ``now`` unless something else is said.
    var since: Timestamp?
    private var jobs: JobColumns
    private var events = EventColumns()
    private var corrections = KeyColumns()
    private var passages: [Deadline] = []
    /// What to publish after the commit: the events this transaction owns.
    private(set) var announcements: [Announcement] = []
    /// What to publish after the commit: stored events of duplicates.
    private(set) var repeats: [Announcement] = []
    /// What to export after the commit, all with the same end.
    private(set) var spans: [Span] = []

    init(handler: Handler, worker: String, now: Timestamp, keys: KeyRing, tracer: Tracer?) {
        self.handler = handler
        self.now = now
        self.keys = keys
        self.tracer = tracer
        jobs = JobColumns(command: handler.name.rawValue, worker: worker)
    }

    /// Books the ending of one admitted command.
    mutating func enter(_ arrived: Arrived, _ row: AdmittedRow, _ ending: Ending) {
        // A parking is not an attempt, though the admission counted one.
        let attempt = ending.kind == .parked ? row.attempt - 1 : row.attempt
        let trace = arrived.trace(in: row, by: tracer)
        // A later passage stands beside this one in its trace; under it only when nobody before us had one.
        let cause = arrived.envelope.trace ?? trace
        book(arrived, row, ending, attempt: attempt, cause)
        announce(arrived, row, ending.kind, ending.data, attempt: attempt, trace)
        if ending.state != .succeeded { correct(arrived, row, ending, attempt: attempt, cause) }
        if let span = tracer?.span(of: arrived, to: handler.name, row, ending, attempt: attempt, since: since ?? now) {
            spans.append(span)
        }
    }

    /// Books how far the run of a command has come.
    mutating func note(_ progress: Progress, of arrived: Arrived, _ row: AdmittedRow) {
        let trace = arrived.trace(in: row, by: tracer)
        announce(arrived, row, .progressed, progress.json(), attempt: row.attempt, trace)
    }

    private mutating func announce(
        _ arrived: Arrived, _ row: AdmittedRow, _ kind: EventKind, _ data: [UInt8], attempt: Int,
        _ trace: TraceHeaders?
    ) {
        let event = CompletionEvent(
            id: row.key.event(row.sequence), command: handler.name, kind: kind, subject: arrived.id, time: now,
            correlationID: arrived.envelope.correlationID ?? arrived.envelope.id, attempt: attempt,
            sequence: row.sequence, tenant: arrived.tenant, traceparent: trace?.parent, tracestate: trace?.state,
            data: data)
        let body = event.encode()
        events.days.append(row.day)
        events.keys.append(row.key)
        events.sequences.append(Int32(clamping: row.sequence))
        events.types.append(event.type)
        events.bodies.append(Bytes(body))
        announcements.append(
            Announcement(
                routingKey: event.routingKey, body: body, replyTo: kind.isFinal ? arrived.replyTo : nil,
                correlationID: arrived.envelope.correlationID))
    }

    /// Announces a stored event once more: a duplicate gets the answer the first one got.
    mutating func repeatEvent(_ event: (type: String, body: [UInt8]), for arrived: Arrived) {
        guard let routingKey = Topology.routingKey(eventType: event.type) else { return }
        #if FAULTS
        let body = Sabotage.isOn(.newEventID) ? CompletionEvent.renamed(event.body) : event.body
        #else
        let body = event.body
        #endif
        repeats.append(
            Announcement(
                routingKey: routingKey, body: body, replyTo: arrived.replyTo,
                correlationID: arrived.envelope.correlationID))
    }

    /// Sends everything; returns the ticket of the outbox row, if there is anything to announce.
    func send(in tx: borrowing Transaction) throws(Rejection) -> Ticket? {
        if !corrections.keys.isEmpty { try tx.send(Ledger.settle(corrections)) }
        for passage in passages { tx.work.plans.schedule(passage) }
        try tx.sendPlans()
        guard !events.isEmpty else { return nil }
        if !jobs.isEmpty { try tx.send(Ledger.writeJobs(jobs)) }
        try tx.send(Ledger.insertEvents(events))
        #if FAULTS
        if Sabotage.isOn(.eventNotInOutbox) { return nil }
        #endif
        return try tx.start(Ledger.insertOutbox(events))
    }

    private mutating func book(
        _ arrived: Arrived, _ row: AdmittedRow, _ ending: Ending, attempt: Int, _ trace: TraceHeaders?
    ) {
        let keepsPayload = handler.keepsPayload || ending.state != .succeeded
        jobs.days.append(row.day)
        jobs.keys.append(row.key)
        jobs.ids.append(arrived.id)
        jobs.tenants.append(arrived.tenant)
        jobs.states.append(String(ending.state.rawValue))
        jobs.attempts.append(Int16(clamping: attempt))
        jobs.reasons.append(ending.reason?.reason)
        jobs.payloads.append(
            keepsPayload ? Bytes(keys.seal(arrived.envelope.payload, context: SealContext.job)) : nil)
        jobs.correlations.append(arrived.envelope.correlationID)
        jobs.traces.append(trace)
        jobs.enqueued.append(arrived.envelope.enqueuedAt)
        jobs.finished.append(ending.state.outcome != nil)
    }

    private mutating func correct(
        _ arrived: Arrived, _ row: AdmittedRow, _ ending: Ending, attempt: Int, _ trace: TraceHeaders?
    ) {
        let turn = arrived.turn + (ending.dueAt == nil ? 0 : 1)
        corrections.keys.append(row.key)
        corrections.states.append(String(ending.state.rawValue))
        corrections.turns.append(Int32(clamping: turn))
        corrections.attempts.append(Int16(clamping: attempt))
        guard let dueAt = ending.dueAt, let reason = ending.reason else { return }
        passages.append(
            Deadline(
                subject: row.key, dueAt: dueAt, command: handler.name,
                version: arrived.envelope.version, kind: arrived.foreignKind(to: handler), tenant: arrived.tenant,
                // Empty when it came without an id: its key is that of its bytes, and must be so again.
                messageID: arrived.envelope.id ?? "", turn: turn,
                correlationID: arrived.envelope.correlationID, replyTo: arrived.replyTo,
                trace: trace, expiresAt: arrived.envelope.expiresAt,
                payload: arrived.envelope.payload, cause: "\(ending.kind.rawValue): \(reason.reason)"))
    }
}

extension UniqueID {
    /// The id of a job's event: the same for every repeat of it, another for every other event of the job.
    func event(_ sequence: Int) -> UniqueID {
        UniqueID(high: high, low: low ^ (UInt64(truncatingIfNeeded: sequence) &* 0x9E37_79B9_7F4A_7C15))
    }
}
