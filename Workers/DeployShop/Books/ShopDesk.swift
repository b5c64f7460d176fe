import Contracts
import Leases
import Runtime

/// What a run writes of its shop to the database, each in one transaction under the run's fence.
struct ShopDesk: Sendable {
    let run: Run
    let slug: String
    let settings: ShopSettings

    /// How to get onto a server.
    struct Server: Sendable {
        let address: String
        let port: Int
        let hostKey: String
    }

    /// Why a server is not spoken to.
    static let notInitialised = "server-not-initialised"

    private var tenant: String { run.tenant }

    /// The shop, and where it is.
    ///
    /// - Throws: `no-such-shop`, also when it is nowhere.
    func find() async throws(Rejection) -> (shop: StoredShop, home: StoredShop.Home) {
        let (tenant, slug) = (tenant, slug)
        let shop = try await run.transaction { (tx: borrowing Transaction) throws(Rejection) in
            try tx.shop(tenant, slug)
        }
        guard let shop, let home = shop.home else {
            throw .refused("no-such-shop", "There is no shop of that name that serves.")
        }
        return (shop, home)
    }

    /// The versions of the shop.
    func releases() async throws(Rejection) -> [StoredRelease] {
        let (tenant, slug) = (tenant, slug)
        return try await run.transaction { (tx: borrowing Transaction) throws(Rejection) in
            try tx.releases(tenant, slug)
        }
    }

    /// The shop with a place to be: the one that it has, or a new one, with its lease.
    ///
    /// - Throws: `domain-taken`, `domain-differs`, `lease-differs`, `no-free-ip`, `lease-unknown`, `lease-not-held`,
    ///   `lease-expired`, `places-full`.
    func settle(_ command: DeployShop) async throws(Rejection) -> (shop: StoredShop, home: StoredShop.Home) {
        let (settings, key) = (settings, run.key)
        return try await run.transaction { (tx: borrowing Transaction) throws(Rejection) in
            let tenant = tx.tenant
            let shop = try tx.shop(tenant, command.shop)
            let holder = try tx.query(ShopBook.holder(of: command.domain, but: tenant, command.shop))
            guard holder.isEmpty else { throw .refused("domain-taken", "Another shop is served under that name.") }
            if let shop, let home = shop.home {
                try tx.stay(shop, home, command, settings)
                return (shop, home)
            }
            let home = try tx.findHome(command, settings)
            try tx.send(
                ShopBook.settle(tenant, command, at: home, watch: ShopLease.subject(home.lease, of: command.shop)))
            try tx.send(ShopBook.note(key, at: tenant, command.shop))
            var settled = StoredShop(slug: command.shop, domain: command.domain, status: .deploying)
            settled.home = home
            return (settled, home)
        }
    }

    /// How to get onto the shop's server.
    ///
    /// - Parameter isNew: whether the shop is to come to it.
    /// - Throws: `server-not-initialised`.
    func server(_ id: Int, isNew: Bool) async throws(Rejection) -> Server {
        let tenant = tenant
        return try await run.transaction { (tx: borrowing Transaction) throws(Rejection) in
            let rows = try tx.query(ShopBook.server(id, of: tenant, isNew: isNew))
            do throws(PostgresError) {
                if !rows.isEmpty, try rows.get(0, 3, as: Bool?.self) ?? false,
                    let key = try rows.get(0, 2, as: String?.self)
                {
                    return Server(address: try rows.get(0, 0), port: try rows.get(0, 1), hostKey: key)
                }
            } catch {
                throw Rejection(error)
            }
            throw .refused(
                Self.notInitialised,
                "The server is not configured, a forgotten shop may be there, or its host key is not known.")
        }
    }

    /// Makes the next version, and notes that it is to serve next.
    func begin(_ command: DeployShop, in slot: ShopDeployed.Slot) async throws(Rejection) -> StoredRelease {
        let (key, fence, slug) = (run.key, run.fence, slug)
        return try await run.transaction { (tx: borrowing Transaction) throws(Rejection) in
            let rows = try tx.query(ShopBook.begin(tx.tenant, command, by: key, container: ""))
            let number: Int
            do throws(PostgresError) { number = try rows.get(0, 0) } catch { throw Rejection(error) }
            let release = StoredRelease(number: number, container: Self.container(slug, number, fence))
            try tx.turn(to: release, of: slug, in: slot, by: key)
            return release
        }
    }

