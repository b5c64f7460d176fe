import AMQP
import Contracts
import Runtime

/// Publishes a command as the wire contract has it, and waits for the broker's word.
struct Producer {
    let connection: AMQP.Connection

    /// What a producer says about a command beside its payload.
    struct Request {
        var command: any Command.Type
        var id: String
        var tenant = "default"
        var correlationID: String?
        var expiresAt: Timestamp?
        var payload: [UInt8]
        /// The trace that it belongs to.
        var trace: TraceHeaders?
    }

    /// Publishes and returns once the broker has confirmed. From here on the promise holds.
    func publish(_ request: Request) throws {
        try connection.publish(Self.message(of: request, at: .now))
        try confirm(request)
    }

    /// The message as it goes out. Its type says the version of the contract that this edition writes.
    static func message(of request: Request, at now: Timestamp) -> OutgoingMessage {
        let command = request.command
        var properties = Properties()
        properties.contentType = Topology.commandContentType
        properties.isPersistent = true
        properties.messageID = request.id
        properties.correlationID = request.correlationID
        properties.type = Topology.messageType(of: command.name, version: command.version)
        properties.appID = "ruche"
        properties.timestamp = UInt64(clamping: now.microseconds / 1_000_000)
        properties.headers[Topology.tenantHeader] = .string(request.tenant)
        if let expiresAt = request.expiresAt {
            properties.headers[Topology.expiresAtHeader] = .string(expiresAt.rfc3339)
        }
        if let trace = request.trace {
            properties.headers[Topology.traceparentHeader] = .string(trace.parent)
            if let state = trace.state { properties.headers[Topology.tracestateHeader] = .string(state) }
        }
        return OutgoingMessage(
            exchange: Topology.commandExchange, routingKey: Topology.routingKey(for: command.name),
            properties: properties, body: request.payload, mandatory: true, token: 1)
    }

    private func confirm(_ request: Request) throws {
        guard let report = try connection.waitForConfirms(within: .seconds(30)).first else {
            throw Failure(
                .tryLater, "the broker did not confirm within 30 s",
                "the command may have been taken; "
                    + "publish it again with the same id: --id \(request.id)")
        }
        switch report.outcome {
        case .confirmed: return
        case .returned(let code, let text):
            throw Failure(
                .unavailable, "no queue takes `\(request.command.name)` (\(code) \(text))",
                "declare it with: ruche migrate")
        case .nacked: throw Failure(.tryLater, "the queue of `\(request.command.name)` is full")
        case .unknown: throw Failure(.unavailable, "the connection was lost before the broker confirmed")
        }
    }
}
