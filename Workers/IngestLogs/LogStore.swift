import Contracts
package import Runtime

/// The statements that store lines. Streams come sorted by tenant and hash: all workers lock them in this order.
package enum LogStore {
    /// Enters the streams that are new, and notes which were seen today. A stream that was is neither written nor
    /// locked, so workers that fill the same streams do not wait for each other.
    package static func enter(_ streams: [GatheredStream]) -> SQL {
        """
        INSERT INTO log_stream (tenant, hash, labels)
        SELECT u.tenant, u.hash, u.labels::jsonb
        FROM unnest(\(streams.map(\.tenant)), \(streams.map(\.hash)), \(streams.map(labels(of:))))
            WITH ORDINALITY AS u (tenant, hash, labels, number)
        WHERE NOT EXISTS (
            SELECT FROM log_stream s WHERE s.tenant = u.tenant AND s.hash = u.hash AND s.seen >= utc_day())
        ORDER BY u.number
        ON CONFLICT (tenant, hash) DO UPDATE SET seen = utc_day() WHERE log_stream.seen < utc_day()
        """
    }

    /// Stores a chunk. Its stream is looked up here and not remembered in the process: a transaction that was rolled
    /// back, a stream that was deleted or a database that was replaced cannot leave a wrong number behind. A stream
    /// that is not there is NULL, and the statement fails.
    package static func insert(_ chunk: LogChunk, of stream: GatheredStream) -> SQL {
        """
        INSERT INTO log_chunk (stream, first_at, last_at, entries, bytes, at, level, lines, metadata)
        VALUES ((SELECT id FROM log_stream WHERE tenant = \(stream.tenant) AND hash = \(stream.hash)),
            \(chunk.times[0]), \(chunk.times[chunk.times.count - 1]), \(Int32(chunk.lines.count)),
            \(Int32(chunk.bytes)), \(chunk.times), \(chunk.severities), \(chunk.lines), \(chunk.columnOfMetadata))
        """
    }

    /// Adds up what arrived.
    package static func count(_ streams: [GatheredStream]) -> SQL {
        let rows = streams.flatMap { stream in
            stream.counts.sorted { $0.key.letter < $1.key.letter }
                .map { (stream: stream, severity: $0.key, count: $0.value) }
        }
        return """
            INSERT INTO log_count AS c (day, stream, level, hour, slot, entries, bytes)
            SELECT utc_day(), s.id, u.level, extract(hour FROM now() AT TIME ZONE 'UTC')::smallint,
                (pg_backend_pid() % 8)::smallint, u.entries, u.bytes
            FROM unnest(\(rows.map(\.stream.tenant)), \(rows.map(\.stream.hash)), \(rows.map(\.severity)),
                \(rows.map(\.count.entries)), \(rows.map(\.count.bytes)))
                WITH ORDINALITY AS u (tenant, hash, level, entries, bytes, number)
            JOIN log_stream s ON s.tenant = u.tenant AND s.hash = u.hash
            ORDER BY u.number
            ON CONFLICT (day, stream, level, hour, slot) DO UPDATE
            SET entries = c.entries + EXCLUDED.entries, bytes = c.bytes + EXCLUDED.bytes
            """
    }

    private static func labels(of stream: GatheredStream) -> String {
        String(decoding: stream.labels.json, as: UTF8.self)
    }
}
