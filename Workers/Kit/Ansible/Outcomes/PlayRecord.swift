/// What is known of each host of a run, from event to event.
package struct PlayRecord: Sendable {
    private struct Entry {
        let usesPassword: Bool
        var results = 0
        var progress = 0.0
        var hasAnswered = false
        /// The last failure; the playbook may ignore it.
        var failure: HostFailure?
        var lastTask: String?
        var statistics: HostStatistics?
    }

    private let taskCount: Int
    private let reader: FailureReader
    private var entries: [String: Entry] = [:]
    private var complaint = ""
    /// The keys of hosts, as they were known when a host was last heard of, or had answered, for the first time.
    package internal(set) var knownHosts: [UInt8] = []

    /// - Parameters:
    ///   - hosts: the names of the hosts, and whether they are logged on to with a password.
    ///   - taskCount: how many tasks the playbook has; see `Playbook.taskCount`.
    ///   - checks: what the failure of a task means whatever it says, by its name, with or without that of its role.
    package init(hosts: [String: Bool], taskCount: Int, checks: [String: HostFailure.Reason] = [:]) {
        self.taskCount = max(1, taskCount)
        reader = FailureReader(checks: checks)
        entries = hosts.mapValues { Entry(usesPassword: $0) }
    }

    /// Whether it is about no host.
    var isEmpty: Bool { entries.isEmpty }

    /// Takes an event in. Hosts that are none of the run's are passed over. Returns whether a host may have shown its
    /// key since: it was heard of, or has answered, for the first time. One that refuses a login has shown it, too.
    @discardableResult
    package mutating func take(_ event: PlayEvent) -> Bool {
        switch event {
        case .result(let result):
            guard var entry = entries[result.host] else { return false }
            let isFirst = entry.results == 0 || !entry.hasAnswered && result.status != .unreachable
            entry.results += 1
            entry.lastTask = result.task
            switch result.status {
            case .failed, .unreachable:
                entry.failure = reader.failure(
                    of: result, usesPassword: entry.usesPassword, hasAnswered: entry.hasAnswered)
            case .ok, .changed, .skipped: entry.failure = nil
            }
            if result.status != .unreachable { entry.hasAnswered = true }
            entry.progress = min(1, Double(entry.results) / Double(taskCount))
            entries[result.host] = entry
            return isFirst
        case .statistics(let all):
            for (host, statistics) in all where entries[host] != nil {
                entries[host]?.statistics = statistics
                if statistics.failures == 0, statistics.unreachable == 0 { entries[host]?.progress = 1 }
            }
        case .note(let text): if complaint.isEmpty, text.hasPrefix("ERROR!") { complaint = text }
        case .playStarted, .taskStarted: break
        }
        return false
    }

    /// Whether a host has come through a task.
    package func hasAnswered(_ host: String) -> Bool { entries[host]?.hasAnswered ?? false }

    /// What is wrong with a host; `nil` when nothing is, as far as is known, or when it is none of the run's.
    package func failure(of host: String) -> HostFailure? { entries[host]?.failure }

    /// How far a host is, from 0 to 1; never less than it was.
    package func progress(of host: String) -> Double { entries[host]?.progress ?? 0 }

    /// What came of each host.
    ///
    /// - Parameter stopped: why the run was ended from outside: what hosts failed of that were not done.
    package func outcomes(stopped: HostFailure.Reason? = nil) -> [String: HostOutcome] {
        entries.mapValues { entry in
            if let statistics = entry.statistics {
                if statistics.failures == 0, statistics.unreachable == 0 { return .done(changed: statistics.changed) }
                if let failure = entry.failure { return .failed(failure) }
                // Its result could not be read.
                let reason = statistics.unreachable > 0 ? HostFailure.Reason.unreachable : .taskFailed
                return .failed(HostFailure(reason, task: entry.lastTask, message: complaint))
            }
            if let stopped { return .failed(entry.failure ?? HostFailure(stopped, task: entry.lastTask)) }
            return .failed(entry.failure ?? HostFailure(.notReached, task: entry.lastTask, message: complaint))
        }
    }
}
