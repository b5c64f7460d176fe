import Contracts
import Testing

@testable import DeployShopWorker

/// What is decided about a shop, without a server.
@Suite struct ShopPlanTests {
    private func turn(_ release: Int, _ slot: ShopDeployed.Slot) -> StoredShop.Turn {
        StoredShop.Turn(release: release, slot: slot)
    }

    @Test("What an earlier run has left is undone, or finished when it serves already")
    func leftovers() {
        var shop = StoredShop(slug: "a", domain: "a.example", status: .live)
        shop.active = turn(3, .blue)
        #expect(shop.leftover == .nothing)
        shop.next = turn(4, .green)
        #expect(shop.leftover == .undone(turn(4, .green)))
        shop.active = turn(4, .green)
        #expect(shop.leftover == .unfinished(turn(4, .green)))
        shop.active = nil
        #expect(shop.leftover == .undone(turn(4, .green)))
    }

    private let releases = [
        StoredRelease(number: 1, tag: "aa", container: "", state: "GONE"),
        StoredRelease(number: 2, tag: "bb", container: "", state: "KEPT"),
        StoredRelease(number: 3, tag: "cc", container: "", state: "FAILED"),
        StoredRelease(number: 4, tag: "2", container: "", state: "KEPT"),
        StoredRelease(number: 5, tag: "ee", container: "", state: "LIVE"),
    ]

    @Test(
        "One goes back to a version that has served and is on the server still",
        arguments: [
            (nil, 4), ("4", 4), ("2", 2), ("bb", 2), ("aa", nil), ("1", nil), ("3", nil), ("cc", nil), ("5", nil),
            ("ee", nil), ("9", nil),
        ] as [(String?, Int?)])
    func targets(name: String?, number: Int?) {
        #expect(releases.target(name, active: 5)?.number == number)
    }

    @Test("Without a name one goes back, never forth")
    func back() {
        #expect(releases.target(nil, active: 4)?.number == 2)
        #expect(releases.target(nil, active: 2) == nil)
        #expect(releases.target("5", active: 2)?.number == 5)
    }

    @Test("The newest are kept, and always the one that serves")
    func kept() {
        #expect(releases.superfluous(keeping: 3, active: 5).isEmpty)
        #expect(releases.superfluous(keeping: 2, active: 5).map(\.number) == [2])
        #expect(releases.superfluous(keeping: 1, active: 2).map(\.number) == [5, 4])
    }

    @Test("An archive says whose it is, and nothing else is one")
    func archives() {
        let key = UniqueID(high: 1, low: 2)
        #expect(ShippedFile.run(of: "ruche-ship-\(key)-12.tar") == key)
        for name in [
            "ruche-ship-\(key).tar", "ruche-ship-\(key)-x.tar", "ruche-ship-\(key)-1", "shop.tar",
            "x-ruche-ship-\(key)-1.tar", "ruche-ship-1-1.tar", "ruche-ship-.tar", ".", "..",
        ] { #expect(ShippedFile.run(of: name) == nil, "\(name)") }
    }

    @Test("A lease of a shop's own is renewed before it ends; another's is waited for")
    func watching() {
        let end = Timestamp(microseconds: 1_000_000_000_000)
        #expect(ShopLease.lookAt(end, isOwn: true, of: .seconds(3000)) == end - .seconds(1000))
        #expect(ShopLease.lookAt(end, isOwn: false, of: .seconds(3000)) == end + .seconds(1))
        let lease = UniqueID(high: 1, low: 2)
        #expect(ShopLease.subject(lease, of: "a") != lease)
        #expect(ShopLease.subject(lease, of: "a") != ShopLease.subject(lease, of: "b"))
        #expect(ShopLease.subject(lease, of: "a") == ShopLease.subject(lease, of: "a"))
    }
}
