import Ansible
import Runtime

/// What a shop may have left on a server that was out of reach when it was retired: a recipe removes it.
struct ForgottenShop: Sendable, Hashable {
    let slug: String
    let domain: String
    /// The proxy's place, from 1 on.
    let place: Int

    /// What recipes call the list of them.
    static let variable = "base_forgotten"

    /// As recipes are told of it.
    var value: InventoryValue {
        .map(["shop": .text(slug), "domain": .text(domain), "place": .number(place)])
    }

    /// Reads the rows of ``ServerBook/takeForgotten(_:run:tenant:)``: those of each server.
    static func read(_ rows: Rows) throws(PostgresError) -> [Int: [ForgottenShop]] {
        var shops: [Int: [ForgottenShop]] = [:]
        for row in 0..<rows.count {
            let shop = ForgottenShop(
                slug: try rows.get(row, 1), domain: try rows.get(row, 2), place: try rows.get(row, 3))
            let server: Int = try rows.get(row, 0)
            shops[server, default: []].append(shop)
        }
        return shops
    }
}
