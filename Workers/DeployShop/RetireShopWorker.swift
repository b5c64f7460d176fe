package import Contracts
import Leases
import Processes
package import Runtime
import SSH

/// Takes shops off the net, and looks after those whose lease is to end.
///
/// **Guarantee.** The proxy forgets the name first, so that nothing is sent to what goes. A shop whose server does not
/// answer is not retired: it stays `RETIRING`, and retiring it again goes on.
///
/// Refused: `no-such-shop`, `proxy-refused`, `server-not-initialised`, `key-refused`, `host-key-changed`.
package struct RetireShopWorker: LongWorker {
    private let settings: ShopSettings

    package init(_ settings: ShopSettings) { self.settings = settings }

    package static var options: LongOptions { ShopWork.options }

    package func handle(_ command: RetireShop, in run: Run) async throws(Rejection) -> Closing<ShopRetired> {
        let start = ContinuousClock.now
        let (desk, shop, home) = try await ShopWork.find(command.shop, for: run, settings)
        if let lease = command.ifEnded, try await !mayRetire(shop, home, lease, run) {
            return Closing(
                ShopRetired(
                    shop: shop.slug, domain: shop.domain, address: home.address, isRetired: false,
                    leaseReleased: false, seconds: (ContinuousClock.now - start).inSeconds))
        }
        let releases = try await desk.releases()
        try await Rollout.with(desk, shop, at: home) { (rollout: Rollout) throws(Rejection) in
            try await rollout.enter(.validate, "The shop goes.")
            try await desk.write { ShopBook.set(.retiring, of: $0, $1) }
            try await clear(rollout, releases)
        }
        let settings = settings
        return Closing { (tx: borrowing Transaction) throws(Rejection) in
            let isReleased = try ShopLease.leave(shop.slug, home, keeping: command.keepLease, settings, in: tx)
            try tx.send(ShopBook.forget(releases.map(\.number), of: tx.tenant, shop.slug))
            try tx.send(ShopBook.leave(tx.tenant, shop.slug, .retired))
            return ShopRetired(
                shop: shop.slug, domain: shop.domain, address: home.address, isRetired: true,
                leaseReleased: isReleased, seconds: (ContinuousClock.now - start).inSeconds)
        }
    }

    /// Whether a shop is to go because its lease has ended. A lease that was taken for it is renewed, and the shop is
    /// looked after again when the lease is next to end.
    private func mayRetire(
        _ shop: StoredShop, _ home: StoredShop.Home, _ lease: UniqueID, _ run: Run
    ) async throws(Rejection) -> Bool {
        guard home.lease == lease else { return false }
        let settings = settings
        return try await run.transaction { (tx: borrowing Transaction) throws(Rejection) in
            let found = try HeldLease.lock([lease], in: tx)[lease]
            guard let held = found, !held.isEnded, held.fence == home.fence, home.isOwn || held.expiresAt > held.readAt
            else { return true }
            // What has never served is not kept for ever.
            if home.isOwn, shop.active == nil { return true }
            let end = home.isOwn ? try ShopLease.renew(held, settings, in: tx) : held.expiresAt
            ShopLease.watch(lease, of: shop.slug, until: end, isOwn: home.isOwn, settings, in: tx)
            return false
        }
    }

    /// Removes all there is of the shop on its server.
    private func clear(_ rollout: Rollout, _ releases: [StoredRelease]) async throws(Rejection) {
        let door = rollout.door
        try await rollout.enter(.switch, "The proxy forgets the name.")
        try await door.withdraw()
        try await rollout.enter(.drain)
        for slot in ShopDeployed.Slot.allCases { try await door.close(slot, upTo: ShopSettings.drain) }
        try await door.saveProxy()
        try await rollout.enter(.clean, "Containers and images go.")
        do throws(SSHError) {
            for name in try await door.containers() { try await door.remove(name) }
            try await door.removeImages(releases.filter { $0.state != "GONE" }.map(\.tag))
        } catch {
            throw Rejection(error, "Removing the shop")
        }
    }
}
