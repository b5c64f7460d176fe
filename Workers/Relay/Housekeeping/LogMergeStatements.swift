import Contracts
import Runtime

/// The statements of the merging.
///
/// An hour lies within one day of UTC, and so within one partition.
enum LogMergeStatements {
    /// A chunk is small when two of them fit into one. Its metadata is stored compressed, and weighs what it takes when
    /// it is read, a hundred times as much maybe; what is too large as it is stored is not read for that.
    private static let lines = Int32(LogLimits.chunkLines / 2)
    private static let bytes = Int32(LogLimits.chunkBytes / 2)

    /// The first hour that is not merged and whose lines have settled, and whether events wait for their publishing
    /// though their time is past: then somebody is behind, and merging can wait.
    static let next: SQL = """
        SELECT arrived, coalesce((SELECT due_at FROM outbox ORDER BY id LIMIT 1) < now() - interval '10 seconds', false)
        FROM log_merge WHERE arrived <= now() - \(LogLimits.settling.seconds + 3600) * interval '1 second'
        """

    /// Gives way to whoever changes partitions, and does not wait for the disk: what a crash takes back is as it was.
    /// The partition is chosen when the plan is made, and rows by their place.
    static let manners: SQL = """
        SELECT set_config(name, value, true) FROM (VALUES ('lock_timeout', '500ms'), ('synchronous_commit', 'off'),
            ('plan_cache_mode', 'force_custom_plan'), ('enable_hashjoin', 'off'), ('enable_mergejoin', 'off'),
            ('jit', 'off')) AS settings (name, value)
        """

    /// No row when another relay has finished the hour.
    static func lock(_ hour: Timestamp) -> SQL {
        "SELECT 1 FROM log_merge WHERE arrived = \(hour) FOR UPDATE"
    }

    static func finish(_ hour: Timestamp) -> SQL {
        "UPDATE log_merge SET arrived = arrived + interval '1 hour' WHERE arrived = \(hour)"
    }

    /// The streams that have at least two small chunks in the hour, with their chunks and bytes.
    static func candidates(_ hour: Timestamp) -> SQL {
        """
        SELECT stream, count(*), sum(bytes)::bigint FROM log_chunk
        WHERE day = (\(hour) AT TIME ZONE 'UTC')::date
        AND arrived_at >= \(hour) AND arrived_at < \(hour) + interval '1 hour'
        AND entries < \(lines) AND bytes + CASE WHEN metadata IS NULL THEN 0 WHEN pg_column_size(metadata) < \(bytes)
            THEN octet_length(metadata::text) ELSE \(bytes) END < \(bytes)
        GROUP BY stream HAVING count(*) > 1 ORDER BY stream DESC
        """
    }

    /// Merges small chunks of the hour, in the order of their ids: as many as a piece may have. Returns how many were
    /// taken, how many were made, NULL if lines and bytes do not add up to what was taken, and whether there is more.
    ///
    /// Small chunks between two that are not small are a run. A run is cut where the sum of its lines, or of its bytes,
    /// passes a multiple of half of what a chunk may have; with a small chunk more, that keeps within the limit. What
    /// is made has the last id and the last arrival of its parts: its lines stay behind those of earlier chunks and
    /// before those of later ones, and who follows what arrives finds it where its last part was.
    static func merge(_ streams: [Int64], _ hour: Timestamp) -> SQL {
        """
        WITH found AS (
            SELECT ctid AS place, stream, id, entries, bytes + CASE WHEN metadata IS NULL THEN 0
                WHEN pg_column_size(metadata) < \(bytes) THEN octet_length(metadata::text) ELSE \(bytes) END AS weight
            FROM log_chunk WHERE day = (\(hour) AT TIME ZONE 'UTC')::date AND stream = ANY(\(streams))
            AND arrived_at >= \(hour) AND arrived_at < \(hour) + interval '1 hour'
        ), judged AS (
            SELECT *, entries < \(lines) AND weight < \(bytes) AS small FROM found
        ), numbered AS (
            SELECT *, count(*) FILTER (WHERE NOT small) OVER (PARTITION BY stream ORDER BY id) AS run FROM judged
        ), cut AS (
            SELECT place, stream, id, weight, run,
                (sum(entries) OVER w - entries) / \(lines) AS line, (sum(weight) OVER w - weight) / \(bytes) AS byte
            FROM numbered WHERE small WINDOW w AS (PARTITION BY stream, run ORDER BY id)
        ), counted AS (
            SELECT *, count(*) OVER (PARTITION BY stream, run, line, byte) AS members FROM cut
        ), summed AS (
            SELECT *, count(*) OVER w AS chunks, sum(weight) OVER w AS bytes FROM counted WHERE members > 1
            WINDOW w AS (ORDER BY stream, run, line, byte)
        ), picked AS MATERIALIZED (
            SELECT *, chunks <= \(Int64(LogMerge.chunks)) AND bytes <= \(Int64(LogMerge.bytes)) AS chosen FROM summed
        ), gone AS (
            DELETE FROM log_chunk c USING picked p
            WHERE p.chosen AND c.day = (\(hour) AT TIME ZONE 'UTC')::date AND c.ctid = p.place AND c.id = p.id
            RETURNING p.run, p.line, p.byte, c.*
        ), made AS (
            INSERT INTO log_chunk
                (day, id, stream, first_at, last_at, arrived_at, entries, bytes, at, level, lines, metadata)
            SELECT g.day, max(g.id), g.stream, min(e.at), max(e.at), max(g.arrived_at), count(*),
                sum(g.bytes) FILTER (WHERE e.place = 1), array_agg(e.at ORDER BY e.at, g.id, e.place),
                array_agg(e.level ORDER BY e.at, g.id, e.place), array_agg(e.line ORDER BY e.at, g.id, e.place),
                CASE WHEN count(e.metadata) > 0 THEN array_agg(e.metadata ORDER BY e.at, g.id, e.place) END
            FROM gone g, unnest(g.at, g.level, g.lines, g.metadata) WITH ORDINALITY
                AS e (at, level, line, metadata, place)
            GROUP BY g.day, g.stream, g.run, g.line, g.byte
            RETURNING entries, bytes
        )
        SELECT t.chunks, CASE WHEN (t.lines, t.bytes) = (m.lines, m.bytes) THEN m.chunks END,
            EXISTS (SELECT FROM picked WHERE NOT chosen)
        FROM (SELECT count(*) AS chunks, coalesce(sum(entries), 0) AS lines, coalesce(sum(bytes), 0) AS bytes
                FROM gone) AS t,
            (SELECT count(*) AS chunks, coalesce(sum(entries), 0) AS lines, coalesce(sum(bytes), 0) AS bytes
                FROM made) AS m
        """
    }
}
