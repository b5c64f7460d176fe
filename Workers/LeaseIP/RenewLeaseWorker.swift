package import Contracts
package import Leases
package import Runtime

/// Makes leases last longer.
///
/// **Guarantee.** The lease lasts at least until `ttlSeconds` from now. A renewal never shortens a lease (releasing
/// ends one early), so renewals that overtake each other end alike. A lease whose time is over but which nobody has
/// ended yet can still be renewed: the expiry, when it comes, finds the new time under the row's lock and lets it be.
///
/// Refused: `lease-unknown`, `not-holder`, `stale-fence`, `lease-ended`.
///
/// **Cost.** One round trip a batch; the update and the moved deadlines travel with the commit.
package struct RenewLeaseWorker: BatchWorker {
    package init() {}

    package func handle(
        _ jobs: [Job<RenewLease>], in tx: borrowing Transaction
    ) throws(Rejection) -> [JobEnding<LeaseRenewed>] {
        var leases = try HeldLease.lock(jobs.map(\.command.leaseId), in: tx)
        var moved: [UniqueID: UniqueID] = [:]
        let endings = jobs.map { Self.decide($0, &leases, &moved) }

        let changed = moved.keys.sorted().compactMap { leases[$0] }
        if !changed.isEmpty { try tx.send(LeaseBook.extend(changed.map(\.id), to: changed.map(\.expiresAt))) }
        for lease in changed {
            tx.scheduleExpiry(
                of: lease.id, fence: lease.fence, at: lease.expiresAt, tenant: lease.tenant, by: moved[lease.id]!)
        }
        return endings
    }

    /// Renews one lease in memory: the next command of the batch sees it.
    ///
    /// - Parameter moved: the leases whose end has moved, each with the command that moved it last.
    package static func decide(
        _ job: Job<RenewLease>, _ leases: inout [UniqueID: HeldLease], _ moved: inout [UniqueID: UniqueID]
    ) -> JobEnding<LeaseRenewed> {
        leases.find(job.command.leaseId, of: job.tenant).flatMap { found in
            if let refusal = found.refusal(to: job.command.holder, fence: job.command.fence) {
                return .failure(refusal)
            }
            var lease = found
            let asked = lease.readAt + .seconds(job.command.ttlSeconds)
            if asked > lease.expiresAt {
                lease.expiresAt = asked
                leases[lease.id] = lease
                moved[lease.id] = job.key
            }
            return .success(
                LeaseRenewed(leaseId: lease.id, ip: lease.ip, expiresAt: lease.expiresAt, fence: lease.fence))
        }
    }
}
