import Contracts
import Depth
import Runtime

/// How many commands a second got their outcome since the last count.
struct FinishedCount {
    /// Until when was counted: a second ago, when what was booked then is there to be seen.
    let until: Timestamp
    private let counts: [String: Int]
    private let seconds: Double

    /// - Parameter since: where the count before ended; without one nothing is counted.
    init(_ database: Postgres.Connection, since: Timestamp?) throws(PostgresError) {
        until = try database.query("SELECT now() - interval '1 second'").get(0, 0)
        guard let since else {
            (counts, seconds) = ([:], 0)
            return
        }
        counts = try FinishedJobs(database, after: since, upTo: until).counts
        seconds = Double(until.microseconds - since.microseconds) / 1e6
    }

    /// How many of a command's, a second.
    func perSecond(_ command: CommandName) -> Double {
        seconds > 0 ? Double(counts[command.rawValue] ?? 0) / seconds : 0
    }
}
