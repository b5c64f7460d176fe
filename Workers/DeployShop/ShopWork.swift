import Contracts
import Runtime

/// What the workers of shops have in common.
enum ShopWork {
    /// How long and how often.
    static var options: LongOptions {
        LongOptions {
            $0.timeout = .seconds(1800)
            $0.retry = RetryPolicy(attempts: 4, base: .seconds(10), cap: .seconds(120))
        }
    }

    /// Has the shop to itself: what every run of one begins with.
    static func lock(
        _ slug: String, for run: Run, _ settings: ShopSettings
    ) async throws(Rejection) -> ShopDesk {
        try await run.lock(["shop:\(run.tenant)/\(slug)"])
        return ShopDesk(run: run, slug: slug, settings: settings)
    }

    /// The same for one that is somewhere.
    ///
    /// - Throws: `no-such-shop`.
    static func find(
        _ slug: String, for run: Run, _ settings: ShopSettings
    ) async throws(Rejection) -> (desk: ShopDesk, shop: StoredShop, home: StoredShop.Home) {
        let desk = try await lock(slug, for: run, settings)
        let (shop, home) = try await desk.find()
        return (desk, shop, home)
    }

    /// Does what is left to do when a version serves, and closes the run.
    ///
    /// - Parameter sends: whether the run may have sent an image for it.
    static func close(
        _ rollout: Rollout, _ active: StoredShop.Turn, sends: Bool, since start: ContinuousClock.Instant
    ) async throws(Rejection) -> Closing<ShopDeployed> {
        try await rollout.note(.started, .drain, RolloutStep.drain.sentence)
        try await rollout.finish(active)
        try await rollout.note(.ok, .clean, "The version serves, and nothing is left of others but their images.")
        let (slug, domain, address) = (rollout.shop.slug, rollout.shop.domain, rollout.home.address)
        let took = ContinuousClock.now - start
        return Closing { (tx: borrowing Transaction) throws(Rejection) in
            try tx.send(ShopBook.clearTurn(tx.tenant, slug))
            let rows = try tx.query(ShopBook.shipment(active.release, of: tx.tenant, slug))
            var deployed = ShopDeployed()
            do throws(PostgresError) {
                deployed.tag = try rows.get(0, 0)
                if sends { deployed.bytesShipped = try rows.get(0, 1) }
            } catch {
                throw Rejection(error)
            }
            (deployed.shop, deployed.domain, deployed.address) = (slug, domain, address)
            deployed.url = "http://\(domain)/"
            (deployed.version, deployed.slot) = (active.release, active.slot)
            deployed.seconds = took.inSeconds
            return deployed
        }
    }
}

extension Run {
    /// Whether somebody else goes on with the run, whatever its handler has thrown: what was begun is left as it is.
    func goesOn(after rejection: Rejection) -> Bool {
        if rejection.consequence == .yield || isLost { return true }
        do throws(Rejection) { try proceed() } catch { return error.consequence == .yield }
        return false
    }
}

extension Duration {
    /// As a number of seconds.
    var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds / 1_000_000_000_000_000) / 1000
    }
}
