import AMQP
import Contracts
import Runtime

extension Verb {
    static let eventsTail = Verb(
        path: ["events", "tail"], summary: "follow events as they are published",
        options: [
            .value("type", "PATTERN", "as routing keys are bound: `lease-ip.*`, `*.failed`; default all"),
            .value("job", "ID", "only this job"),
            .value("count", "N", "stop after so many"),
            .output,
        ],
        examples: ["ruche events tail", "ruche events tail --type '*.dead' -o jsonl"]
    ) { invocation in
        let format = try Output(invocation).format
        let connection = try Reach().broker()
        defer { connection.close() }
        // A reader that falls behind loses the oldest, and never holds the cluster up.
        var arguments = Headers()
        arguments["x-max-length"] = .int(10_000)
        arguments["x-overflow"] = .string("drop-head")
        let queue = try connection.declareQueue(
            "", durable: false, exclusive: true, autoDelete: true, arguments: arguments)
        try connection.bind(
            queue: queue.name, exchange: Topology.eventExchange, routingKey: invocation.value("type") ?? "#")
        _ = try connection.consume(queue.name, prefetch: 0, noAck: true, exclusive: true)
        note("following events; Ctrl-C ends it")
        var left = try invocation.count("count", default: .max)
        while left > 0 {
            guard let delivery = try connection.receive(within: .seconds(3600)) else { continue }
            guard let event = try? CompletionEvent(parsing: delivery.body) else { continue }
            if let job = invocation.value("job"), event.subject != job { continue }
            left -= 1
            emit(format == .table ? line(event) : String(decoding: delivery.body, as: UTF8.self))
        }
    }

    private static func line(_ event: CompletionEvent) -> String {
        let data = String(decoding: event.data.prefix(200), as: UTF8.self)
        return "\(event.time.rfc3339)  \(event.command).\(event.kind.rawValue)  \(event.subject)  \(data)"
    }
}
