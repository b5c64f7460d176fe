import AMQP
import Contracts
import Runtime

/// A message in the dead-letter queue, and what its headers say. Pure.
struct DeadLetter {
    let delivery: Delivery
    /// The queue that gave up on it; `nil` when nothing tells, or when it is no command's queue.
    let origin: String?
    /// The command of that queue.
    let command: CommandName?
    /// What the ledger knows it by; `nil` without a command, or an id and a tenant that can be read.
    let key: UniqueID?
    /// SHA-256 of the payload, as the ledger stores it.
    let hash: [UInt8]
    /// How often it has been returned from here before.
    let returns: Int

    init(_ delivery: Delivery) {
        self.delivery = delivery
        let headers = delivery.properties.headers
        origin = Self.origin(headers)
        command = origin.flatMap(Topology.command(ofQueue:))
        let envelope = Envelope.read(WireMessage(delivery))
        hash = Digest.sha256(envelope.payload)
        // The header is anybody's to write, and is raised by one.
        returns = min(max(0, headers[Topology.returnsHeader]?.intValue ?? 0), 1_000_000)
        if let command, let id = envelope.id, envelope.isIdentified {
            key = .ledgerKey(command.rawValue, envelope.tenant, id)
        } else {
            key = nil
        }
    }

    /// The queue of the latest death. A message may have died elsewhere before it became a command, in a producer's own
    /// delay queue for instance; the latest death is the one that brought it here.
    static func origin(_ headers: Headers) -> String? {
        if case .array(let deaths)? = headers["x-death"], case .table(let latest)? = deaths.first,
            let queue = latest["queue"]?.stringValue
        {
            return Topology.command(ofQueue: queue) == nil ? nil : queue
        }
        guard let queue = headers["x-first-death-queue"]?.stringValue else { return nil }
        return Topology.command(ofQueue: queue) == nil ? nil : queue
    }

    /// The message as it goes back to its queue: same body, same id, same turn; `nil` without an origin.
    var returned: OutgoingMessage? {
        guard let origin else { return nil }
        var properties = delivery.properties
        properties.headers = Self.withoutDeath(properties.headers)
        properties.headers[Topology.returnsHeader] = .int(returns + 1)
        properties.isPersistent = true
        // The broker refuses a user id that is not the relay's own.
        properties.userID = nil
        return OutgoingMessage(
            exchange: "", routingKey: origin, properties: properties, body: delivery.body, mandatory: true)
    }

    /// How long it waits before it goes back: nothing the first time, then longer with every return.
    var pace: Duration { returns == 0 ? .zero : Self.pacing.ceiling(after: returns) }

    private static let pacing = RetryPolicy(attempts: .max, base: .milliseconds(250), cap: .seconds(30))

    private static func withoutDeath(_ headers: Headers) -> Headers {
        var kept = Headers()
        for entry in headers {
            let name = entry.name
            let isDeath = name == "x-death" || name.hasPrefix("x-first-death-") || name.hasPrefix("x-last-death-")
            // CC would route it to further queues once more.
            if isDeath || name == "x-delivery-count" || name == "CC" || name == "BCC" { continue }
            kept[name] = entry.value
        }
        return kept
    }
}

extension Topology {
    /// The command whose queue this is.
    static func command(ofQueue queue: String) -> CommandName? {
        let prefix = self.queue(for: "x").dropLast()
        guard queue.hasPrefix(prefix) else { return nil }
        return CommandName(String(queue.dropFirst(prefix.count)))
    }
}
