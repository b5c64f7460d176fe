import Contracts
import Runtime

/// How many commands got their outcome since the last count: the events that say so, by the database's clock.
struct FinishedCount {
    /// Until when was counted: a second ago, when what was booked then is there to be seen.
    let until: Timestamp
    private let counts: [String: Int]
    private let seconds: Double

    /// - Parameter since: where the count before ended; without one nothing is counted.
    init(_ database: Postgres.Connection, since: Timestamp?) throws(PostgresError) {
        let until: Timestamp = try database.query("SELECT now() - interval '1 second'").get(0, 0)
        var counts: [String: Int] = [:]
        if let since {
            let rows = try database.query(
                "SELECT type, count(*) FROM event WHERE at > \(since) AND at <= \(until) GROUP BY type")
            for row in 0..<rows.count {
                let parts = Topology.routingKey(eventType: try rows.get(row, 0))?.split(separator: ".") ?? []
                guard parts.count == 2, let kind = EventKind(rawValue: String(parts[1])), kind.isFinal else { continue }
                counts[String(parts[0]), default: 0] += try rows.get(row, 1, as: Int.self)
            }
        }
        self.until = until
        self.counts = counts
        seconds = since.map { Double(until.microseconds - $0.microseconds) / 1e6 } ?? 0
    }

    /// How many of a command's, a second.
    func perSecond(_ command: CommandName) -> Double {
        seconds > 0 ? Double(counts[command.rawValue] ?? 0) / seconds : 0
    }
}
