package import Contracts
import Leases
import Runtime

/// The lease of a shop's address.
package enum ShopLease {
    /// Who holds a lease that was taken for a shop.
    package static func holder(_ slug: String) -> String { "shop:\(slug)" }

    /// The subject, in the schedule, of the command that looks after a shop when its lease is to end. The lease itself
    /// is the subject of the lease's end, and several shops may have the same lease: the shop's name is hashed into it
    /// (FNV-1a).
    package static func subject(_ lease: UniqueID, of slug: String) -> UniqueID {
        let hash = slug.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0100_0000_01b3 }
        return UniqueID(high: lease.high ^ hash, low: lease.low ^ 0x5348_4F50_0000_0000)
    }

    /// When to look: well before the end of a lease that is to be renewed, right after the end of another's.
    package static func lookAt(_ end: Timestamp, isOwn: Bool, of length: Duration) -> Timestamp {
        isOwn ? end - length / 3 : end + .seconds(1)
    }

    /// Takes an address for a shop.
    static func take(
        for slug: String, _ settings: ShopSettings, in tx: borrowing Transaction
    ) throws(Rejection) -> (lease: UniqueID, address: LentAddress) {
        let id = UniqueID.v7(at: tx.now, of: tx.job)
        let seconds = Int(settings.lease.components.seconds)
        let demand = Demand(.init(tenant: tx.tenant), id: id, holder: holder(slug), seconds: seconds)
        let served = try Lending.serve([demand], in: tx)
        guard let lent = served.lent[id] else { throw served.refusal(of: id) }
        tx.scheduleExpiry(of: id, fence: lent.fence, at: lent.expiresAt, tenant: tx.tenant, by: tx.job)
        return (id, lent)
    }

    /// Locks a lease that must be held.
    ///
    /// - Throws: `lease-unknown`, `lease-not-held`, `lease-expired`.
    static func held(
        _ id: UniqueID, fence: Int?, in tx: borrowing Transaction
    ) throws(Rejection) -> HeldLease {
        guard let lease = try HeldLease.lock([id], in: tx)[id], lease.tenant == tx.tenant else {
            throw .refused("lease-unknown", "There is no such lease.")
        }
        guard !lease.isEnded, fence == nil || fence == lease.fence else {
            throw .refused("lease-not-held", "The lease of the shop's address has ended.")
        }
        guard lease.expiresAt > lease.readAt else {
            throw .refused("lease-expired", "The time of the lease of the shop's address is over.")
        }
        return lease
    }

    /// Makes a lease that is locked last as long as a new one. Returns when it ends.
    static func renew(
        _ lease: HeldLease, _ settings: ShopSettings, in tx: borrowing Transaction
    ) throws(Rejection) -> Timestamp {
        let end = lease.readAt + settings.lease
        guard end > lease.expiresAt else { return lease.expiresAt }
        try tx.send(LeaseBook.extend([lease.id], to: [end]))
        tx.scheduleExpiry(of: lease.id, fence: lease.fence, at: end, tenant: tx.tenant, by: tx.job)
        return end
    }

    /// Has the shop looked after when its lease is to end, instead of whenever that was to be.
    static func watch(
        _ lease: UniqueID, of slug: String, until end: Timestamp, isOwn: Bool, _ settings: ShopSettings,
        in tx: borrowing Transaction
    ) {
        tx.schedule(
            RetireShop(shop: slug, ifEnded: lease), due: lookAt(end, isOwn: isOwn, of: settings.lease),
            subject: subject(lease, of: slug), name: "shop-lease:\(lease):\(end.microseconds)", tenant: tx.tenant,
            cause: "lease of a shop")
    }

    /// The shop leaves its address: a lease that was taken for it ends, unless it is to be kept.
    ///
    /// - Returns: whether it was ended.
    static func leave(
        _ slug: String, _ home: StoredShop.Home, keeping: Bool = false, _ settings: ShopSettings,
        in tx: borrowing Transaction
    ) throws(Rejection) -> Bool {
        tx.unschedule(subject: subject(home.lease, of: slug))
        guard home.isOwn, !keeping else { return false }
        let found = try HeldLease.lock([home.lease], in: tx)[home.lease]
        guard let lease = found, !lease.isEnded, lease.fence == home.fence else { return false }
        try tx.end([lease], by: .released, quarantine: settings.quarantine)
        tx.unschedule(subject: lease.id)
        return true
    }
}
