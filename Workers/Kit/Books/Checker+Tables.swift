import Contracts
import Runtime

/// The statements that bring the books together.
extension Checker {
    static let tables = """
        SET LOCAL jit = off;
        SET LOCAL work_mem = '64MB';
        CREATE TEMP TABLE books_intention (number bigint NOT NULL, command text NOT NULL, tenant text NOT NULL, id text,
            source text NOT NULL, key uuid NOT NULL, reused_key uuid NOT NULL, hash bytea NOT NULL,
            endings smallint NOT NULL) ON COMMIT DROP;
        CREATE TEMP TABLE books_confirm (number bigint NOT NULL) ON COMMIT DROP;
        CREATE TEMP TABLE books_received (event uuid, type text, subject text, tenant text, sequence bigint,
            digest bigint, fault text) ON COMMIT DROP;
        CREATE TEMP TABLE books_effect (command text NOT NULL, key uuid, times bigint) ON COMMIT DROP;
        CREATE TEMP TABLE books_source (command text NOT NULL) ON COMMIT DROP;
        CREATE TEMP TABLE books_command (command text NOT NULL, queue text NOT NULL) ON COMMIT DROP;
        CREATE TEMP TABLE books_stray (id bigint, message_id text, exchange text, routing_key text) ON COMMIT DROP;
        CREATE TEMP TABLE books_row (day date NOT NULL, key uuid NOT NULL, id text, command text, tenant text,
            state text, attempt integer, reason text, finished boolean, detailed boolean NOT NULL, key_day date,
            key_state text, key_attempt integer, sequence integer, turn integer, hash bytea) ON COMMIT DROP;
        CREATE TEMP TABLE books_event (key uuid NOT NULL, sequence integer NOT NULL, type text NOT NULL, command text,
            kind text, digest bigint NOT NULL, doc jsonb) ON COMMIT DROP;
        CREATE FUNCTION pg_temp.books_document(body bytea) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
        BEGIN
            RETURN convert_from(body, 'UTF8')::jsonb;
        EXCEPTION WHEN OTHERS THEN
            RETURN NULL;
        END $$;
        CREATE FUNCTION pg_temp.books_uuid(text text) RETURNS uuid LANGUAGE plpgsql IMMUTABLE AS $$
        BEGIN
            RETURN text::uuid;
        EXCEPTION WHEN OTHERS THEN
            RETURN NULL;
        END $$
        """

    /// A promise is one (command, tenant, id, body); without an id of its own, one row of the ledger, or one body.
    static let promises = """
        ANALYZE books_intention, books_confirm;
        CREATE TEMP TABLE books_promise ON COMMIT DROP AS
        SELECT min(i.number) AS number, i.command, i.tenant, i.id, i.source, i.key, i.reused_key, i.hash,
            bit_or(i.endings) AS endings, count(*) AS published, count(c.number) AS confirmed
        FROM books_intention i LEFT JOIN (SELECT DISTINCT number FROM books_confirm) AS c USING (number)
        GROUP BY i.command, i.tenant, i.id, i.source, i.key, i.reused_key, i.hash;
        CREATE TEMP TABLE books_body ON COMMIT DROP AS
        SELECT command, tenant, id, count(*) AS bodies FROM books_promise WHERE source = 'id'
        GROUP BY command, tenant, id;
        ANALYZE books_promise, books_body
        """

    /// What the ledger has of the commands, both rows side by side.
    static func rows(since: Timestamp?, tenants: [String]?) -> SQL {
        """
        INSERT INTO books_row
        SELECT j.day, j.key, j.id, j.command, j.tenant, j.state, j.attempt, j.reason, j.finished_at IS NOT NULL, true,
            k.day, k.state, k.attempt, k.sequence, k.turn, k.body_hash
        FROM job j LEFT JOIN job_key k USING (key)
        WHERE j.command IN (SELECT command FROM books_command)
            AND j.admitted_at >= coalesce(\(since), '-infinity')
            AND (\(tenants)::text[] IS NULL OR j.tenant = ANY (\(tenants)))
        """
    }

    /// Rows of `job_key` that belong to a promise, and that `job` does not know.
    static let keysWithoutRows = """
        ANALYZE books_row;
        INSERT INTO books_row (day, key, command, tenant, detailed, key_day, key_state, key_attempt, sequence, turn,
            hash)
        SELECT k.day, k.key, p.command, p.tenant, false, k.day, k.state, k.attempt, k.sequence, k.turn, k.body_hash
        FROM (SELECT key, min(command) AS command, min(tenant) AS tenant
              FROM (SELECT key, command, tenant FROM books_promise
                    UNION ALL SELECT reused_key, command, tenant FROM books_promise) AS every
              GROUP BY key) AS p
            JOIN job_key k USING (key)
        WHERE NOT EXISTS (SELECT FROM books_row r WHERE r.key = k.key);
        ANALYZE books_row
        """

