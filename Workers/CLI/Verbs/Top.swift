import AMQP
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
        let reach = Reach()
        let broker = try reach.broker()
        defer { broker.close() }
        let database = try reach.database()
        defer { database.close() }
        let management = try Management(reach)
        func snapshot() throws -> TopSnapshot {
            try TopSnapshot(broker: broker, database: database, management: management)
        }
        if invocation.has("once") || (output.format != .jsonl && !(output.format == .table && Terminal.isOutput)) {
            return print(try snapshot(), output)
        }
        let interrupt = Interrupt()
        guard output.format == .table else {
            while true {
                print(try snapshot(), output)
                try pause(every, broker, interrupt)
            }
        }
        let screen = try Screen()
        try live(screen, output, every, interrupt) {
            _ = try broker.receive(within: .zero)
        } snapshot: {
            try snapshot()
        }
    }

    private static func print(_ snapshot: TopSnapshot, _ output: Output) {
        guard output.format != .table else {
            output.line(snapshot.summary)
            return output.rows(TopSnapshot.columns, snapshot.queues)
        }
        let facts = [("time", Cell.time(snapshot.time))] + snapshot.facts
        output.record(facts, "queues", TopSnapshot.columns, snapshot.queues)
    }

    /// Waits without forgetting the signals, nor the broker, which hangs up on who is silent.
    private static func pause(
        _ duration: Duration, _ broker: AMQP.Connection, _ interrupt: borrowing Interrupt
    ) throws {
        let end = ContinuousClock.now + duration
        while ContinuousClock.now < end {
            if let code = interrupt.requested() { throw Failure(code, lines: []) }
            _ = try broker.receive(within: .milliseconds(100))
        }
    }

    private static func live(
        _ screen: borrowing Screen, _ output: Output, _ every: Duration, _ interrupt: borrowing Interrupt,
        _ keepAlive: () throws -> Void, snapshot: () throws -> TopSnapshot
    ) throws {
        while true {
            let now = try snapshot()
            var size = Terminal.size?.columns
            screen.draw(page(now, output.fitted(to: size)))
            let next = ContinuousClock.now + every
            while ContinuousClock.now < next {
                if let code = interrupt.requested() { throw Failure(code, lines: []) }
                let key = screen.key(within: 100)
                try keepAlive()
                if key == UInt8(ascii: "q") || key == UInt8(ascii: "Q") { return }
                if Terminal.size?.columns != size {
                    size = Terminal.size?.columns
                    screen.draw(page(now, output.fitted(to: size)))
                }
            }
        }
    }

    private static func page(_ snapshot: TopSnapshot, _ output: Output) -> [String] {
        [output.cut(snapshot.summary), ""] + output.table(TopSnapshot.columns, snapshot.queues)
            + ["", output.cut("q leaves")]
    }
}
