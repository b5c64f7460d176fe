import AMQP

/// Which outbox rows wait for confirms, and which of them may be forgotten. Shared by the loops of a process.
///
/// A row is handed out once, by ``takeConfirmed()``, when the last of its events is confirmed, and again only when it
/// was handed back. One of whose events the broker refused, or said nothing, is never handed out.
final class OpenRows: Sendable {
    private struct State {
        /// Events of each row that are not confirmed yet.
        var unconfirmed: [UInt64: Int] = [:]
        /// Rows whose events are all confirmed.
        var confirmed: [Int64] = []

        mutating func note(_ report: PublishReport) {
            guard let left = unconfirmed[report.token] else { return }
            switch report.outcome {
            case .confirmed where left == 1:
                unconfirmed[report.token] = nil
                confirmed.append(Int64(bitPattern: report.token))
            case .confirmed:
                unconfirmed[report.token] = left - 1
            case .nacked, .returned, .unknown:
                unconfirmed[report.token] = nil
            }
        }
    }

    // The thread sanitizer sees what it orders, and does not see it of a `Mutex`.
    private let state = Monitor(State())

    /// The token of what is no row's event.
    static let untracked: UInt64 = 0

    /// The token of a row's events; ``untracked`` for none.
    static func token(of row: Int64?) -> UInt64 { row.map { UInt64(bitPattern: $0) } ?? untracked }

    /// Rows that are published and not confirmed.
    var count: Int { state.withLock { $0.unconfirmed.count } }

    /// So many events of a row are about to be published. Said before they are: the confirms may be there at once.
    func open(_ token: UInt64, events: Int) {
        guard token != Self.untracked else { return }
        state.withLock { $0.unconfirmed[token] = events }
    }

    /// What the broker said of events.
    func note(_ reports: [PublishReport]) {
        guard !reports.isEmpty else { return }
        state.withLock { state in
            for report in reports where report.token != Self.untracked { state.note(report) }
        }
    }

    /// The rows that may be forgotten; whoever gets them hands them back with ``restore(_:)`` when forgetting did not
    /// commit.
    func takeConfirmed() -> [Int64] {
        state.withLock { state in
            defer { state.confirmed = [] }
            return state.confirmed
        }
    }

    /// Hands rows back.
    func restore(_ rows: [Int64]) {
        guard !rows.isEmpty else { return }
        state.withLock { $0.confirmed.append(contentsOf: rows) }
    }

    #if FAULTS
    /// Takes a row for confirmed whose events are on their way.
    func forge(_ row: Int64) {
        state.withLock { state in
            state.unconfirmed[UInt64(bitPattern: row)] = nil
            state.confirmed.append(row)
        }
    }
    #endif
}