    /// Those of the commands, and whatever else stands under a key of theirs.
    static func storedEvents(since: Timestamp?) -> SQL {
        """
        INSERT INTO books_event
        SELECT e.key, e.sequence, e.type, split_part(e.type, '.', 2), split_part(e.type, '.', 3),
            ('x' || encode(substring(sha256(e.body) FOR 8), 'hex'))::bit(64)::bigint, pg_temp.books_document(e.body)
        FROM event e
        WHERE e.at >= coalesce(\(since), '-infinity')
            AND (split_part(e.type, '.', 2) IN (SELECT command FROM books_command)
                OR e.key IN (SELECT key FROM books_row))
        """
    }

    /// Takes out events of others' jobs. An event that does not say whose it is stays.
    static func withoutOthersEvents(tenants: [String]) -> SQL {
        """
        DELETE FROM books_event e
        WHERE e.doc ->> 'tenant' <> ALL (\(tenants)) AND NOT EXISTS (SELECT FROM books_row r WHERE r.key = e.key)
        """
    }

    /// Takes out effects of others' jobs.
    static func withoutOthersEffects(tenants: [String]) -> SQL {
        """
        DELETE FROM books_effect f USING job_key k, job j
        WHERE k.key = f.key AND j.day = k.day AND j.key = k.key AND j.tenant <> ALL (\(tenants))
            AND NOT EXISTS (SELECT FROM books_row r WHERE r.key = f.key)
        """
    }

    static func strays(since: Timestamp?) -> SQL {
        """
        INSERT INTO books_stray SELECT id, message_id, exchange, routing_key FROM stray
        WHERE received_at >= coalesce(\(since), '-infinity')
        """
    }

    /// Which row of the ledger answers which promise. A command that was cancelled before anybody had seen it has an
    /// empty hash, and is the answer to every body under its id.
    static let matches = """
        ALTER TABLE books_event ADD COLUMN event uuid;
        UPDATE books_event SET event = pg_temp.books_uuid(doc ->> 'id');
        CREATE TEMP TABLE books_match ON COMMIT DROP AS
        SELECT p.number, r.day, r.key FROM books_promise p JOIN books_row r USING (command, tenant, id)
        WHERE p.source = 'id' AND r.detailed AND (r.hash = p.hash OR r.hash IS NULL OR r.hash = '')
        UNION ALL
        SELECT p.number, r.day, r.key FROM books_promise p JOIN books_row r USING (key)
        WHERE p.source = 'bytes' AND r.detailed
        UNION ALL
        SELECT p.number, r.day, r.key FROM books_promise p JOIN books_row r USING (command, tenant, hash)
        WHERE p.source = 'delivery' AND r.detailed AND NOT EXISTS (
            SELECT FROM books_body b WHERE b.command = r.command AND b.tenant = r.tenant AND b.id = r.id)
        UNION ALL
        SELECT p.number, r.day, r.key FROM books_promise p JOIN books_row r ON r.key = p.key
        WHERE NOT r.detailed AND (r.hash = p.hash OR r.hash = '')
        UNION ALL
        SELECT p.number, r.day, r.key FROM books_promise p JOIN books_row r ON r.key = p.reused_key
        WHERE NOT r.detailed AND r.hash = p.hash;
        CREATE TEMP TABLE books_orphan ON COMMIT DROP AS
        SELECT r.* FROM books_row r
        WHERE NOT EXISTS (SELECT FROM books_match m WHERE m.key = r.key AND m.day = r.day);
        CREATE TEMP TABLE books_announced ON COMMIT DROP AS
        SELECT event, min(type) AS type, min(subject) AS subject, min(tenant) AS tenant, min(sequence) AS sequence,
            split_part(min(type), '.', 2) AS command, min(digest) AS low, max(digest) AS high, count(*) AS times
        FROM books_received WHERE fault IS NULL GROUP BY event;
        ANALYZE books_event, books_match, books_orphan, books_announced, books_effect
        """

    static let totals: SQL = """
        SELECT (SELECT count(*) FROM books_intention),
            (SELECT coalesce(sum(confirmed), 0)::bigint FROM books_promise),
            (SELECT count(*) FROM books_promise), (SELECT count(*) FROM books_event),
            (SELECT count(*) FROM books_received),
            (SELECT coalesce(sum(times), 0)::bigint FROM books_effect)
        """

    static let states: SQL = """
        SELECT coalesce(key_state, state)::text, count(*) FROM books_row GROUP BY 1 ORDER BY 1
        """
}
