import Contracts
import Processes
import Runtime
import SSH

extension Rollout {
    /// Locks the shop's server, which recipes do, too, opens the way to it, lends the rollout to `body`, and closes it.
    ///
    /// - Parameter leaving: whether the shop is to go, which it may from a server that gets no new ones.
    static func with<R: Sendable>(
        _ desk: ShopDesk, _ shop: StoredShop, at home: StoredShop.Home, leaving: Bool = false,
        _ body: (Rollout) async throws(Rejection) -> R
    ) async throws(Rejection) -> R {
        try await desk.run.lock(["server:\(home.server)"])
        let run = desk.run.key
        try await desk.write { ShopBook.note(run, at: $0, $1) }
        guard let key = desk.settings.key(), !key.isEmpty else {
            throw .transient(
                "fleet-key-missing", "FLEET_KEY_FILE is not set, or names a file that cannot be read.")
        }
        let server = try await desk.server(home.server, isNew: shop.isEmpty && !leaving)
        let host = SSHHost(
            address: server.address, port: server.port, user: ShopSettings.operatorName, hostKey: server.hostKey)
        return try await desk.run.withPrograms { (lease: Lease) throws(Rejection) in
            let ssh: SSHConnection
            do throws(SSHError) {
                ssh = try SSHConnection(host, privateKey: key, under: lease)
            } catch {
                throw .transient("worker-failed", "The connection could not be prepared: \(error)")
            }
            let door = ServerDoor(ssh: ssh, slug: shop.slug, domain: shop.domain, place: home.place)
            let rollout = Rollout(desk: desk, door: door, home: home, shop: shop)
            do throws(Rejection) {
                let result = try await body(rollout)
                await ssh.close()
                return result
            } catch {
                await ssh.close()
                throw error
            }
        }
    }
}
