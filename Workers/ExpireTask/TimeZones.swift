package import Contracts
package import Runtime
import Synchronization

/// What the database knows about time zones. Its list of names is read from hundreds of files, which takes tens of
/// milliseconds; so it is remembered.
package final class TimeZones: Sendable {
    private struct Memory {
        var names: Set<String> = ["UTC"]
        var readAt: Timestamp?
    }

    private let memory = Mutex(Memory())

    /// How long a name that is not in the list is refused without looking again.
    private static let patience = Duration.seconds(60)

    package init() {}

    /// Which of these names the database does not know, letter for letter. A round trip the first time another zone
    /// than UTC is named; a zone that the server learns later is known a minute after.
    package func unknown(among names: Set<String>, in tx: borrowing Transaction) throws(Rejection) -> Set<String> {
        let (known, readAt) = memory.withLock { ($0.names, $0.readAt) }
        let doubtful = names.subtracting(known)
        if doubtful.isEmpty { return [] }
        if let readAt, readAt <= tx.now, tx.now < readAt + Self.patience { return doubtful }
        let rows = try tx.query(Self.list)
        var list: Set<String> = []
        do {
            for row in 0..<rows.count { list.insert(try rows.get(row, 0)) }
        } catch {
            throw Rejection(error)
        }
        let now = tx.now
        memory.withLock { $0 = Memory(names: list, readAt: now) }
        return doubtful.subtracting(list)
    }

    /// How many seconds the clocks of each zone, which must be known, are ahead of UTC at each instant. One round trip.
    package static func offsets(
        _ zones: [String], at instants: [Timestamp], in tx: borrowing Transaction
    ) throws(Rejection) -> [Int] {
        guard zones.contains(where: { $0 != "UTC" }) else { return zones.map { _ in 0 } }
        let rows = try tx.query(offsets(zones, at: instants))
        var offsets: [Int] = []
        do {
            for row in 0..<rows.count { offsets.append(try rows.get(row, 0)) }
        } catch {
            throw Rejection(error)
        }
        return offsets
    }

    /// Zones only: the database also takes abbreviations and rules such as `CET-1`, which are none.
    private static let list: SQL = """
        SELECT name FROM pg_timezone_names
        WHERE name !~ '^(posix|right)/' AND name NOT IN ('localtime', 'posixrules', 'Factory')
        """

    private static func offsets(_ zones: [String], at instants: [Timestamp]) -> SQL {
        """
        SELECT EXTRACT(epoch FROM (u.at AT TIME ZONE u.zone) - (u.at AT TIME ZONE 'UTC'))::integer
        FROM unnest(\(zones), \(instants)) WITH ORDINALITY AS u (zone, at, n) ORDER BY u.n
        """
    }
}

extension Rejection {
    /// The zone of a command is none.
    package static let zoneUnknown = Rejection(
        .refuse,
        Reason(
            reason: "zone-unknown", message: "There is no such time zone; a name such as Europe/Paris is meant.",
            pointer: "/zone"))

    /// The time that a command sets has passed.
    package static let duePassed = Rejection(
        .refuse, Reason(reason: "due-passed", message: "The time has passed already.", pointer: "/dueAt"))
}
