import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// Shops on a server that the recipe has made: their way to serve, and back, without a lost request.
///
/// Runs with `scripts/test --full`, or alone with `scripts/test --filter FleetShopTests`.
@Suite(.serialized, .servers, .fleet) struct FleetShopTests {
    @Test func noRequestIsLost() throws {
        try withShops { scene in
            // What a worker that was killed left of a run that is over long since.
            let left = "\(scene.shipping)/ruche-ship-\(UUID().uuidString.lowercased())-3.tar"
            _ = FileManager.default.createFile(atPath: left, contents: nil)
            let title = "\"; rm -rf / # {{ lookup('pipe','id') }} <b>🫖</b>"
            let first = try scene.serve(scene.shop("a", title: title), id: "a1")
            print("shops: first served after \(first.seconds) s, \(first.bytesShipped) bytes sent")
            #expect(first.version == 1 && first.slot == .blue && first.address == scene.fleet.address())
            #expect(try scene.page("a.example", "/up") == first.tag + "\n")
            let page = try scene.page("a.example")
            #expect(page.contains("&lt;b&gt;🫖&lt;/b&gt;") && !page.contains("<b>🫖"))
            try beside(scene)

            let load = try ShopLoad(scene, on: "a.example")
            let second = try scene.serve(scene.shop("a", "#7c3aed", title: title), id: "a2")
            print("shops: another colour after \(second.seconds) s, \(second.bytesShipped) bytes sent")
            #expect(second.version == 2 && second.slot == .green && second.bytesShipped <= 1_000_000)
            #expect(try scene.page("a.example", "/up") == second.tag + "\n")
            try unhealthy(scene, serving: second)
            let back = try scene.serve(RollbackShop(shop: "a"), id: "a4")
            #expect(back.version == 1 && back.tag == first.tag && back.slot == .blue)
            #expect(try scene.page("a.example", "/up") == first.tag + "\n")
            #expect(try scene.run(RetireShop(shop: "b"), id: "b2").kind == .succeeded)
            for said in try load.stop() {
                print(said)
                #expect(said.contains("requests in"))
                #expect(!said.contains("Non-2xx") && !said.contains("Socket errors"), "\(said)")
            }
            try scene.expectNothing(but: 1, leases: 1)
            try retired(scene)
        }
    }

    /// A shop on the same server, by the lease of the other.
    private func beside(_ scene: ShopScene) throws {
        let database = try scene.cluster.database()
        defer { database.close() }
        var command = scene.shop("b")
        command.lease = try database.query("SELECT lease FROM shop WHERE slug = 'a'").get(0, 0)
        let other = try scene.serve(command, id: "b1")
        #expect(other.slot == .blue && other.bytesShipped <= 1_000_000)
        command.shop = "c"
        let taken = try scene.run(command, id: "c1")
        #expect(try taken.kind == .refused && taken.decode(Reason.self).reason == "domain-taken")
    }

    /// A generic shop whose containers end at once: nothing of it stays, and the version before serves.
    private func unhealthy(_ scene: ShopScene, serving: ShopDeployed) throws {
        let good = scene.image + ".good"
        try scene.fleet.run("mv '\(scene.image)' '\(good)'")
        try scene.fleet.run(
            """
            docker load -q -i '\(good)' && printf 'FROM ruche-shop:generic\\nCMD ["-g", "sick;"]\\n' \
                | DOCKER_BUILDKIT=0 docker build -q -t ruche-shop:sick - \
                && docker save -o '\(scene.image)' ruche-shop:sick
            """)
        let (before, images) = (try scene.containers(), try scene.images())
        let event = try scene.run(scene.shop("a", "#ff0000"), id: "a3")
        let reason = try event.decode(Reason.self)
        #expect(event.kind == .refused && reason.reason == "health-check-failed", "\(reason)")
        #expect(reason.message.contains("sick"))
        #expect(try scene.containers() == before && scene.images() == images)
        #expect(try scene.page("a.example", "/up") == serving.tag + "\n")
        #expect(
            try scene.count(
                "SELECT count(*) FROM run_event WHERE step = 'container-log' AND text LIKE '%sick%'") > 0)
        try scene.fleet.run("mv '\(good)' '\(scene.image)'")
    }

    /// Nothing is left of a shop that goes.
    private func retired(_ scene: ShopScene) throws {
        let gone = try scene.run(RetireShop(shop: "a"), id: "a5").decode(ShopRetired.self)
        #expect(gone.isRetired && gone.leaseReleased)
        try scene.expectNothing(but: 0, leases: 0)
        #expect(try scene.images().isEmpty)
        #expect(scene.fleet.attempt("curl -sS -f -H 'Host: a.example' http://\(scene.fleet.address())/").status == 22)
        #expect(try scene.count("SELECT count(*) FROM shop WHERE place IS NOT NULL OR status <> 'RETIRED'") == 0)
    }

    @Test func aKilledWorkerLeavesOneShop() throws {
        try withShops { scene in
            var tag = try scene.serve(scene.shop("a"), id: "first").tag
            let steps = ["build", "preflight", "ship", "start", "health", "switch", "verify", "record", "drain"]
            for (number, step) in steps.enumerated() {
                let id = "kill-\(step)"
                try scene.send(scene.shop("a", "#00000\(number)"), id: id)
                try eventually("it is at \(step)") { try scene.hasLine(id, step: step) }
                scene.killWorker()
                #expect(try [tag].contains(String(scene.page("a.example", "/up").dropLast())) || number > 4)
                try scene.startWorker()
                let served = try scene.log.outcome(of: id, within: 300).decode(ShopDeployed.self)
                #expect(try scene.page("a.example", "/up") == served.tag + "\n", "\(step)")
                try scene.expectNothing(but: 1, leases: 1, step)
                #expect(try scene.images().count <= 3, "\(step)")
                tag = served.tag
            }
        }
    }
}
