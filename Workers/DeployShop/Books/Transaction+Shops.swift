import Contracts
import Leases
import Runtime

/// What is read and decided of shops within a transaction.
extension Transaction {
    /// A shop under this transaction's lock.
    borrowing func shop(_ tenant: String, _ slug: String) throws(Rejection) -> StoredShop? {
        let rows = try query(ShopBook.lock(tenant, slug))
        do throws(PostgresError) { return rows.isEmpty ? nil : try StoredShop(rows, 0) } catch {
            throw Rejection(error)
        }
    }

    /// The versions of a shop, in their order.
    borrowing func releases(_ tenant: String, _ slug: String) throws(Rejection) -> [StoredRelease] {
        let rows = try query(ShopBook.releases(tenant, slug))
        do throws(PostgresError) {
            var releases: [StoredRelease] = []
            for row in 0..<rows.count { releases.append(try StoredRelease(rows, row)) }
            return releases
        } catch {
            throw Rejection(error)
        }
    }

    /// A shop that is somewhere stays there, if the command means so and the lease is held.
    borrowing func stay(
        _ shop: StoredShop, _ home: StoredShop.Home, _ command: DeployShop, _ settings: ShopSettings
    ) throws(Rejection) {
        guard shop.status != .retiring else {
            throw .refused("shop-retiring", "The shop is being taken off the net; retire it once more first.")
        }
        guard command.domain == shop.domain else {
            throw .refused("domain-differs", "The shop is served under another name; retire it first to change that.")
        }
        guard command.lease == nil || command.lease == home.lease else {
            throw .refused("lease-differs", "The shop is at another address; retire it first to move it.")
        }
        let lease = try ShopLease.held(home.lease, fence: home.fence, in: self)
        if home.isOwn {
            let end = try ShopLease.renew(lease, settings, in: self)
            ShopLease.watch(lease.id, of: command.shop, until: end, isOwn: true, settings, in: self)
        }
    }

    /// A place for a shop that is nowhere: on the server of the lease that is given, or of one that is taken.
    borrowing func findHome(
        _ command: DeployShop, _ settings: ShopSettings
    ) throws(Rejection) -> StoredShop.Home {
        var home: StoredShop.Home
        let end: Timestamp
        if let id = command.lease {
            let lease = try ShopLease.held(id, fence: nil, in: self)
            home = StoredShop.Home(
                server: try server(of: id), address: lease.ip, place: 0, lease: id, fence: lease.fence, isOwn: false)
            end = lease.expiresAt
        } else {
            let (id, lent) = try ShopLease.take(for: command.shop, settings, in: self)
            home = StoredShop.Home(
                server: lent.server, address: lent.ip, place: 0, lease: id, fence: lent.fence, isOwn: true)
            end = lent.expiresAt
        }
        let rows = try query(ShopBook.freePlace(on: home.server))
        guard !rows.isEmpty else { throw .refused("places-full", "The server has no place for another shop.") }
        do throws(PostgresError) { home.place = try rows.get(0, 0) } catch { throw Rejection(error) }
        ShopLease.watch(home.lease, of: command.shop, until: end, isOwn: home.isOwn, settings, in: self)
        return home
    }

    /// A shop that never served is nowhere, and its address, if that was leased for it, is given back.
    borrowing func giveUp(
        _ slug: String, _ home: StoredShop.Home, _ settings: ShopSettings
    ) throws(Rejection) {
        _ = try ShopLease.leave(slug, home, settings, in: self)
        try send(ShopBook.leave(tenant, slug, .failed))
    }

    /// The answer to a question.
    borrowing func answer(_ question: SQL) throws(Rejection) -> Bool {
        let rows = try query(question)
        do throws(PostgresError) { return try rows.get(0, 0) } catch { throw Rejection(error) }
    }

    private borrowing func server(of lease: UniqueID) throws(Rejection) -> Int {
        let rows = try query("SELECT server FROM lease WHERE id = \(lease)")
        do throws(PostgresError) { return try rows.get(0, 0) } catch { throw Rejection(error) }
    }

    /// Notes what is to serve next, and in which container.
    borrowing func turn(
        to release: StoredRelease, of slug: String, in slot: ShopDeployed.Slot, by run: UniqueID
    ) throws(Rejection) {
        try send(ShopBook.place(release.number, of: tenant, slug, in: release.container))
        try send(ShopBook.turn(tenant, slug, to: StoredShop.Turn(release: release.number, slot: slot), by: run))
    }
}
