import Contracts
import Foundation
import Postgres
import Runtime
import Sealing
import TestSupport

/// Tasks of a cluster, as many as a test needs.
extension Cluster {
    /// Makes tasks that are due in a year, with their deadlines in the schedule, as `create-task` does.
    func addTasks(_ count: Int) throws {
        let database = try database()
        defer { database.close() }
        var generator = UniqueID.Generator()
        let due = Timestamp.now + .seconds(365 * 86_400)
        for start in stride(from: 0, to: count, by: 10_000) {
            let numbers = start..<min(count, start + 10_000)
            let ids = numbers.map { _ in generator.next() }
            let payloads = ids.map {
                Bytes(keys.seal(ExpireTask(taskId: $0, version: 1).json(), context: SealContext.schedule))
            }
            try database.execute(
                """
                WITH made AS (
                    INSERT INTO task (id, tenant, owner, title, description, place, due_at, zone, utc_offset,
                        changed_at)
                    SELECT id, 'default', 'ada', 'Task ' || n, '', 'Rack 4', \(due), 'UTC', 0, now()
                    FROM unnest(\(ids)) WITH ORDINALITY AS u (id, n)
                )
                INSERT INTO schedule (subject, due_at, command, tenant, message_id, payload, cause)
                SELECT id, \(due), 'expire-task', 'default', id || ':1:0123456789abcdef', payload, 'task deadline'
                FROM unnest(\(ids), \(payloads)) AS u (id, payload)
                """)
        }
    }

    /// Lets every open task be due at one instant, in one transaction: now.
    func makeAllTasksDue() throws {
        let database = try database()
        defer { database.close() }
        try database.script(
            """
            UPDATE task SET due_at = now() WHERE state = 'open';
            UPDATE schedule SET due_at = now() WHERE command = 'expire-task';
            """)
    }

    /// How many tasks are in this state.
    func tasks(_ state: TaskRecord.State) throws -> Int {
        try number("SELECT count(*) FROM task WHERE state = \(state.rawValue)")
    }
}
