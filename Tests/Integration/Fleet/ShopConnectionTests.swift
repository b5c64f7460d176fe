import Contracts
import Foundation
import Postgres
import TestSupport
import Testing

extension FleetShopTests {
    /// The first version of a shop, and the second, which has another to serve meanwhile; once with a server that
    /// cannot be reached then, so that nothing can be undone before it is back.
    @Test func aConnectionThatBreaksInTheMiddleOfShippingLeavesOneShop() throws {
        try withShops { scene in
            let gate = try ShippingGate(scene.fleet)
            var serving: ShopDeployed?
            for (id, colour, lettingIn) in [
                ("first", "#111111", true), ("second", "#222222", true), ("third", "#333333", false),
            ] {
                try gate.close()
                try scene.send(scene.shop("a", colour), id: id)
                try gate.awaitShipment()
                try gate.cutConnections(lettingIn: lettingIn)
                let state = lettingIn ? "changed" : "unreachable"
                try eventually("it is noticed") { try scene.hasLine(id, step: "undo", state: state) }
                if let serving { #expect(try scene.page("a.example", "/up") == serving.tag + "\n", "\(id)") }
                if lettingIn {
                    #expect(try scene.containers().count == (serving == nil ? 0 : 1), "\(id)")
                    try eventually("an address that was leased for nothing is given back") {
                        try scene.count("SELECT count(*) FROM lease WHERE ended_at IS NULL") == (serving == nil ? 0 : 1)
                    }
                } else {
                    try gate.letIn()
                }
                // What was cut off reads what had arrived of the image, and the next attempt sends it again.
                try gate.open()
                let event = try scene.log.outcome(of: id, within: 300)
                try #require(event.kind == .succeeded, "\(String(decoding: event.data, as: UTF8.self))")
                let served = try event.decode(ShopDeployed.self)
                #expect(event.attempt > 1, "\(id)")
                #expect(try scene.page("a.example", "/up") == served.tag + "\n", "\(id)")
                try scene.expectNothing(but: 1, leases: 1, id)
                serving = served
            }
            #expect(try scene.images().count == 3)
        }
    }
}
