package import Contracts
package import Runtime

/// The statements about tasks. All times are the database's.
package enum TaskBook {
    /// The time now, not that of the transaction's begin.
    package static let clock: SQL = "SELECT clock_timestamp()"

    /// Locks and reads tasks, in ascending order.
    package static func lock(_ ids: [UniqueID]) -> SQL {
        """
        SELECT id, tenant, owner, title, description, place, due_at, zone, utc_offset, version, state, changed_at
        FROM task WHERE id = ANY (\(ids)) ORDER BY id FOR UPDATE
        """
    }

    /// Puts new tasks into the table.
    package static func add(_ tasks: [StoredTask]) -> SQL {
        """
        INSERT INTO task (id, tenant, owner, title, description, place, due_at, zone, utc_offset, changed_at)
        SELECT * FROM unnest(\(tasks.map(\.id)), \(tasks.map(\.tenant)), \(tasks.map(\.owner)), \(tasks.map(\.title)),
            \(tasks.map(\.description)), \(tasks.map(\.place)), \(tasks.map(\.dueAt)), \(tasks.map(\.zone)),
            \(tasks.map { Int32(clamping: $0.offset) }), \(tasks.map(\.changedAt)))
        """
    }

    /// Writes what edits made of tasks that are locked.
    package static func change(_ tasks: [StoredTask]) -> SQL {
        """
        UPDATE task t SET title = u.title, description = u.description, place = u.place, due_at = u.due_at,
            zone = u.zone, utc_offset = u.utc_offset, version = u.version, changed_at = u.changed_at
        FROM unnest(\(tasks.map(\.id)), \(tasks.map(\.title)), \(tasks.map(\.description)), \(tasks.map(\.place)),
            \(tasks.map(\.dueAt)), \(tasks.map(\.zone)), \(tasks.map { Int32(clamping: $0.offset) }),
            \(tasks.map { Int32(clamping: $0.version) }), \(tasks.map(\.changedAt)))
            AS u (id, title, description, place, due_at, zone, utc_offset, version, changed_at)
        WHERE t.id = u.id
        """
    }

    /// Ends tasks that are locked.
    package static func cancel(_ ids: [UniqueID], at time: Timestamp) -> SQL {
        """
        UPDATE task SET state = 'cancelled', ended_at = \(time), changed_at = \(time) WHERE id = ANY (\(ids))
        """
    }

    /// Ends tasks that are locked because their time has come.
    package static func expire(_ ids: [UniqueID], at time: Timestamp) -> SQL {
        "UPDATE task SET state = 'expired', ended_at = \(time) WHERE id = ANY (\(ids))"
    }
}
