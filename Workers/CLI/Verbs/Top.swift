import Contracts
import Runtime

extension Verb {
    static let top = Verb(
        path: ["top"], summary: "the cluster live: queues, rates, waits, outbox, schedule and the dead; q leaves",
        options: [
            .value("every", "DURATION", "how often it is drawn, default 2s"),
            .flag("once", "print it once; also when stdout is no terminal"), .output,
        ],
        examples: ["ruche top", "ruche top --once --json", "ruche top -o jsonl --every 10s"]
    ) { invocation in
        let output = try Output(invocation)
        let every = try invocation.duration("every") ?? .seconds(2)
        let source = try TopSource()
        defer { source.close() }
        if invocation.has("once") || (output.format != .jsonl && !(output.format == .table && Terminal.isOutput)) {
            return print(try source.snapshot(), output)
        }
        guard output.format == .table else { return try follow(source, output, every) }
        let view = LiveView(every: every, output: output) {
            try source.snapshot()
        } page: { snapshot, output in
            [output.cut(snapshot.summary), ""] + output.table(TopSnapshot.columns, snapshot.queues)
        } idle: {
            try source.rest(.zero)
        }
        try view.run()
    }

    private static func print(_ snapshot: TopSnapshot, _ output: Output) {
        guard output.format != .table else {
            output.line(snapshot.summary)
            return output.rows(TopSnapshot.columns, snapshot.queues)
        }
        let facts = [("time", Cell.time(snapshot.time))] + snapshot.facts
        output.record(facts, "queues", TopSnapshot.columns, snapshot.queues)
    }

    /// A line each time, until a signal. While a server is away there is none.
    private static func follow(_ source: TopSource, _ output: Output, _ every: Duration) throws {
        let interrupt = Interrupt()
        var outage = Outage()
        print(try source.snapshot(), output)
        while true {
            let end = ContinuousClock.now + every
            repeat {
                if let code = interrupt.requested() { throw Failure(code, lines: []) }
                do { try source.rest(.milliseconds(100)) } catch { try outage.tell(error) }
            } while ContinuousClock.now < end
            do {
                let snapshot = try source.snapshot()
                outage.tellEnd()
                print(snapshot, output)
            } catch { try outage.tell(error) }
        }
    }
}
