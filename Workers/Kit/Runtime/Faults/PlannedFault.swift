#if FAULTS
/// One fault of a process: `commit:before:kill`, or `commit:after:error@3` for the third time.
package struct PlannedFault: Sendable, Equatable, CustomStringConvertible {
    /// On which side of the arrow.
    package enum Moment: String, CaseIterable, Sendable { case before, after }

    /// What happens there.
    package enum Action: String, CaseIterable, Sendable {
        /// The process ends without notice.
        case kill
        /// The thread stands still for good.
        case hang
        /// What that place can meet: a connection that breaks, an error of the database, a refusal of the broker.
        case error
    }

    /// The arrow.
    package let point: FaultPoint
    /// The side of it.
    package let moment: Moment
    /// What happens.
    package let action: Action
    /// At which time the place is reached, from 1.
    package let nth: Int

    package init(_ point: FaultPoint, _ moment: Moment, _ action: Action, nth: Int = 1) {
        self.point = point
        self.moment = moment
        self.action = action
        self.nth = nth
    }

    /// Reads what ``description`` writes; `nil` for anything else.
    package init?(_ text: String) {
        let halves = text.split(separator: "@", omittingEmptySubsequences: false)
        let words = halves[0].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard halves.count <= 2, words.count == 3, let point = FaultPoint(rawValue: words[0]),
            let moment = Moment(rawValue: words[1]), let action = Action(rawValue: words[2]),
            let nth = halves.count == 2 ? Int(halves[1]) : 1, nth > 0
        else { return nil }
        self.init(point, moment, action, nth: nth)
    }

    /// As ``init(_:)`` reads it.
    package var description: String {
        "\(point.rawValue):\(moment.rawValue):\(action.rawValue)" + (nth == 1 ? "" : "@\(nth)")
    }
}
#endif
