import Contracts
import Runtime

/// Whether everything that has a deadline still has the message that keeps it.
extension DatabaseDiagnosis {
    /// Tasks past their time that are not in the schedule any more: their message is in a queue, or was taken back.
    ///
    /// Reads the tasks once, as many as the relay keeps after their end: no index knows which of them are open, so that
    /// a million can end at once.
    func tasks() throws(PostgresError) -> Finding {
        let rows = try connection.query(
            """
            SELECT count(*) OVER (), id, version::bigint, tenant FROM task t
            WHERE state = 'open' AND due_at < now() - interval '1 minute'
                AND NOT EXISTS (SELECT FROM schedule s WHERE s.subject = t.id)
            ORDER BY due_at LIMIT 1
            """)
        return try finding("task deadlines", "open tasks", ExpireTask.name, ["taskId", "version"], rows)
    }

    /// The same for leases. Found by the index of those that are held.
    func leases() throws(PostgresError) -> Finding {
        let rows = try connection.query(
            """
            SELECT count(*) OVER (), id, fence, tenant FROM lease l
            WHERE ended_at IS NULL AND expires_at < now() - interval '1 minute'
                AND NOT EXISTS (SELECT FROM schedule s WHERE s.subject = l.id)
            ORDER BY expires_at LIMIT 1
            """)
        return try finding("lease expiries", "held leases", ExpireLease.name, ["leaseId", "fence"], rows)
    }

    /// - Parameter rows: how many, and the first of them: its id, the number that its expiry must name, its tenant.
    private func finding(
        _ what: String, _ kind: String, _ command: CommandName, _ fields: [String], _ rows: Rows
    ) throws(PostgresError) -> Finding {
        guard !rows.isEmpty else { return .ok(what, "none forgotten") }
        let (count, id, number) = (
            try rows.get(0, 0, as: Int.self), try rows.get(0, 1, as: UniqueID.self),
            try rows.get(0, 2, as: Int.self)
        )
        // Whose it is may not be fit for a shell.
        let isDefault = try rows.get(0, 3, as: String.self) == Topology.defaultTenant
        let line = "ruche enqueue \(command) --set \(fields[0])=\(id) --set \(fields[1])=\(number)"
        return .warn(
            what, "\(count) \(kind) past their time by more than a minute, and not in the schedule",
            fix: "start a worker of \(command); when its queue is empty and they are still there, end each, the oldest "
                + "with: \(line)\(isDefault ? "" : " --tenant TENANT")")
    }
}
