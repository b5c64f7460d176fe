import AMQP
import Contracts
import Depth
import Runtime

extension Verb {
    static let queues = Verb(
        path: ["queues"], summary: "depth, rates and consumers of every command's queue",
        options: [.output], examples: ["ruche queues", "ruche queues -o json"]
    ) { invocation in
        let reach = Reach()
        let broker = try reach.broker()
        defer { broker.close() }
        let database = try reach.database()
        defer { database.close() }
        let cluster = try DepthReader(management: try reach.management()).look(broker: broker, database: database)
        if let error = cluster.managementError { throw error }
        var rows = cluster.queues.map { queue in
            [
                .text(queue.command.rawValue), .count(queue.ready), .count(queue.unacked), .number(queue.running),
                .count(queue.consumers), .count(queue.oldestAge?.wholeSeconds), .count(queue.timeToDrain?.wholeSeconds),
                .rate(queue.admittedPerSecond), .rate(queue.finishedPerSecond), .number(queue.scheduled),
                .number(queue.dead), .text(state(queue)),
            ] as [Cell]
        }
        let (letters, consumers) = (cluster.deadLetters, cluster.deadLetterConsumers)
        rows.append([
            .text(Topology.deadLetterQueue), .count(letters), .none, .none, .count(consumers), .none, .none, .none,
            .none, .none, .none, .text(state(ready: letters, consumers: consumers, isPaused: false)),
        ])
        try Output(invocation).rows(
            [
                "queue", "ready", "unacked", "running", "consumers", "oldestSeconds", "drainSeconds", "perSecond",
                "finishedPerSecond", "scheduled", "dead", "state",
            ], rows)
    }

    /// The commands whose queues an operator holds back.
    static func pausedCommands(_ database: Postgres.Connection) throws(PostgresError) -> Set<String> {
        let rows = try database.query("SELECT command FROM queue_control WHERE paused")
        var commands: Set<String> = []
        for row in 0..<rows.count { commands.insert(try rows.get(row, 0)) }
        return commands
    }

    /// A queue in one word or two.
    static func state(_ queue: QueueDepth) -> String {
        state(ready: queue.ready, consumers: queue.consumers, isPaused: queue.isPaused, running: queue.running)
    }

    private static func state(ready: Int?, consumers: Int?, isPaused: Bool, running: Int = 0) -> String {
        guard let ready, let consumers else { return "missing: run ruche migrate" }
        if isPaused { return "paused" }
        // Whose slots are all taken consumes nothing.
        if running > 0 { return "working" }
        if consumers == 0 { return ready > 0 ? "nobody consumes" : "no consumer" }
        return ready > 0 ? "working" : "idle"
    }
}

extension Cell {
    /// A number, or that there is none.
    static func count(_ number: Int?) -> Cell { number.map { .number($0) } ?? .none }

    /// A rate, in tenths.
    static func rate(_ perSecond: Double) -> Cell { .tenths(Int((perSecond * 10).rounded())) }
}

extension Duration {
    /// Rounded up; what is centuries long is cut.
    var wholeSeconds: Int { Int(min(seconds.rounded(.up), 1e10)) }
}
