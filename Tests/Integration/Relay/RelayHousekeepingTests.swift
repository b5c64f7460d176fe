import Contracts
import Postgres
import Runtime
import TestSupport
import Testing

/// Partitions, ids past the horizon, expired uploads.
@Suite(.servers) struct RelayHousekeepingTests {
    @Test func partitionsAreMadeAheadAndDropped() throws {
        try withCluster { cluster in
            let database = try cluster.database()
            defer { database.close() }
            try database.script(
                """
                DO $$ DECLARE d date; t text; BEGIN
                    FOREACH t IN ARRAY ARRAY['job', 'event', 'log_chunk', 'log_count'] LOOP
                        EXECUTE format('DROP TABLE %s_%s', t, to_char(current_date + 14, 'YYYYMMDD'));
                        FOREACH d IN ARRAY ARRAY[current_date - 40, current_date - 32, current_date - 31] LOOP
                            EXECUTE format('CREATE TABLE %s_%s PARTITION OF %s FOR VALUES FROM (%L) TO (%L)',
                                t, to_char(d, 'YYYYMMDD'), t, d, d + 1);
                        END LOOP;
                    END LOOP;
                END $$
                """)
            // Each has its own retention.
            try database.script(
                """
                INSERT INTO log_stream (tenant, hash, labels, seen)
                SELECT 't', gen_random_uuid(), '{}', current_date - age FROM unnest(ARRAY[0, 33, 34, 40]) AS age
                """)
            try cluster.start("relay", ["LOG_RETENTION": "32d"])
            try eventually("the last day ahead is made, for all tables") {
                try Self.has(14, cluster) == 4
            }
            try eventually("days past retention are dropped") {
                try Self.has(-40, cluster) == 0 && Self.has(-32, cluster) == 2
            }
            #expect(try Self.has(-31, cluster) == 4)
            try eventually("streams without lines are forgotten") {
                try cluster.number("SELECT count(*) FROM log_stream") == 2
            }
        }
    }

    @Test func anOpenJobKeepsItsDay() throws {
        try withCluster { cluster in
            let database = try cluster.database()
            defer { database.close() }
            try database.script(
                """
                DO $$ DECLARE d date; BEGIN
                    FOREACH d IN ARRAY ARRAY[current_date - 40, current_date - 35] LOOP
                        EXECUTE format('CREATE TABLE job_%s PARTITION OF job FOR VALUES FROM (%L) TO (%L)',
                            to_char(d, 'YYYYMMDD'), d, d + 1);
                    END LOOP;
                END $$;
                INSERT INTO job_key (key, day, state, turn, attempt, sequence, body_hash)
                VALUES (gen_random_uuid(), current_date - 35, 'w', 1, 1, 1, sha256(''));
                """)
            try cluster.start("relay")
            try eventually("the day before is dropped") { try Self.has(-40, cluster) == 0 }
            #expect(try Self.has(-35, cluster) == 1)
        }
    }

    @Test func onlyFinalIdsPastTheHorizonAreForgotten() throws {
        try withCluster { cluster in
            let database = try cluster.database()
            defer { database.close() }
            try database.script(
                """
                INSERT INTO job_key (key, day, state, turn, attempt, sequence, body_hash)
                SELECT gen_random_uuid(), current_date - age, state::"char", 0, 1, 1, sha256('')
                FROM generate_series(1, 500), unnest(ARRAY[31, 30, 0]) AS age,
                    unnest(ARRAY['s', 'r', 'f', 'd', 'c', 'x', 'w', 'p', 'l']) AS state;
                """)
            try cluster.start("relay")
            try eventually("old final ids are gone") {
                try cluster.number(
                    """
                    SELECT count(*) FROM job_key WHERE day < current_date - 30 AND state IN ('s', 'r', 'f', 'd', 'c')
                    """) == 0
            }
            #expect(try cluster.number("SELECT count(*) FROM job_key WHERE day < current_date - 30") == 4 * 500)
            #expect(try cluster.number("SELECT count(*) FROM job_key WHERE day >= current_date - 30") == 2 * 9 * 500)
        }
    }

    @Test func expiredUploadsGoWithTheirChunks() throws {
        try withCluster { cluster in
            let database = try cluster.database()
            defer { database.close() }
            try database.script(
                """
                INSERT INTO upload (id, tenant, expires_at) SELECT gen_random_uuid(), 't', now() - interval '1 second'
                FROM generate_series(1, 25);
                INSERT INTO upload (id, tenant) VALUES (gen_random_uuid(), 't');
                INSERT INTO upload_chunk (upload, number, data) SELECT id, 0, 'x' FROM upload;
                """)
            try cluster.start("relay")
            try eventually("expired uploads are gone") { try cluster.number("SELECT count(*) FROM upload") == 1 }
            #expect(try cluster.number("SELECT count(*) FROM upload_chunk") == 1)
        }
    }

