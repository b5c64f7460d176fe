package import Contracts
import Leases
package import Runtime

/// Lends addresses.
///
/// **Guarantee.** An address has one lease at a time, each with a higher fence than the one before. A holder is offered
/// what he gave back a short while ago, then anybody the address that has been free for the longest time. Nobody is
/// refused while an address that meets his wishes is free, not even one that a worker killed a moment ago had locked.
///
/// **Cost.** One statement a group of equal wishes, all groups in one round trip. Only before it refuses does the
/// worker look a second time.
package struct LeaseIPWorker: BatchWorker {
    package init() {}

    package func handle(
        _ jobs: [Job<LeaseIP>], in tx: borrowing Transaction
    ) throws(Rejection) -> [JobEnding<IPLeased>] {
        let served = try Lending.serve(Demand.grouping(jobs, at: tx.now), in: tx)

        var endings: [JobEnding<IPLeased>] = []
        endings.reserveCapacity(jobs.count)
        for job in jobs {
            let id = Demand.leaseID(of: job, at: tx.now)
            if let lease = served.lent[id] {
                tx.scheduleExpiry(
                    of: id, fence: lease.fence, at: lease.expiresAt, tenant: job.tenant, by: job.key)
                endings.append(.success(lease.completion(id, holder: job.command.holder)))
            } else {
                endings.append(.failure(served.refusal(of: id)))
            }
        }
        return endings
    }
}
