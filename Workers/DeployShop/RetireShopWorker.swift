package import Contracts
import Leases
import Processes
package import Runtime
import SSH

/// Takes shops off the net, and looks after those whose lease is to end.
///
/// **Guarantee.** The proxy forgets the name first, so that nothing is sent to what goes. A shop whose server does not
/// answer is not retired: it stays `RETIRING`, and retiring it again goes on, unless it is to be by force: then the
/// books say that something of it may be there, and nobody gets its place or its address before that is removed. A look
/// that the schedule asks for is put aside, uncounted, until the server answers.
///
/// Refused: `no-such-shop`, `proxy-refused`, `server-not-initialised`, `key-refused`, `host-key-changed`.
package struct RetireShopWorker: LongWorker {
    private let settings: ShopSettings

    package init(_ settings: ShopSettings) { self.settings = settings }

    package static var options: LongOptions { ShopWork.options }

    package func handle(_ command: RetireShop, in run: Run) async throws(Rejection) -> Closing<ShopRetired> {
        let start = ContinuousClock.now
        let (desk, shop, home) = try await ShopWork.find(command.shop, for: run, settings)
        guard let lease = command.ifEnded else {
            return try await retire(command, desk, shop, home, since: start)
        }
        do throws(Rejection) {
            if home.lease == lease, shop.isEmpty {
                try await desk.giveUp()
            } else if try await mayRetire(shop, home, lease, run) {
                return try await retire(command, desk, shop, home, since: start)
            } else if home.lease == lease {
                try await clearUp(desk, shop, home)
            }
        } catch {
            // Nobody else looks: the look goes on until the server is back, or people have seen to it.
            guard [.refuse, .fail, .retry].contains(error.consequence) else { throw error }
            throw Rejection(.park, error.reason, database: error.database)
        }
        return Closing(
            ShopRetired(
                shop: shop.slug, domain: shop.domain, address: home.address, isRetired: false,
                leaseReleased: false, seconds: (ContinuousClock.now - start).inSeconds))
    }

    /// Undoes, or finishes, what a run has left that is over.
    private func clearUp(
        _ desk: ShopDesk, _ shop: StoredShop, _ home: StoredShop.Home
    ) async throws(Rejection) {
        if shop.leftover != .nothing {
            try await Rollout.with(desk, shop, at: home, leaving: true) { (rollout: Rollout) throws(Rejection) in
                try await rollout.greet()
                try await rollout.clearUp()
            }
        }
        if shop.active == nil { try await desk.giveUp() }
    }

    private func retire(
        _ command: RetireShop, _ desk: ShopDesk, _ shop: StoredShop, _ home: StoredShop.Home,
        since start: ContinuousClock.Instant
    ) async throws(Rejection) -> Closing<ShopRetired> {
        let releases = try await desk.releases()
        let loss = try await remove(desk, shop, home, releases, force: command.force)
        let settings = settings
        return Closing { (tx: borrowing Transaction) throws(Rejection) in
            if let loss {
                // Before the lease ends, for the address is judged by it then; leases are locked before addresses.
                _ = try HeldLease.lock([home.lease], in: tx)
                try tx.send(ShopBook.remember(loss.reason.message, of: tx.tenant, shop.slug))
            }
            let isReleased = try ShopLease.leave(shop.slug, home, keeping: command.keepLease, settings, in: tx)
            try tx.send(ShopBook.forget(releases.map(\.number), of: tx.tenant, shop.slug))
            try tx.send(ShopBook.leave(tx.tenant, shop.slug, .retired))
            return ShopRetired(
                shop: shop.slug, domain: shop.domain, address: home.address, isRetired: true,
                leaseReleased: isReleased, seconds: (ContinuousClock.now - start).inSeconds, isForgotten: loss != nil)
        }
    }

    /// Removes a shop from its server.
    ///
    /// - Parameter force: whether it is enough to have tried.
    /// - Returns: why the server is out of reach, and nothing there was touched; `nil` when nothing of it is there.
    private func remove(
        _ desk: ShopDesk, _ shop: StoredShop, _ home: StoredShop.Home, _ releases: [StoredRelease], force: Bool
    ) async throws(Rejection) -> Rejection? {
        let loss: Rejection?
        do throws(Rejection) {
            loss = try await Rollout.with(desk, shop, at: home, leaving: true) {
                (rollout: Rollout) throws(Rejection) -> Rejection? in
                try await rollout.enter(.validate, "The shop goes.")
                try await desk.write { ShopBook.set(.retiring, of: $0, $1) }
                if force, let loss = try await rollout.loss() { return loss }
                try await clear(rollout, releases)
                return nil
            }
        } catch {
            // One whose key is not known cannot be spoken to at all.
            guard force, error.reason.reason == ShopDesk.notInitialised else { throw error }
            loss = error
        }
        if let loss {
            let text = "\(loss.reason.message) The shop is forgotten, and may be served from there still."
            try await desk.run.record([RunLine(.unreachable, step: "forget", at: shop.domain, text: text)])
        }
        return loss
    }

    /// Whether a shop is to go because its lease has ended, or somebody wanted it to. A lease that was taken for it is
    /// renewed, and the shop is looked after again when the lease is next to end.
    private func mayRetire(
        _ shop: StoredShop, _ home: StoredShop.Home, _ lease: UniqueID, _ run: Run
    ) async throws(Rejection) -> Bool {
        guard home.lease == lease else { return false }
        // Somebody wanted it, and did not come to the end.
        if shop.status == .retiring { return true }
        let settings = settings
        return try await run.transaction { (tx: borrowing Transaction) throws(Rejection) in
            let found = try HeldLease.lock([lease], in: tx)[lease]
            guard let held = found, !held.isEnded, held.fence == home.fence, home.isOwn || held.expiresAt > held.readAt
            else { return true }
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
