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
                    FOREACH t IN ARRAY ARRAY['job', 'event'] LOOP
                        EXECUTE format('DROP TABLE %s_%s', t, to_char(current_date + 14, 'YYYYMMDD'));
                        FOREACH d IN ARRAY ARRAY[current_date - 40, current_date - 32, current_date - 31] LOOP
                            EXECUTE format('CREATE TABLE %s_%s PARTITION OF %s FOR VALUES FROM (%L) TO (%L)',
                                t, to_char(d, 'YYYYMMDD'), t, d, d + 1);
                        END LOOP;
                    END LOOP;
                END $$
                """)
            try cluster.start("relay")
            try eventually("the last day ahead is made, for both tables") {
                try Self.has(14, cluster) == 2
            }
            try eventually("days past retention are dropped") {
                try Self.has(-40, cluster) == 0 && Self.has(-32, cluster) == 0
            }
            #expect(try Self.has(-31, cluster) == 2)
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
                    unnest(ARRAY['s', 'r', 'f', 'd', 'c', 'x', 'w', 'p']) AS state;
                """)
            try cluster.start("relay")
            try eventually("old final ids are gone") {
                try cluster.number(
                    """
                    SELECT count(*) FROM job_key WHERE day < current_date - 30 AND state IN ('s', 'r', 'f', 'd', 'c')
                    """) == 0
            }
            #expect(try cluster.number("SELECT count(*) FROM job_key WHERE day < current_date - 30") == 3 * 500)
            #expect(try cluster.number("SELECT count(*) FROM job_key WHERE day >= current_date - 30") == 2 * 8 * 500)
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

    /// How many of the two tables have a partition this many days from today.
    private static func has(_ day: Int, _ cluster: Cluster) throws -> Int {
        try cluster.number(
            """
            SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent IN ('job'::regclass, 'event'::regclass)
            AND c.relname ~ (to_char(current_date + \(Int32(day)), 'YYYYMMDD') || '$')
            """)
    }
}
