import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// A server that is lost and comes back: what its forgotten shop has left goes before anybody else comes.
///
/// Runs with `scripts/test --full`, or alone with `scripts/test --filter FleetForgottenTests`.
@Suite(.serialized, .servers, .fleet) struct FleetForgottenTests {
    @Test func whatAForgottenShopHasLeftGoesWhenItsServerIsBack() throws {
        try withShops { scene in
            // As long as the server is there, force is nothing else than a retirement.
            _ = try scene.serve(scene.shop("a"), id: "a1")
            let first = try scene.run(RetireShop(shop: "a", force: true), id: "a2").decode(ShopRetired.self)
            #expect(first.isRetired && !first.isForgotten && first.leaseReleased)
            try scene.expectNothing(but: 0, leases: 0)

            _ = try scene.serve(scene.shop("a"), id: "a3")
            try scene.fleet.console("sh -c 'cd ~ruche/.ssh && mv authorized_keys away'")
            let gone = try scene.run(RetireShop(shop: "a", force: true), id: "a4").decode(ShopRetired.self)
            #expect(gone.isRetired && gone.isForgotten && gone.leaseReleased)
            // That is what was given up. Nobody is lent the address meanwhile.
            #expect(try scene.page("a.example").contains("<title>"))
            let refused = try scene.run(scene.shop("b"), id: "b1")
            #expect(try refused.kind == .refused && refused.decode(Reason.self).reason == "no-free-ip")
            #expect(try scene.count("SELECT count(*) FROM server WHERE status = 'ERROR'") == 1)

            try scene.fleet.console("sh -c 'cd ~ruche/.ssh && mv away authorized_keys'")
            try scene.cluster.start(
                "init-server",
                [
                    "FLEET_KEY_FILE": scene.fleet.key, "FLEET_NEVER_BANNED": "172.16.0.0/12",
                    "FLEET_METRICS_SOURCES": "172.16.0.0/12",
                ])
            let made = try scene.run(InitServer(servers: [1], only: .failed), id: "i1")
            let results = try made.decode(ServersInitialised.self).results
            #expect(results.map(\.outcome) == [.configured] && results[0].changed > 0, "\(results)")
            #expect(try scene.containers().isEmpty && scene.images().isEmpty)
            #expect(try scene.count("SELECT count(*) FROM forgotten_shop") == 0)
            let url = "http://\(scene.fleet.address())/"
            #expect(scene.fleet.attempt("curl -sS -f -H 'Host: a.example' \(url)").status == 22)
            #expect(try scene.fleet.ssh("cat /var/lib/ruche-proxy/shops.map").isEmpty)

            // The next shop has place and address, and a recipe leaves it alone.
            let next = try scene.serve(scene.shop("b"), id: "b2")
            #expect(next.slot == .blue && next.address == scene.fleet.address())
            #expect(try scene.count("SELECT place::bigint FROM shop WHERE slug = 'b'") == 1)
            let again = try scene.run(InitServer(servers: [1]), id: "i2").decode(ServersInitialised.self)
            #expect(again.results.map(\.changed) == [0], "\(again)")
            #expect(try scene.page("b.example", "/up") == next.tag + "\n")
        }
    }
}
