import Contracts
import Runtime

/// Which runs give no sign of life. Pure.
///
/// It has no clock in common with the holders, nor with the database: it adds up how long it has itself watched a run
/// stand still, and begins anew whenever it may have missed something. After a restart of the database every holder has
/// a lease to be heard again before its run is taken from it.
struct RunWatch {
    /// A run as the database shows it.
    struct Sight: Equatable {
        let key: UniqueID
        let fence: Int64
        /// Grows with each heartbeat.
        let beats: Int64
        let lease: Duration
    }

    private struct Watched {
        var sight: Sight
        var time: Duration
    }

    private var runs: [UniqueID: Watched] = [:]
    private var lookedAt: Monotonic?
    /// The longest time between two looks that counts as watched: a relay that stood still itself saw nothing.
    private let longestGap: Duration

    init(longestGap: Duration) { self.longestGap = longestGap }

    /// Forgets what it has seen: the connection is another one.
    mutating func begin() {
        runs = [:]
        lookedAt = nil
    }

    /// Takes note of a look. Returns the runs that have stood still for a lease.
    mutating func look(_ sights: [Sight], at now: Monotonic) -> [Sight] {
        let gap = lookedAt.map { min(now - $0, longestGap) } ?? .zero
        lookedAt = now
        var seen: [UniqueID: Watched] = [:]
        var still: [Sight] = []
        for sight in sights {
            var watched = Watched(sight: sight, time: .zero)
            if let before = runs[sight.key], before.sight == sight { watched.time = before.time + gap }
            seen[sight.key] = watched
            if watched.time >= sight.lease { still.append(sight) }
        }
        runs = seen
        return still
    }
}
