package import Contracts
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
        let demands = Demand.grouping(jobs, at: tx.now)
        var lent = try lend(demands, in: tx)
        let short = demands.compactMap { $0.remaining(without: lent) }
        let crowded = short.isEmpty ? [] : try lookAgain(short, adding: &lent, in: tx)

        var endings: [JobEnding<IPLeased>] = []
        endings.reserveCapacity(jobs.count)
        for job in jobs {
            let id = Demand.leaseID(of: job, at: tx.now)
            if let lease = lent[id] {
                tx.scheduleExpiry(
                    of: id, fence: lease.fence, at: lease.expiresAt, tenant: job.tenant, by: job.key)
                endings.append(.success(lease.completion(id, holder: job.command.holder)))
            } else {
                endings.append(.failure(crowded.contains(id) ? .othersChoose : .noFreeIP))
            }
        }
        return endings
    }

    /// Gives each demand what is free and not locked. A statement sees what those before it took.
    private func lend(_ demands: [Demand], in tx: borrowing Transaction) throws(Rejection) -> [UniqueID: LentAddress] {
        var tickets: [Ticket] = []
        for demand in demands { tickets.append(try tx.start(AddressPool.lend(demand))) }
        var lent: [UniqueID: LentAddress] = [:]
        for ticket in tickets { try LentAddress.read(try tx.receive(ticket), into: &lent) }
        return lent
    }

    /// Waits for the rows that other transactions hold locked, and takes those that are free after all.
    ///
    /// A transaction that holds addresses may wait for others only if those do not wait for it: one at a time waits,
    /// the one that got the lock of ``AddressPool/mayWait(for:)``. The leases for which another would have to wait are
    /// returned: their commands are put aside for a moment.
    private func lookAgain(
        _ short: [Demand], adding lent: inout [UniqueID: LentAddress], in tx: borrowing Transaction
    ) throws(Rejection) -> Set<UniqueID> {
        var looks: [Ticket] = []
        for demand in short { looks.append(try tx.start(AddressPool.mayWait(for: demand))) }
        var patient: [Demand] = []
        var crowded: Set<UniqueID> = []
        for (demand, look) in zip(short, looks) {
            switch try tx.receive(look).answer() {
            case true?: patient.append(demand)
            case false?: crowded.formUnion(demand.ids)
            case nil: continue
            }
        }
        for demand in patient {
            try tx.send(AddressPool.waitForQuarantined(demand))
            try tx.send(AddressPool.waitForFree(demand))
        }
        lent.merge(try lend(patient, in: tx)) { first, _ in first }
        return crowded
    }
}

extension Rejection {
    fileprivate static let noFreeIP = refused("no-free-ip", "No free address meets the constraints.")
    fileprivate static let othersChoose = Rejection(
        .postpone, Reason(reason: "addresses-busy", message: "Others are about to take or leave the last addresses."))
}

extension Rows {
    /// The only cell, if there is a row.
    fileprivate func answer() throws(Rejection) -> Bool? {
        do { return isEmpty ? nil : try get(0, 0, as: Bool.self) } catch { throw Rejection(error) }
    }
}
