package import Contracts
package import Runtime
import Synchronization

/// What the database knows about time zones, and a memory of the names that it has confirmed: its list of names is read
/// from hundreds of files each time it is asked.
package final class TimeZones: Sendable {
    private let known = Mutex<Set<String>>(["UTC"])

    package init() {}

    /// Which of these names the database does not know, letter for letter. No round trip when all were seen before.
    package func unknown(among names: Set<String>, in tx: borrowing Transaction) throws(Rejection) -> Set<String> {
        let doubtful = known.withLock { names.subtracting($0) }
        guard !doubtful.isEmpty else { return [] }
        let rows = try tx.query(Self.find(doubtful.sorted()))
        var found: Set<String> = []
        do {
            for row in 0..<rows.count { found.insert(try rows.get(row, 0)) }
        } catch {
            throw Rejection(error)
        }
        known.withLock { $0.formUnion(found) }
        return doubtful.subtracting(found)
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
    private static func find(_ names: [String]) -> SQL {
        """
        SELECT name FROM pg_timezone_names
        WHERE name = ANY (\(names)) AND name !~ '^(posix|right)/' AND name NOT IN ('localtime', 'posixrules', 'Factory')
        """
    }

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
