import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

/// A provider's list becomes servers, shops, and their logs, with every worker and the recipe as they are shipped; and
/// goes again.
///
/// Runs with `scripts/test --full`, or alone with `scripts/test --filter FleetPathTests`.
@Suite(.serialized, .servers, .fleet) struct FleetPathTests {
    private static let title = "\"; rm -rf / #\n{{ lookup('pipe','id') }} 'q' $(id) <b>🫖</b>"
    private static let shown =
        "&quot;; rm -rf / #\n{{ lookup(&#39;pipe&#39;,&#39;id&#39;) }} &#39;q&#39; $(id) &lt;b&gt;🫖&lt;/b&gt;"

    @Test func aListBecomesShopsThatAreReadAndGo() throws {
        try withPath { path in
            try served(path)
            try read(path)
            try ended(path)
            try kept(path)
            try secret(path)
        }
    }

    /// Two shops at an address that is leased for a minute, and for another while the second is on its way.
    private func served(_ path: PathScene) throws {
        let lease = try path.ask(LeaseIP(holder: "owner", ttlSeconds: 60), id: "lease")
        #expect(lease.ip == path.fleet.address())
        for (name, title) in [("teapots", Self.title), ("lamps", "Lamps")] {
            var command = path.shops.shop(name, title: title)
            command.lease = lease.leaseId
            let start = ContinuousClock.now
            let served = try path.shops.serve(command, id: name)
            print("path: \(name) serves \(ContinuousClock.now - start) after the command, \(served.bytesShipped) bytes")
            #expect(try path.shops.page("\(name).example", "/up") == served.tag + "\n")
            _ = try path.ask(RenewLease(leaseId: lease.leaseId, holder: "owner", ttlSeconds: 60), id: "renew-\(name)")
        }
        #expect(try path.shops.page("teapots.example").contains("<title>\(Self.shown)</title>"))
        #expect(try path.shops.page("lamps.example").contains("<title>Lamps</title>"))
        // It is in the image, and nowhere among the words of a program.
        let known = try path.fleet.ssh("docker inspect $(docker ps -q); cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
        #expect(known.contains("shop-teapots-1") && !known.contains("lookup(") && !known.contains("rm -rf"))
        try path.shops.expectNothing(but: 2, leases: 1)
    }

    /// What customers ask for is found, each once, with the shop that they asked.
    private func read(_ path: PathScene) throws {
        for number in 1...20 { _ = try path.shops.page("teapots.example", "/?visit=\(number)") }
        _ = try path.shops.page("lamps.example", "/?visit=lamp")
        let text = "GET /?visit="
        try eventually("the lines are found") {
            try path.logLines("teapots", text).count >= 20 && path.logLines("lamps", text).count >= 1
        }
        let lines = try path.logLines("teapots", text)
        #expect(lines.count == 20 && Set(lines).count == 20 && !lines.contains { $0.contains("lamp") }, "\(lines)")
        #expect(try path.logLines("lamps", text).count == 1)
    }

    /// Nobody renews the lease: the shops end with it.
    private func ended(_ path: PathScene) throws {
        try eventually("the shops are retired", within: 150) { try path.count("RETIRED") == 2 }
        #expect(try path.shops.count("SELECT count(*) FROM lease WHERE ended_by = 'expired'") == 1)
        let get = "curl -sS -f -H 'Host: teapots.example' http://\(path.fleet.address())/"
        #expect(path.fleet.attempt(get).status == 22)
        try path.shops.expectNothing(but: 0, leases: 0)
        #expect(try path.shops.images() == [])
    }

    /// A shop goes, its address is kept for it, and it comes back there. It goes for good when that is given back.
    private func kept(_ path: PathScene) throws {
        var command = path.shops.shop("mugs")
        let first = try path.shops.serve(command, id: "mugs-1")
        let gone = try path.ask(RetireShop(shop: "mugs", keepLease: true), id: "mugs-2")
        #expect(gone.isRetired && !gone.leaseReleased)
        try path.shops.expectNothing(but: 0, leases: 1)
        let other = try path.shops.run(path.shops.shop("lamps"), id: "lamps-2")
        #expect(try other.kind == .refused && other.decode(Reason.self).reason == "no-free-ip")

        let database = try path.cluster.database()
        defer { database.close() }
        let lease = try database.query("SELECT id FROM lease WHERE ended_at IS NULL").get(0, 0, as: UniqueID.self)
        command.lease = lease
        let second = try path.shops.serve(command, id: "mugs-3")
        #expect(second.address == first.address && second.version == 2)
        _ = try path.ask(ReleaseIP(leaseId: lease, holder: "shop:mugs"), id: "mugs-4")
        try eventually("it goes with its address") { try path.count("RETIRED") == 3 }
        try path.shops.expectNothing(but: 0, leases: 0)
    }

    /// No password and no private key is left in clear: in no table, event, log or file of ours, here or on the server.
    private func secret(_ path: PathScene) throws {
        let (scene, fleet) = (path.servers, path.fleet)
        #expect(path.initWorker.terminate() == 0)
        // What is told last, too.
        _ = try? scene.log.receive(within: 2) { _ in false }
        // The first line is the same in every key, also in those of the server.
        let texts = [PathScene.password, LogShipper.password] + scene.keyLines.dropFirst()
        for text in texts { #expect(try scene.tables(with: text) == []) }
        let secrets = texts.flatMap(InitScene.forms)
        for secret in secrets {
            #expect(!scene.log.events.contains { String(decoding: $0.data, as: UTF8.self).contains(secret) })
        }
        let own = [path.cluster.directory, "/dev/shm"] + scene.serverLogs
        #expect(try fleet.files(with: secrets, in: own, but: ["fleet-key"]) == [])
        // What ships the logs has its password, for root alone.
        #expect(try fleet.files(with: secrets) == ["/etc/syslog-ng/syslog-ng.conf"])
        #expect(try fleet.console("stat -c '%a %U' /etc/syslog-ng/syslog-ng.conf") == "600 root\n")
        // Such texts would be found.
        #expect(try scene.tables(with: "teapots") != [])
        #expect(try !fleet.files(with: ["\"ready\""], in: own).isEmpty)
        #expect(try fleet.files(with: ["shop-teapots-1"]).contains("journal"))
    }
}
