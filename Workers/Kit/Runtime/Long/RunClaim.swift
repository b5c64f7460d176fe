import Contracts
import Postgres

/// A run that a process holds: its key, and the fence that everything written for it carries.
struct HeldKey: Hashable, Sendable {
    let key: UniqueID
    let fence: Int64
}

/// On which terms a process claims runs.
struct RunTerms: Sendable {
    /// The process: drawn anew at each start.
    let holder: UniqueID
    /// Its name, for people.
    let worker: String
    /// How long a claim holds without a sign of life.
    let lease: Duration
    /// Whether this process has watched the database for at least a lease: then a lease that is over was not renewed,
    /// and not for want of a database.
    var mayTakeOver = false
    /// Whether the process has this run in hand.
    let holds: @Sendable (UniqueID) -> Bool

    var leaseMilliseconds: Int32 { Int32(clamping: lease.milliseconds) }
}

/// What the ledger answered to a claim.
struct RunClaim: Sendable {
    let held: HeldKey
    /// Where the last holder was, as JSON.
    let checkpoint: [UInt8]?
    /// Claims since the last checkpoint that nobody saw the end of, this one included.
    let starts: Int
    /// Why its end is asked for, if it is.
    let cancellation: String?

    /// Reads a row of ``Ledger/claim(key:by:)``; `nil` when there is none.
    init?(_ key: UniqueID, _ rows: Rows) throws(PostgresError) {
        guard rows.count == 1 else { return nil }
        held = HeldKey(key: key, fence: try rows.get(0, 0))
        checkpoint = try rows.get(0, 1, as: String?.self).map { Array($0.utf8) }
        starts = try rows.get(0, 2)
        cancellation = try rows.get(0, 3) ? try rows.get(0, 4, as: String?.self) ?? "" : nil
    }

    /// Whether somebody else had it before, or this process in an earlier passage.
    var isTakeover: Bool { held.fence > 1 }
}

/// A run that a committed transaction has claimed for this process.
struct Begun: Sendable {
    let arrived: Arrived
    let claim: RunClaim
    let handler: Handler
    /// Which counted attempt of the command it is.
    let attempt: Int
    /// When it was claimed, at the latest: the lease lasts from then.
    let since: Monotonic
}
