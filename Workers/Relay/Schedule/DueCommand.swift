import AMQP
import Contracts
import Runtime

/// A row of the schedule whose time has come.
struct DueCommand {
    let subject: UniqueID
    let version: Int
    /// What the message says it is, when that is not the command of its queue.
    let kind: String?
    let tenant: String
    let messageID: String
    let turn: Int
    let correlationID: String?
    let replyTo: String?
    let trace: TraceHeaders?
    let expiresAt: Timestamp?
    /// Sealed.
    let payload: [UInt8]

    /// Reads a row of ``ScheduleStatements/take(_:limit:)``.
    init(_ rows: Rows, _ row: Int) throws(PostgresError) {
        subject = try rows.get(row, 0)
        version = try rows.get(row, 1)
        tenant = try rows.get(row, 2)
        messageID = try rows.get(row, 3)
        turn = try rows.get(row, 4)
        correlationID = try rows.get(row, 5)
        replyTo = try rows.get(row, 6)
        trace = TraceHeaders(reading: try rows.get(row, 7), state: try rows.get(row, 11))
        expiresAt = try rows.get(row, 8)
        payload = try rows.get(row, 9, as: Bytes.self).array
        kind = try rows.get(row, 10)
    }

    init(
        subject: UniqueID, version: Int = 1, kind: String? = nil, tenant: String = Topology.defaultTenant,
        messageID: String, turn: Int = 0,
        correlationID: String? = nil, replyTo: String? = nil, trace: TraceHeaders? = nil, expiresAt: Timestamp? = nil,
        payload: [UInt8]
    ) {
        self.subject = subject
        self.version = version
        self.kind = kind
        self.tenant = tenant
        self.messageID = messageID
        self.turn = turn
        self.correlationID = correlationID
        self.replyTo = replyTo
        self.trace = trace
        self.expiresAt = expiresAt
        self.payload = payload
    }

    /// The message that goes out: the command as its producer would send it, and which turn of it this is.
    ///
    /// - Throws: when the payload cannot be opened with the keys at hand.
    func message(of command: CommandName, at now: Timestamp, keys: KeyRing) throws(SealingError) -> OutgoingMessage {
        let body = try keys.open(payload, context: SealContext.schedule)
        var headers: Headers = [Topology.tenantHeader: .string(tenant)]
        if let expiresAt { headers[Topology.expiresAtHeader] = .string(expiresAt.rfc3339) }
        if let trace {
            headers[Topology.traceparentHeader] = .string(trace.parent)
            if let state = trace.state { headers[Topology.tracestateHeader] = .string(state) }
        }
        if turn > 0 { headers[Topology.turnHeader] = .int(turn) }
        return OutgoingMessage(
            exchange: Topology.commandExchange, routingKey: Topology.routingKey(for: command),
            properties: Properties(
                contentType: Topology.commandContentType, headers: headers, isPersistent: true,
                correlationID: correlationID, replyTo: replyTo, messageID: messageID.isEmpty ? nil : messageID,
                timestamp: UInt64(max(0, now.microseconds / 1_000_000)),
                type: kind ?? Topology.messageType(of: command, version: version), appID: "relay"),
            body: body, mandatory: true)
    }
}
