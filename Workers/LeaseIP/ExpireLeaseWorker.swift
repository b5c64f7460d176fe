package import Contracts
package import Leases
package import Runtime

/// Ends leases whose time is over. The schedule sends the command; anybody may, at any time, without harm.
///
/// **Guarantee.** A lease ends only if it is still held, under the fence of the command, and its time is over by the
/// database's clock when its row is locked. Otherwise (renewed, released, leased again) the command succeeds and says
/// `expired: false`. A renewal that commits first always keeps the lease.
///
/// Refused: `lease-unknown`.
///
/// **Cost.** One round trip a batch; the update travels with the commit.
package struct ExpireLeaseWorker: BatchWorker {
    private let quarantine: Duration

    package init(quarantine: Duration = .seconds(600)) { self.quarantine = quarantine }

    package func handle(
        _ jobs: [Job<ExpireLease>], in tx: borrowing Transaction
    ) throws(Rejection) -> [JobEnding<LeaseExpired>] {
        var leases = try HeldLease.lock(jobs.map(\.command.leaseId), in: tx)
        var ended: [HeldLease] = []
        let endings = jobs.map { decide($0, &leases, &ended) }
        try tx.end(ended, by: .expired, quarantine: quarantine)
        return endings
    }

    /// Ends one lease in memory: the next command of the batch sees it.
    package func decide(
        _ job: Job<ExpireLease>, _ leases: inout [UniqueID: HeldLease], _ ended: inout [HeldLease]
    ) -> JobEnding<LeaseExpired> {
        leases.find(job.command.leaseId, of: job.tenant).flatMap { lease in
            var completion = LeaseExpired(
                leaseId: lease.id, ip: lease.ip, holder: lease.holder, quarantinedUntil: nil, expired: false)
            guard !lease.isEnded, lease.fence == job.command.fence else { return .success(completion) }
            guard lease.expiresAt <= lease.readAt else {
                // The very message that is to end the lease came before its time: the clocks of the schedule and of
                // the database differ, or the database was replaced. No other message would end the lease.
                // Another's that bears its name waits for the same instant, as a command of its own, and harms nothing.
                let isItsOwn = job.isScheduled(as: Expiry.name(of: lease.id, at: lease.expiresAt))
                return isItsOwn ? .failure(.tooEarly(until: lease.expiresAt)) : .success(completion)
            }
            leases[lease.id]?.isEnded = true
            ended.append(lease)
            completion.quarantinedUntil = lease.readAt + quarantine
            completion.expired = true
            return .success(completion)
        }
    }
}

extension Rejection {
    fileprivate static func tooEarly(until time: Timestamp) -> Rejection {
        early("too-early", "The lease has not run out yet by the database's clock.", until: time)
    }
}
