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
        guard format != .csv, format != .name else {
            throw Failure(.usage, "events are followed with -o table or -o jsonl")
        }
        var left = try invocation.count("count", default: .max)
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
        while left > 0 {
            guard let delivery = try connection.receive(within: .seconds(3600)) else { continue }
            guard let event = try? CompletionEvent(parsing: delivery.body) else { continue }
            if let job = invocation.value("job"), event.subject != job { continue }
            left -= 1
            emit(format == .table ? line(event) : document(delivery.body))
        }
    }

    /// An event for people; what it carries is whole in a pipe and 200 characters long on a terminal.
    private static func line(_ event: CompletionEvent) -> String {
        let data = TextWidth.harmless(String(decoding: event.data, as: UTF8.self))
        let shown = Terminal.isOutput ? TextWidth.fitted(data, to: 200) : data
        let subject = TextWidth.harmless(event.subject)
        return "\(event.time.rfc3339)  \(event.command).\(event.kind.rawValue)  \(subject)  \(shown)"
    }

    /// An event as it was published, on one line: the ends of lines in JSON are white space.
    private static func document(_ body: [UInt8]) -> String {
        String(decoding: body.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }, as: UTF8.self)
    }
}
