import Contracts

/// A place in a list of jobs, newest first: the row it names was the last that was shown.
struct JobCursor: Hashable, Sendable, CustomStringConvertible {
    let admittedAt: Timestamp
    let key: UniqueID

    init(at time: Timestamp, key: UniqueID) {
        admittedAt = time
        self.key = key
    }

    /// Reads what ``description`` writes.
    init?(_ text: String) {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, let microseconds = Int64(parts[0]), let key = UniqueID(String(parts[1])),
            (0...Timestamp.latest.microseconds).contains(microseconds)
        else { return nil }
        admittedAt = Timestamp(microseconds: microseconds)
        self.key = key
    }

    var description: String { "\(admittedAt.microseconds)_\(key)" }
}
