package import Contracts
import Runtime

/// A shop as its row says it is.
package struct StoredShop: Sendable, Equatable {
    /// How a shop stands.
    package enum Status: String, Sendable, CaseIterable {
        /// A version is on its way to serve for the first time.
        case deploying = "DEPLOYING"
        /// It serves.
        case live = "LIVE"
        /// It is being taken off the net.
        case retiring = "RETIRING"
        /// It was taken off the net.
        case retired = "RETIRED"
        /// No version has ever served.
        case failed = "FAILED"
    }

    /// Where a shop is.
    package struct Home: Sendable, Equatable {
        package var server: Int
        package var address: String
        /// The proxy's place there, from 1 on.
        package var place: Int
        package var lease: UniqueID
        package var fence: Int
        /// Whether the lease was taken for the shop.
        package var isOwn: Bool

        package init(server: Int, address: String, place: Int, lease: UniqueID, fence: Int, isOwn: Bool) {
            (self.server, self.address, self.place) = (server, address, place)
            (self.lease, self.fence, self.isOwn) = (lease, fence, isOwn)
        }
    }

    /// A version in a slot.
    package struct Turn: Sendable, Equatable {
        package var release: Int
        package var slot: ShopDeployed.Slot

        package init(release: Int, slot: ShopDeployed.Slot) { (self.release, self.slot) = (release, slot) }
    }

    package var slug: String
    package var domain: String
    package var status: Status
    /// Where it is; `nil` when it is nowhere.
    package var home: Home?
    /// What serves.
    package var active: Turn?
    /// What is to serve next, and the run that has begun to bring it there.
    package var next: Turn?
    package var run: UniqueID?

    package init(slug: String, domain: String, status: Status) {
        (self.slug, self.domain, self.status) = (slug, domain, status)
    }

    /// Reads a row of ``ShopBook/lock(_:_:)``.
    init(_ rows: Rows, _ row: Int) throws(PostgresError) {
        slug = try rows.get(row, 0)
        domain = try rows.get(row, 1)
        status = Status(rawValue: try rows.get(row, 2)) ?? .failed
        if let server = try rows.get(row, 3, as: Int?.self) {
            home = Home(
                server: server, address: try rows.get(row, 4), place: try rows.get(row, 5),
                lease: try rows.get(row, 6), fence: try rows.get(row, 7), isOwn: try rows.get(row, 8))
        }
        active = try Self.turn(rows, row, 9)
        next = try Self.turn(rows, row, 11)
        run = try rows.get(row, 13)
    }

    private static func turn(_ rows: Rows, _ row: Int, _ column: Int) throws(PostgresError) -> Turn? {
        guard let release = try rows.get(row, column, as: Int?.self),
            let slot = ShopDeployed.Slot(rawValue: try rows.get(row, column + 1))
        else { return nil }
        return Turn(release: release, slot: slot)
    }
}

extension StoredShop {
    /// What an earlier holder, or an earlier run, has left on the server.
    package enum Leftover: Sendable, Equatable {
        /// Nothing.
        case nothing
        /// A version that does not count as serving: it goes, and the one before serves, if there was any.
        case undone(Turn)
        /// A version that serves; the one before it may not have gone yet.
        case unfinished(Turn)
    }

    /// Whether nothing of it is on the server, for no version has come to serve and none is on its way.
    package var isEmpty: Bool { active == nil && next == nil && status == .deploying }

    /// What is to be seen to before anything else is done.
    package var leftover: Leftover {
        guard let next else { return .nothing }
        return next == active ? .unfinished(next) : .undone(next)
    }
}
