import Contracts
import Postgres
import Runtime
import TestSupport

@testable import DeployShopWorker

/// A shop as its worker leaves it, by the worker's own statements.
struct CLIShop {
    let slug: String
    var tenant = Topology.defaultTenant
    let database: Postgres.Connection

    var command: DeployShop {
        DeployShop(
            shop: slug, title: "Shop \(slug)", contactEmail: "info@\(slug).example", primaryColor: "#0f766e",
            secondaryColor: "#f59e0b", domain: "\(slug).\(tenant).example")
    }

    /// Gives it a place at an address that is leased; without one, at any.
    func settle(at ip: String? = nil, place: Int = 1) throws {
        let rows = try database.query(
            """
            SELECT id, server, host(ip), fence FROM lease
            WHERE ended_at IS NULL AND (\(ip) IS NULL OR ip = \(ip)::inet) ORDER BY id LIMIT 1
            """)
        let home = StoredShop.Home(
            server: try rows.get(0, 1), address: try rows.get(0, 2), place: place, lease: try rows.get(0, 0),
            fence: try rows.get(0, 3), isOwn: false)
        try database.execute(
            ShopBook.settle(tenant, command, at: home, watch: ShopLease.subject(home.lease, of: slug)))
    }

    /// Begins another release, in a run's hands. Returns its number.
    @discardableResult
    func begin(_ colour: String? = nil, title: String? = nil, by run: UniqueID) throws -> Int {
        var command = command
        if let colour { command.primaryColor = colour }
        if let title { command.title = title }
        let number: Int = try database.query(ShopBook.begin(tenant, command, by: run, container: "")).get(0, 0)
        try database.execute(ShopBook.note(run, at: tenant, slug))
        try database.execute(ShopBook.turn(tenant, slug, to: turn(number), by: run))
        return number
    }

    /// Has another release serve. Returns its number.
    @discardableResult
    func serve(_ colour: String? = nil, title: String? = nil, by run: UniqueID) throws -> Int {
        let number = try begin(colour, title: title, by: run)
        let release = StoredRelease(number: number, tag: "tag\(number)", container: "")
        try database.execute(ShopBook.built(release, image: "image\(number)", of: tenant, slug))
        try database.execute(ShopBook.shipped(number, of: tenant, slug, bytes: 20_480))
        try database.execute(ShopBook.serve(turn(number), of: tenant, slug))
        try database.execute(ShopBook.clearTurn(tenant, slug))
        return number
    }

    /// It is nowhere: nothing of it has ever served.
    func fail() throws { try database.execute(ShopBook.leave(tenant, slug, .failed)) }

    /// It is nowhere any more.
    func retire() throws { try database.execute(ShopBook.leave(tenant, slug, .retired)) }

    private func turn(_ number: Int) -> StoredShop.Turn {
        StoredShop.Turn(release: number, slot: number.isMultiple(of: 2) ? .green : .blue)
    }
}
