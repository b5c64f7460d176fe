package import Contracts
import Postgres

/// A line of the log of a run: what happened at which step, and where. It has no secrets: its writer redacts.
package struct RunLine: Sendable, Equatable {
    /// How a step stands.
    package enum State: String, Sendable, CaseIterable {
        /// It begins.
        case started
        /// All was as it should be.
        case ok
        /// It changed something.
        case changed
        /// It was not for this place.
        case skipped
        /// It failed.
        case failed
        /// The place did not answer.
        case unreachable
        /// Something else there is to say.
        case note
    }

    /// When it happened, by the worker's clock.
    package let at: Timestamp
    /// A server's address, a domain; empty for the whole run.
    package let place: String
    /// What is done.
    package let step: String
    /// How it stands.
    package let state: State
    /// What was said, up to ``textLimit`` bytes.
    package let text: String

    /// How many bytes of a text are kept, less a few for the mark that there was more.
    package static let textLimit = 4096
    private static let stepLimit = 512

    /// A line; texts that are too long lose their end.
    package init(_ state: State, step: String, at place: String = "", text: String = "", time: Timestamp = .now) {
        (at, self.place, self.state) = (time, place, state)
        self.step = Self.storable(step, Self.stepLimit)
        self.text = Self.storable(text, Self.textLimit)
    }

    /// As PostgreSQL can keep it: without U+0000, and no longer than so many bytes.
    private static func storable(_ text: String, _ limit: Int) -> String {
        let clean = text.utf8.contains(0) ? text.replacing("\0", with: "\u{FFFD}") : text
        guard clean.utf8.count > limit else { return clean }
        var end = clean.utf8.index(clean.startIndex, offsetBy: limit - 3)
        while end.samePosition(in: clean.unicodeScalars) == nil { end = clean.utf8.index(before: end) }
        return String(clean[..<end]) + "…"
    }
}

extension Run {
    /// Keeps lines of the run's log, numbered on from the last one, whoever wrote that, without a gap. One transaction
    /// for all of them; people follow the log, so write a few times a second, and what is left before the run ends. No
    /// point of ending.
    ///
    /// - Throws: when the run was lost, and nothing was written.
    package func record(_ lines: [RunLine]) async throws(Rejection) {
        guard !lines.isEmpty else { return }
        let (key, fence) = (key, Int64(fence))
        try await transaction { (tx: borrowing Transaction) throws(Rejection) in
            try tx.send(Ledger.record(lines, of: key, fence: fence))
        }
    }
}

extension Ledger {
    /// Appends lines to the log of a run. Under the run's lock, so that numbers have no gap.
    static func record(_ lines: [RunLine], of key: UniqueID, fence: Int64) -> SQL {
        """
        INSERT INTO run_event (key, number, fence, at, place, step, state, text)
        SELECT \(key), last.number + u.place_in_order::integer, \(fence), u.at, u.place, u.step, u.state, u.text
        FROM (SELECT coalesce(max(number), 0) AS number FROM run_event WHERE key = \(key)) AS last,
            unnest(\(lines.map(\.at)), \(lines.map(\.place)), \(lines.map(\.step)),
                \(lines.map(\.state.rawValue)), \(lines.map(\.text)))
                WITH ORDINALITY AS u (at, place, step, state, text, place_in_order)
        """
    }
}
