import AMQP
import Contracts
import Depth
import Runtime

/// A server that is away while a verb goes on and on: what is said about it, and since when it holds.
struct Outage {
    private(set) var reason: String?
    private(set) var since: Timestamp?

    /// Takes note of an error. Returns what is away when that is new.
    ///
    /// - Throws: the error itself, when waiting does not mend it.
    mutating func begin(_ error: any Error) throws -> String? {
        guard let reason = Self.reason(error) else { throw error }
        self.reason = reason
        guard since == nil else { return nil }
        since = .now
        return reason
    }

    /// It is over. Returns when it began, if there was one.
    mutating func end() -> Timestamp? {
        defer { self = Outage() }
        return since
    }

    /// The same for whoever reads stderr: once when it begins, once when it is over.
    mutating func tell(_ error: any Error) throws {
        if let reason = try begin(error) { note("ruche: \(reason); trying again") }
    }

    /// The other half of ``tell(_:)``.
    mutating func tellEnd() {
        if let since = end() { note("ruche: going on; nothing was heard since \(since.rfc3339)") }
    }

    /// What is away; `nil` for an error that waiting does not mend. Who could log in before and is refused now may be
    /// let in again: a server that starts refuses many things for a while.
    private static func reason(_ error: any Error) -> String? {
        switch error {
        case let failure as Failure where [.unavailable, .denied].contains(failure.code): failure.lines.first
        case let error as DepthError where error.isTransient: error.message
        case let error as AMQPError where error.isTransient: "broker: \(error.summary)"
        case let error as PostgresError where error.isTransient: "database: \(error.summary)"
        default: nil
        }
    }
}
