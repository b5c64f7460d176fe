package import Contracts
package import Runtime

/// A lease under the lock of this transaction, and what a batch has made of it so far.
package struct HeldLease: Sendable, Equatable {
    /// The lease.
    package let id: UniqueID
    /// Whose it is.
    package let tenant: String
    /// Who holds it.
    package let holder: String
    /// The fence of its address.
    package let fence: Int
    /// Its address.
    package let ip: String
    /// When it ends unless renewed.
    package var expiresAt: Timestamp
    /// Whether it has ended.
    package var isEnded: Bool
    /// The database's time when the row was read.
    package let readAt: Timestamp

    package init(
        id: UniqueID, tenant: String, holder: String, fence: Int, ip: String, expiresAt: Timestamp, isEnded: Bool,
        readAt: Timestamp
    ) {
        self.id = id
        self.tenant = tenant
        self.holder = holder
        self.fence = fence
        self.ip = ip
        self.expiresAt = expiresAt
        self.isEnded = isEnded
        self.readAt = readAt
    }

    /// Locks the leases of a batch, in ascending order of their ids. One round trip.
    ///
    /// Whoever renews, releases or expires takes these locks first and in this order, and addresses and deadlines only
    /// under them: so no two transactions wait for each other, and whoever comes second sees what the first did.
    package static func lock(
        _ ids: [UniqueID], in tx: borrowing Transaction
    ) throws(Rejection) -> [UniqueID: HeldLease] {
        let rows = try tx.query(LeaseBook.lock(Set(ids).sorted()))
        var leases: [UniqueID: HeldLease] = [:]
        do {
            for row in 0..<rows.count {
                let lease = HeldLease(
                    id: try rows.get(row, 0), tenant: try rows.get(row, 1), holder: try rows.get(row, 2),
                    fence: try rows.get(row, 3), ip: try rows.get(row, 4), expiresAt: try rows.get(row, 5),
                    isEnded: try rows.get(row, 6), readAt: try rows.get(row, 7))
                leases[lease.id] = lease
            }
        } catch {
            throw Rejection(error)
        }
        return leases
    }

    /// Why a holder's wish about this lease is refused, if it is.
    package func refusal(to holder: String, fence: Int?) -> Rejection? {
        if holder != self.holder { return .refused("not-holder", "The lease is held by another.") }
        if let fence, fence != self.fence { return .refused("stale-fence", "The lease has another fence.") }
        return isEnded ? .refused("lease-ended", "The lease has ended.") : nil
    }
}

extension [UniqueID: HeldLease] {
    /// The lease `id` of `tenant`. Another tenant's is as unknown as one that never was.
    package func find(_ id: UniqueID, of tenant: String) -> Result<HeldLease, Rejection> {
        guard let lease = self[id], lease.tenant == tenant else {
            return .failure(.refused("lease-unknown", "There is no such lease."))
        }
        return .success(lease)
    }
}

extension Transaction {
    /// Ends leases that are locked. The statement travels with the next round trip.
    package borrowing func end(
        _ leases: [HeldLease], by end: LeaseBook.End, quarantine: Duration
    ) throws(Rejection) {
        guard !leases.isEmpty else { return }
        let ordered = leases.sorted { $0.id < $1.id }
        try send(
            LeaseBook.end(
                ordered.map(\.id), at: ordered.map(\.readAt), by: end,
                quarantine: ordered.map { $0.readAt + quarantine }))
    }

    /// Schedules the end of a lease, in place of the end it had before.
    ///
    /// - Parameter job: the command that decides it.
    package borrowing func scheduleExpiry(
        of lease: UniqueID, fence: Int, at expiry: Timestamp, tenant: String, by job: UniqueID
    ) {
        schedule(
            ExpireLease(leaseId: lease, fence: fence), due: expiry, subject: lease,
            name: Expiry.name(of: lease, at: expiry), tenant: tenant, cause: "lease expiry", by: job)
    }
}

/// What names the end of a lease.
package enum Expiry {
    /// What the message id of the command that ends `lease` at `time` begins with: a lease that was renewed ends with
    /// another message than it would have before.
    package static func name(of lease: UniqueID, at time: Timestamp) -> String {
        "\(lease):\(time.microseconds)"
    }
}
