import Contracts
import Foundation
import Glibc
import TestSupport
import Testing

/// The shortest whole path, in every `scripts/test`: a bare server of a list is initialised, serves a shop, and is
/// left.
@Suite(.serialized, .servers, .engine) struct FleetFirstShopTests {
    @Test func aBareServerServesAShopAndIsLeft() throws {
        try withPath { path in
            let title = "\"; rm -rf / # {{ lookup('pipe','id') }} <b>"
            let served = try path.shops.serve(path.shops.shop("first", title: title), id: "first")
            #expect(served.version == 1 && served.address == path.fleet.address())
            #expect(try path.shops.page("first.example", "/up") == served.tag + "\n")
            let shown = "&quot;; rm -rf / # {{ lookup(&#39;pipe&#39;,&#39;id&#39;) }} &lt;b&gt;"
            #expect(try path.shops.page("first.example").contains("<title>\(shown)</title>"))
            try path.shops.expectNothing(but: 1, leases: 1)

            let gone = try path.ask(RetireShop(shop: "first"), id: "gone")
            #expect(gone.isRetired && gone.leaseReleased)
            try path.shops.expectNothing(but: 0, leases: 0)
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// Makes one server, in an engine that `scripts/test` starts and ends.
    fileprivate static var engine: Self {
        let own = ProcessInfo.processInfo.environment
        return .enabled(
            if: own["RUCHE_TEST_ENGINE"] != nil && (own["CI"] != nil || geteuid() == 0),
            "starts an engine for containers: scripts/test as root")
    }
}
