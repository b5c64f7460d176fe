/// The tables that have a partition a day, made ahead and dropped when it is past its time.
enum DayTable: String, Sendable, CaseIterable {
    case jobs = "job"
    case events = "event"
    case logChunks = "log_chunk"
    case logCounts = "log_count"

    /// Days that a partition is kept after its own.
    func retention(_ horizons: Housekeeping.Horizons) -> Int {
        switch self {
        case .jobs, .events: horizons.retention
        case .logChunks, .logCounts: horizons.logDays
        }
    }

    /// Whether outcomes of open jobs will be written to the partition of the day on which they began.
    var holdsOpenJobs: Bool {
        switch self {
        case .jobs, .events: true
        case .logChunks, .logCounts: false
        }
    }
}
