import Contracts
import Runtime

/// Which runs give no sign of life, and which nobody takes. Pure.
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
        /// Whether it waits for somebody to claim it.
        let isQueued: Bool
    }

    /// What is to be done.
    struct Finding: Equatable {
        /// Runs whose holder has not been heard for a lease.
        var silent: [Sight] = []
        /// Queued runs whose wake-up should be sent once more.
        var asleep: [Sight] = []
    }

    private struct Watched {
        let sight: Sight
        var time = Duration.zero
        /// When the wake-up of a queued run is sent again: after a lease, then after twice as long as before. Where all
        /// slots are taken for hours, wake-ups would pile up otherwise.
        var wakeAt: Duration
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

    /// Takes note of a look. Returns what follows from it.
    mutating func look(_ sights: [Sight], at now: Monotonic) -> Finding {
        let gap = lookedAt.map { min(now - $0, longestGap) } ?? .zero
        lookedAt = now
        var seen: [UniqueID: Watched] = [:]
        var finding = Finding()
        for sight in sights {
            var watched = Watched(sight: sight, wakeAt: sight.lease)
            if let before = runs[sight.key], before.sight == sight {
                watched = before
                watched.time = before.time + gap
            }
            if sight.isQueued, watched.time >= watched.wakeAt {
                finding.asleep.append(sight)
                watched.wakeAt = watched.time * 2
            } else if !sight.isQueued, watched.time >= sight.lease {
                finding.silent.append(sight)
            }
            seen[sight.key] = watched
        }
        runs = seen
        return finding
    }
}
