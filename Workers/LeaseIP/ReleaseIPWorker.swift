package import Contracts
package import Leases
package import Runtime

/// Takes addresses back before their time.
///
/// **Guarantee.** The lease is over, its expiry is taken back, and until the quarantine is over the address can be
/// leased by its last holder only. Releasing twice is refused the second time, and harmless.
///
/// Refused: `lease-unknown`, `not-holder`, `stale-fence`, `lease-ended`.
///
/// **Cost.** One round trip a batch; the update travels with the commit.
package struct ReleaseIPWorker: BatchWorker {
    private let quarantine: Duration

    package init(quarantine: Duration = .seconds(600)) { self.quarantine = quarantine }

    package func handle(
        _ jobs: [Job<ReleaseIP>], in tx: borrowing Transaction
    ) throws(Rejection) -> [JobEnding<IPReleased>] {
        var leases = try HeldLease.lock(jobs.map(\.command.leaseId), in: tx)
        var ended: [HeldLease] = []
        let endings = jobs.map { decide($0, &leases, &ended) }

        try tx.end(ended, by: .released, quarantine: quarantine)
        for lease in ended { tx.unschedule(subject: lease.id) }
        return endings
    }

    /// Ends one lease in memory: the next command of the batch sees it.
    package func decide(
        _ job: Job<ReleaseIP>, _ leases: inout [UniqueID: HeldLease], _ ended: inout [HeldLease]
    ) -> JobEnding<IPReleased> {
        leases.find(job.command.leaseId, of: job.tenant).flatMap { lease in
            if let refusal = lease.refusal(to: job.command.holder, fence: job.command.fence) {
                return .failure(refusal)
            }
            leases[lease.id]?.isEnded = true
            ended.append(lease)
            return .success(
                IPReleased(leaseId: lease.id, ip: lease.ip, quarantinedUntil: lease.readAt + quarantine))
        }
    }
}
