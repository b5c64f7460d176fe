package import Books
import Contracts

extension NemesisLoad {
    /// Where the effects of each command are found. A row that belongs to no job counts as an effect of a stranger.
    package static let effects: [EffectSource] = [
        .probe,
        EffectSource(LeaseIP.name, named("lease", "leaseId", by: LeaseIP.name)),
        EffectSource(CreateTask.name, named("task", "taskId", by: CreateTask.name)),
        EffectSource(ImportBatch.name, "SELECT job, count(*) FROM session WHERE name LIKE 'list %' GROUP BY job"),
        EffectSource(
            IngestLogs.name,
            """
            SELECT coalesce(j.key, gen_random_uuid()), count(*)
            FROM (SELECT unnest(lines) AS line FROM log_chunk) AS kept
            LEFT JOIN job j ON j.id = kept.line AND j.command = 'ingest-logs' GROUP BY j.key, kept.line
            """),
    ]

    /// Rows whose id stands in the completion of the command that made them.
    private static func named(_ table: String, _ member: String, by command: CommandName) -> String {
        """
        SELECT coalesce(e.key, made.id), count(*) FROM \(table) AS made LEFT JOIN (
            SELECT key, (convert_from(body, 'UTF8')::jsonb -> 'data' ->> '\(member)')::uuid AS made
            FROM event WHERE type = 'ruche.\(command).succeeded.v1'
        ) AS e ON e.made = made.id GROUP BY 1
        """
    }
}
