package import Contracts
package import Runtime

/// Commands whose lines go to Loki in one request.
package struct LokiPush {
    /// One command of a push.
    package struct Part {
        package let key: UniqueID
        package let tenant: String
        /// The command with a time for every line.
        package let command: IngestLogs
        /// What becomes of it when Loki takes everything.
        package let completion: LogsIngested
    }

    /// Loki's tenant.
    package let tenant: String?
    /// When its lines count as having arrived.
    package let time: Timestamp
    package private(set) var parts: [Part] = []
    package private(set) var logs: GatheredLogs
    private var bytes = 0

    /// Bytes after which a push is full, before compression. A command is never divided, so it is known of each whether
    /// Loki took it; with one more the body has a few mebibytes at most, and Loki's own limits are higher.
    package static let limit = 1_048_576

    private init(tenant: String?, at now: Timestamp) {
        self.tenant = tenant
        time = now
        logs = GatheredLogs(at: now)
    }

    /// Puts the commands into as few pushes as their size and Loki's tenants allow, in their order.
    ///
    /// - Parameter times: what is known of the times of their lines; what is decided now is added.
    package static func plan(
        _ jobs: [Job<IngestLogs>], at now: Timestamp, _ tenancy: LokiTenancy, times: inout LokiTimes
    ) -> [LokiPush] {
        var full: [LokiPush] = []
        var open: [String?: LokiPush] = [:]
        for job in jobs {
            let tenant = tenancy.tenant(for: job.tenant)
            var push = open[tenant] ?? LokiPush(tenant: tenant, at: now)
            push.add(job, labelled: tenancy.isLabelled, &times)
            if push.bytes >= limit {
                full.append(push)
                open[tenant] = nil
            } else {
                open[tenant] = push
            }
        }
        return full + open.sorted { ($0.key ?? "") < ($1.key ?? "") }.map(\.value)
    }

    private mutating func add(_ job: Job<IngestLogs>, labelled: Bool, _ times: inout LokiTimes) {
        var command = job.command
        if (command.records ?? []).contains(where: { $0.entry.time == nil }) {
            command = command.timed(from: times.base(of: job, at: time))
        }
        if labelled { command = command.leavingRoomForTenant() }
        bytes += LokiBody.estimate(command)
        let completion = logs.add(command, of: job.tenant)
        parts.append(Part(key: job.key, tenant: job.tenant, command: command, completion: completion))
    }
}

extension LogsIngested {
    /// The same with fewer lines taken.
    package func leavingOut(_ more: LogRejections) -> LogsIngested {
        var all = LogRejections()
        for reason in reasons {
            all.add(Fault.Code(rawValue: reason.code), reason.message, at: reason.pointer, count: reason.count)
        }
        all.add(more, inside: "")
        return LogsIngested(accepted: max(0, accepted - more.count), rejections: all)
    }
}
