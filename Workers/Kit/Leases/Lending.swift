package import Contracts
package import Runtime

/// Hands out addresses within a transaction; `lease-ip` and whatever else needs one on the way.
///
/// **Guarantee.** As for ``AddressPool``: what is lent is nobody else's, and nothing that meets a wish is free when it
/// is refused.
package enum Lending {
    /// What came of demands.
    package struct Served: Sendable {
        /// The addresses that were lent, by their leases.
        package fileprivate(set) var lent: [UniqueID: LentAddress]
        /// The leases for which another would have to be waited for.
        fileprivate var crowded: Set<UniqueID> = []

        /// Why a lease got no address: `no-free-ip`, or that it is to be tried again in a moment.
        package func refusal(of id: UniqueID) -> Rejection { crowded.contains(id) ? .othersChoose : .noFreeIP }
    }

    /// Serves demands in one round trip, and looks a second time only for those that got nothing. The ends of leases
    /// are the caller's to schedule, in the same transaction.
    package static func serve(_ demands: [Demand], in tx: borrowing Transaction) throws(Rejection) -> Served {
        var served = Served(lent: try lend(demands, in: tx))
        let short = demands.compactMap { $0.remaining(without: served.lent) }
        if !short.isEmpty { served.crowded = try lookAgain(short, adding: &served.lent, in: tx) }
        return served
    }

    /// Gives each demand what is free and not locked. A statement sees what those before it took.
    private static func lend(
        _ demands: [Demand], in tx: borrowing Transaction
    ) throws(Rejection) -> [UniqueID: LentAddress] {
        var tickets: [Ticket] = []
        for demand in demands { tickets.append(try tx.start(AddressPool.lend(demand))) }
        var lent: [UniqueID: LentAddress] = [:]
        for ticket in tickets { try LentAddress.read(try tx.receive(ticket), into: &lent) }
        return lent
    }

    /// Waits for the rows that other transactions hold locked, and takes those that are free after all.
    ///
    /// A transaction that holds addresses may wait for others only if those do not wait for it: one at a time waits,
    /// the one that got the lock of ``AddressPool/mayWait(for:)``. The leases for which another would have to wait are
    /// returned: their commands are put aside for a moment.
    private static func lookAgain(
        _ short: [Demand], adding lent: inout [UniqueID: LentAddress], in tx: borrowing Transaction
    ) throws(Rejection) -> Set<UniqueID> {
        var looks: [Ticket] = []
        for demand in short { looks.append(try tx.start(AddressPool.mayWait(for: demand))) }
        var patient: [Demand] = []
        var crowded: Set<UniqueID> = []
        for (demand, look) in zip(short, looks) {
            switch try tx.receive(look).answer() {
            case true?: patient.append(demand)
            case false?: crowded.formUnion(demand.ids)
            case nil: continue
            }
        }
        for demand in patient {
            try tx.send(AddressPool.waitForQuarantined(demand))
            try tx.send(AddressPool.waitForFree(demand))
        }
        lent.merge(try lend(patient, in: tx)) { first, _ in first }
        return crowded
    }
}

extension Rejection {
    fileprivate static let noFreeIP = refused("no-free-ip", "No free address meets the constraints.")
    fileprivate static let othersChoose = Rejection(
        .postpone, Reason(reason: "addresses-busy", message: "Others are about to take or leave the last addresses."))
}

extension Rows {
    /// The only cell, if there is a row.
    fileprivate func answer() throws(Rejection) -> Bool? {
        do { return isEmpty ? nil : try get(0, 0, as: Bool.self) } catch { throw Rejection(error) }
    }
}
