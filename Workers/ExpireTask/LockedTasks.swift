package import Contracts
import Runtime

/// The tasks of a batch, locked, and the time at which all of them were.
package struct LockedTasks: Sendable {
    /// By id.
    package var tasks: [UniqueID: StoredTask]
    /// The database's time when the last lock was taken: whoever held one before had committed by then.
    package let now: Timestamp

    package init(_ tasks: [UniqueID: StoredTask], at now: Timestamp) {
        self.tasks = tasks
        self.now = now
    }

    /// Locks the tasks of a batch, in ascending order of their ids. One round trip.
    ///
    /// Whoever edits, cancels or expires takes these locks first and in this order, and deadlines only under them: so
    /// no two transactions wait for each other, and whoever comes second sees what the first did. The clock is read by
    /// a statement of its own: one that waits for a lock has read it before.
    static func lock(_ ids: [UniqueID], in tx: borrowing Transaction) throws(Rejection) -> LockedTasks {
        let lock = try tx.start(TaskBook.lock(Set(ids).sorted()))
        let clock = try tx.start(TaskBook.clock)
        let rows = try tx.receive(lock)
        let time = try tx.receive(clock)
        var tasks: [UniqueID: StoredTask] = [:]
        tasks.reserveCapacity(rows.count)
        do {
            for row in 0..<rows.count {
                let task = StoredTask(
                    id: try rows.get(row, 0), tenant: try rows.get(row, 1), owner: try rows.get(row, 2),
                    title: try rows.get(row, 3), description: try rows.get(row, 4), place: try rows.get(row, 5),
                    dueAt: try rows.get(row, 6), zone: try rows.get(row, 7), offset: try rows.get(row, 8),
                    version: try rows.get(row, 9),
                    state: TaskRecord.State(rawValue: try rows.get(row, 10)) ?? .cancelled,
                    changedAt: try rows.get(row, 11))
                tasks[task.id] = task
            }
            return LockedTasks(tasks, at: try time.get(0, 0))
        } catch {
            throw Rejection(error)
        }
    }
}
