/// What Ruche tells the world about a command: a CloudEvent 1.0 in structured mode.
///
/// Events are published at least once. Each repeat of the same event has the same ``id``, so a subscriber that has seen
/// the id may pass it over.
public struct CompletionEvent: Hashable, Sendable {
    /// The event's id.
    public var id: UniqueID
    /// The command it is about.
    public var command: CommandName
    /// What it says about it.
    public var kind: EventKind
    /// The job's id: what the ledger knows this run of the command by.
    public var subject: String
    /// When it happened.
    public var time: Timestamp
    /// The correlation id of the command.
    public var correlationID: String?
    /// Which attempt it was, from 1.
    public var attempt: Int
    /// The event's number within its job, from 1, without gaps.
    public var sequence: Int
    /// For whom the command was done.
    public var tenant: String
    /// The trace that the command belongs to.
    public var traceparent: String?
    /// The vendors' part of the trace.
    public var tracestate: String?
    /// The completion, or a ``Reason``, as JSON.
    public var data: [UInt8]

    /// The content type of an encoded event.
    public static let contentType = "application/cloudevents+json; charset=UTF-8"

    /// An event.
    public init(
        id: UniqueID, command: CommandName, kind: EventKind, subject: String, time: Timestamp,
        correlationID: String? = nil, attempt: Int = 1, sequence: Int = 1, tenant: String = Topology.defaultTenant,
        traceparent: String? = nil, tracestate: String? = nil, data: [UInt8] = Array("{}".utf8)
    ) {
        self.id = id
        self.command = command
        self.kind = kind
        self.subject = subject
        self.time = time
        self.correlationID = correlationID
        self.attempt = attempt
        self.sequence = sequence
        self.tenant = tenant
        self.traceparent = traceparent
        self.tracestate = tracestate
        self.data = data
    }

    /// The CloudEvents type, such as `ruche.lease-ip.succeeded.v1`.
    public var type: String { Topology.eventType(for: command, kind) }
    /// The CloudEvents source, such as `/ruche/lease-ip`.
    public var source: String { Topology.eventSource(for: command) }
    /// The routing key it is published with, such as `lease-ip.succeeded`.
    public var routingKey: String { Topology.routingKey(for: command, kind) }
}