    @Test func everythingThatGrowsIsPrunedPastItsHorizonInBatches() throws {
        try withCluster { cluster in
            let database = try cluster.database()
            defer { database.close() }
            try database.script(
                """
                INSERT INTO session (tenant, name, content, job, inserted, updated, unchanged, rejected, created_at)
                SELECT 'old', i::text, '', gen_random_uuid(), 0, 0, 0, 0, now() - interval '367 days'
                FROM generate_series(1, 2000) AS i;
                INSERT INTO session (tenant, name, content, job, inserted, updated, unchanged, rejected, created_at)
                SELECT 'new', i::text, '', gen_random_uuid(), 0, 0, 0, 0, now() - interval '364 days'
                FROM generate_series(1, 10) AS i;
                -- The first of the old ones brought a server that is still there.
                INSERT INTO server (tenant, session, ip, ssh_port, is_ssl, cores, ram_mb, storage_gb, ssh_user,
                    ssh_auth)
                SELECT 'old', min(id), '10.0.0.1', 22, false, 1, 1, 1, 'root', 'KEY' FROM session;
                INSERT INTO lease (id, tenant, server, ip, holder, fence, granted_at, expires_at, ended_at, ended_by)
                SELECT gen_random_uuid(), 't', 1, '10.0.0.1', 'h', 1, now() - interval '400 days',
                    now() - interval '399 days', now() - age * interval '1 day', 'expired'
                FROM generate_series(1, 2000), unnest(ARRAY[367, 364]) AS age;
                INSERT INTO lease (id, tenant, server, ip, holder, fence, granted_at, expires_at)
                VALUES (gen_random_uuid(), 't', 1, '10.0.0.1', 'h', 1, now() - interval '400 days',
                    now() - interval '399 days');
                INSERT INTO import_error (job, number, line, "column", code, message, created_at)
                SELECT gen_random_uuid(), i, i, '', 'x', 'x', now() - age * interval '1 day'
                FROM generate_series(1, 2000) AS i, unnest(ARRAY[33, 30]) AS age;
                INSERT INTO stray (received_at, exchange, routing_key, body)
                SELECT now() - age * interval '1 day', 'x', 'x', ''
                FROM generate_series(1, 2000), unnest(ARRAY[367, 364]) AS age;
                -- Of a run that goes on, nothing is forgotten.
                INSERT INTO run (key, command, state, fence, lease_until, lease_ms, holder, worker, attempt, version,
                    tenant, message_id, turn, payload)
                VALUES (md5('1')::uuid, 'x', 'w', 1, now(), 1000, gen_random_uuid(), 'x', 1, 1, 't', 'x', 0, '');
                INSERT INTO run_event (key, number, fence, at, step, state)
                SELECT md5(i::text)::uuid, n, 1, now() - age * interval '1 day', 'x', 'ok'
                FROM generate_series(1, 2000) AS i, unnest(ARRAY[91, 89]) WITH ORDINALITY AS u (age, n);
                INSERT INTO audit (at, actor, action, target, changed)
                SELECT now() - age * interval '1 day', 'x', 'x', 'x', 0
                FROM generate_series(1, 2000), unnest(ARRAY[367, 364]) AS age;
                """)
            try cluster.start("relay")
            for (table, left) in [
                ("import_error", 2000), ("lease", 2001), ("run_event", 2001), ("session", 11), ("stray", 2000),
            ] {
                try eventually("old rows of \(table) are gone", within: 30) {
                    try cluster.number(SQL(script: "SELECT count(*) FROM \(table)")) == left
                }
            }
            // The last table of a visit: after it, nothing more is deleted.
            try eventually("old rows of the audit are gone") {
                try cluster.number("SELECT count(*) FROM audit") == 2000
            }
            #expect(try cluster.number("SELECT count(*) FROM lease WHERE ended_at IS NULL") == 1)
            #expect(try cluster.number("SELECT count(*) FROM session WHERE tenant = 'old'") == 1)
        }
    }

    @Test func theHorizonIsWhatTheSettingSays() throws {
        try withCluster { cluster in
            let database = try cluster.database()
            defer { database.close() }
            try database.script(
                """
                INSERT INTO audit (at, actor, action, target, changed)
                SELECT now() - age * interval '1 day', 'x', 'x', 'x', age FROM generate_series(1, 10) AS age;
                """)
            try cluster.start("relay", ["HISTORY_DAYS": "5", "RETENTION_DAYS": "5"])
            try eventually("what is older is gone") {
                try cluster.number("SELECT count(*) FROM audit WHERE changed > 6") == 0
            }
            #expect(try cluster.number("SELECT count(*) FROM audit WHERE changed < 6") == 5)
        }
    }

    /// How many of the tables have a partition this many days from today.
    private static func has(_ day: Int, _ cluster: Cluster) throws -> Int {
        try cluster.number(
            """
            SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = ANY (ARRAY['job', 'event', 'log_chunk', 'log_count']::regclass[])
            AND c.relname ~ (to_char(current_date + \(Int32(day)), 'YYYYMMDD') || '$')
            """)
    }
}
