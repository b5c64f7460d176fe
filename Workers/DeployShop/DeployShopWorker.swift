package import Contracts
import Images
import Processes
package import Runtime
import SSH
import ShopSite

/// Brings shops to serve.
///
/// **Guarantee.** Up to the moment in which the new version counts as serving, in one transaction with the check of the
/// address's lease, the version before serves, and whatever fails is undone; from then on the new one does. Customers
/// lose no request. A shop has one run at a time, and so has a server. Nothing of the configuration passes a shell.
///
/// Refused: `domain-taken`, `domain-differs`, `lease-differs`, `lease-unknown`, `lease-not-held`, `lease-expired`,
/// `no-free-ip`, `places-full`, `server-not-initialised`, `bad-configuration`, `wrong-architecture`, `disk-full`,
/// `engine-away`, `health-check-failed`, `verify-failed`, `proxy-refused`, `key-refused`, `host-key-changed`.
package struct DeployShopWorker: LongWorker {
    private let settings: ShopSettings

    package init(_ settings: ShopSettings) { self.settings = settings }

    package static var options: LongOptions { ShopWork.options }

    package func handle(_ command: DeployShop, in run: Run) async throws(Rejection) -> Closing<ShopDeployed> {
        let start = ContinuousClock.now
        let configuration = try Self.configuration(of: command)
        let desk = try await ShopWork.lock(command.shop, for: run, settings)
        let (shop, home) = try await desk.settle(command)
        do throws(Rejection) {
            return try await Rollout.with(desk, shop, at: home) { (rollout: Rollout) throws(Rejection) in
                try await deploy(command, configuration, rollout, since: start)
            }
        } catch {
            await desk.abandon(because: error)
            throw error
        }
    }

    private static func configuration(of command: DeployShop) throws(Rejection) -> ShopConfiguration {
        do throws(SiteError) {
            return try ShopConfiguration(
                title: command.title, contactEmail: command.contactEmail, contactPhone: command.contactPhone,
                primaryColour: command.primaryColor, secondaryColour: command.secondaryColor, domain: command.domain)
        } catch {
            throw .refused("bad-configuration", "The shop cannot look like this: \(error)")
        }
    }

    private func deploy(
        _ command: DeployShop, _ configuration: ShopConfiguration, _ rollout: Rollout,
        since start: ContinuousClock.Instant
    ) async throws(Rejection) -> Closing<ShopDeployed> {
        let (desk, shop) = (rollout.desk, rollout.shop)
        try await rollout.enter(.validate)
        try await rollout.greet()
        try await rollout.clearUp()
        if case .unfinished(let active) = shop.leftover, shop.run == desk.run.key {
            // An earlier holder of this very run has brought it to serve.
            return try await ShopWork.close(rollout, active, sends: true, since: start)
        }
        let slot = shop.active?.slot.other ?? .blue
        var release = try await desk.begin(command, in: slot)
        let next = StoredShop.Turn(release: release.number, slot: slot)
        do throws(Rejection) {
            try await rollout.enter(.build)
            let image = try await ShopImage.build(command.shop, configuration, settings)
            release.tag = image.tag
            release.layers = image.built.layers.map(\.description)
            let (built, id) = (release, image.built.id.description)
            try await desk.write { ShopBook.built(built, image: id, of: $0, $1) }
            let sent = try await ship(image, rollout)
            let number = release.number
            try await desk.write { ShopBook.shipped(number, of: $0, $1, bytes: sent) }
            try await rollout.turn(to: release, in: slot)
        } catch {
            await rollout.giveUp(next, because: error)
            throw error
        }
        return try await ShopWork.close(rollout, next, sends: true, since: start)
    }

    /// Sends what the server lacks of an image. Returns how many bytes that were.
    private func ship(_ image: ShopImage, _ rollout: Rollout) async throws(Rejection) -> Int {
        let door = rollout.door
        try await rollout.enter(.preflight)
        let host = HostImages(lines: try await image.preflight(door))
        try await rollout.enter(.ship)
        var sent = try await image.ship(to: door, host, rollout.desk)
        if sent == nil {
            // It did not take a part, or had less than it said: all of it then.
            sent = try await image.ship(to: door, HostImages(), rollout.desk)
        }
        guard let sent else {
            throw .transient("image-refused", "The server's engine does not take the image.")
        }
        try await rollout.note(.changed, .ship, "\(sent) bytes were sent.")
        return sent
    }
}
