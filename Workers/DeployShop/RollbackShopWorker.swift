package import Contracts
import Processes
package import Runtime
import SSH

/// Has an earlier version of a shop serve again.
///
/// **Guarantee.** As for ``DeployShopWorker``; nothing is built or sent, for the image is on the server still.
///
/// Refused: `no-such-shop`, `nothing-to-roll-back-to`, and what may go wrong when a version comes to serve.
package struct RollbackShopWorker: LongWorker {
    private let settings: ShopSettings

    package init(_ settings: ShopSettings) { self.settings = settings }

    package static var options: LongOptions { ShopWork.options }

    package func handle(_ command: RollbackShop, in run: Run) async throws(Rejection) -> Closing<ShopDeployed> {
        let start = ContinuousClock.now
        let (desk, shop, home) = try await ShopWork.find(command.shop, for: run, settings)
        guard let before = shop.active, shop.status == .live else {
            throw .refused("nothing-to-roll-back-to", "No version of the shop serves.")
        }
        return try await Rollout.with(desk, shop, at: home) { (rollout: Rollout) throws(Rejection) in
            try await rollout.enter(.validate)
            try await rollout.greet()
            try await rollout.clearUp()
            if case .unfinished(let active) = shop.leftover, shop.run == run.key {
                return try await ShopWork.close(rollout, active, sends: false, since: start)
            }
            let target = try await desk.releases().target(command.to, active: before.release)
            guard let target, try await isThere(target, rollout.door) else {
                throw .refused("nothing-to-roll-back-to", "The server has no image of such a version of the shop.")
            }
            let slot = before.slot.other
            let release = try await desk.begin(target, in: slot)
            let next = StoredShop.Turn(release: release.number, slot: slot)
            do throws(Rejection) {
                try await rollout.turn(to: release, in: slot)
            } catch {
                await rollout.giveUp(next, because: error)
                throw error
            }
            return try await ShopWork.close(rollout, next, sends: false, since: start)
        }
    }

    /// Whether the server has a version's image, as it was built.
    private func isThere(_ release: StoredRelease, _ door: ServerDoor) async throws(Rejection) -> Bool {
        let expected = "[" + release.layers.map { "\"\($0)\"" }.joined(separator: ",") + "]"
        do throws(SSHError) { return try await door.layers(of: release.tag) == expected } catch {
            throw Rejection(error, "Looking for the image")
        }
    }
}