    /// Notes that a version that has served before is to serve next.
    func begin(_ release: StoredRelease, in slot: ShopDeployed.Slot) async throws(Rejection) -> StoredRelease {
        let (key, fence, slug) = (run.key, run.fence, slug)
        return try await run.transaction { (tx: borrowing Transaction) throws(Rejection) in
            var release = release
            release.container = Self.container(slug, release.number, fence)
            try tx.turn(to: release, of: slug, in: slot, by: key)
            return release
        }
    }

    /// Each holder of a run has containers of its own: what an earlier one still asks for does not touch them.
    private static func container(_ slug: String, _ number: Int, _ fence: Int) -> String {
        "shop-\(slug)-\(number)-\(fence)"
    }

    /// Runs one statement.
    func write(_ statement: @escaping @Sendable (String, String) -> SQL) async throws(Rejection) {
        let slug = slug
        try await run.transaction { (tx: borrowing Transaction) throws(Rejection) in
            try tx.send(statement(tx.tenant, slug))
        }
    }

    /// The lease is held, and the version counts as serving from now on.
    ///
    /// - Throws: `lease-not-held`, `lease-expired`, and nothing was written.
    func commit(_ next: StoredShop.Turn, at home: StoredShop.Home) async throws(Rejection) {
        let slug = slug
        try await run.transaction { (tx: borrowing Transaction) throws(Rejection) in
            _ = try ShopLease.held(home.lease, fence: home.fence, in: tx)
            try tx.send(ShopBook.serve(next, of: tx.tenant, slug))
        }
    }

    /// Whether the lease is held; refuses if not.
    func checkLease(_ home: StoredShop.Home) async throws(Rejection) {
        try await run.transaction { (tx: borrowing Transaction) throws(Rejection) in
            _ = try ShopLease.held(home.lease, fence: home.fence, in: tx)
        }
    }

    /// What was to serve does not.
    func undo(_ next: StoredShop.Turn) async throws(Rejection) {
        try await write { ShopBook.fail(next.release, of: $0, $1) }
        try await write(ShopBook.clearTurn)
    }

    /// Gives up the place of a shop that has never served, if nothing of it is on the server: the run ends. One that
    /// only waits for its turn keeps it.
    func abandon(because rejection: Rejection) async {
        if rejection.consequence == .postpone || run.goesOn(after: rejection) { return }
        let (slug, settings, key) = (slug, settings, run.key)
        // Lost or not, the run ends as it ends; what is left then is seen to when its row goes.
        try? await run.transaction { (tx: borrowing Transaction) throws(Rejection) in
            guard let shop = try tx.shop(tx.tenant, slug), let home = shop.home, shop.isEmpty else { return }
            // To an address that got nothing nobody can come for this shop: it is free for all, and after all others,
            // for the next try shall not get the same.
            var terms = settings
            if try !tx.answer(ShopBook.hasBegun(key)) { terms.quarantine = .zero }
            try tx.giveUp(slug, home, terms)
        }
    }

    /// Gives up a shop of which no version has come to serve, and of which nothing is on the server.
    func giveUp() async throws(Rejection) {
        let (slug, settings) = (slug, settings)
        try await run.transaction { (tx: borrowing Transaction) throws(Rejection) in
            guard let shop = try tx.shop(tx.tenant, slug), let home = shop.home, shop.isEmpty else { return }
            try tx.giveUp(slug, home, settings)
        }
    }

    /// Of runs those that are over.
    func gone(_ keys: [UniqueID]) async throws(Rejection) -> Set<UniqueID> {
        try await run.transaction { (tx: borrowing Transaction) throws(Rejection) in
            let rows = try tx.query(ShopBook.runs(keys))
            var gone = Set(keys)
            do throws(PostgresError) {
                for row in 0..<rows.count { gone.remove(try rows.get(row, 0, as: UniqueID.self)) }
            } catch {
                throw Rejection(error)
            }
            return gone
        }
    }
}
