/// How the ledger knows a command when a delivery of it arrives.
package struct Standing: Hashable, Sendable {
    /// How far it has come.
    package var state: JobState
    /// Which passage through the schedule may run.
    package var turn: Int
    /// Whether the payload that arrived is the one that was admitted first.
    package var sameBody: Bool

    package init(state: JobState, turn: Int, sameBody: Bool) {
        self.state = state
        self.turn = turn
        self.sameBody = sameBody
    }
}

/// What the delivery itself says.
package struct Arrival: Hashable, Sendable {
    /// How often this command passed through the schedule: 0 from its producer, more from a retry, a released parking
    /// or a replay.
    package var turn: Int
    /// Whether the broker has handed it out before (`x-delivery-count` ≥ 1).
    package var isRedelivery: Bool

    package init(turn: Int, isRedelivery: Bool) {
        self.turn = turn
        self.isRedelivery = isRedelivery
    }
}

/// What to do with a delivery: the state machine of `docs/admission.md`.
///
/// `decide` is the specification. The ledger's one `INSERT … ON CONFLICT DO UPDATE … WHERE` admits exactly the
/// combinations that end in ``run`` here; an integration test holds the two against each other, case by case.
package enum Admission: String, CaseIterable, Sendable {
    /// Run it with others in one transaction.
    case run
    /// Run it alone, its start committed first: an earlier delivery may have killed its process.
    case runAlone
    /// It has an outcome: announce the stored one again, no second effect.
    case announce
    /// A later passage of the same command lies in the schedule or is on its way: nothing to do.
    case ignore
    /// It is a run, and this may be its wake-up: claim it if it waits for somebody, or else there is nothing to do.
    case wake
    /// It comes from the schedule or from a replay, and the ledger has forgotten it: `refused: past-horizon`.
    case pastHorizon
    /// The id belongs to another body: `failed: id-reused`, under a key of its own.
    case idReused

    /// Decides from what is known (`nil`: no row) and what arrived. Pure.
    package static func decide(_ standing: Standing?, _ arrival: Arrival) -> Admission {
        guard let standing else {
            return arrival.turn > 0 ? .pastHorizon : arrival.isRedelivery ? .runAlone : .run
        }
        guard standing.sameBody else { return .idReused }
        if standing.state.outcome != nil { return .announce }
        if arrival.turn < standing.turn { return .ignore }
        if standing.state == .running { return .wake }
        return arrival.isRedelivery ? .runAlone : .run
    }
}
