-- The ledger: what was admitted, how it ended, what was announced, what is due later.
-- docs/admission.md holds the table of states and arrivals that `job_key` implements.

-- One row a command, found by the hash of (command, tenant, message id). Not partitioned by time: a redelivery
-- across midnight must meet the row of the day before. Pruned in small batches past the horizon.
CREATE TABLE job_key (
    key         uuid     PRIMARY KEY,
    -- Where the detail and the events of this job lie.
    day         date     NOT NULL,
    -- s succeeded, r refused, f failed, d dead, c cancelled; x started alone, w waiting, p parked.
    state       "char"   NOT NULL,
    -- Which passage through the schedule may run: a message that carries a lower turn is stale.
    turn        integer  NOT NULL,
    -- Attempts of the effect that were counted.
    attempt     smallint NOT NULL,
    -- The last event's number within the job.
    sequence    integer  NOT NULL,
    -- Starts in the solo lane that nobody saw the end of.
    solo_starts smallint NOT NULL DEFAULT 0,
    -- SHA-256 of the payload: the same id with another body is refused.
    body_hash   bytea    NOT NULL
);

-- Pruning walks by day; rows lie in the order they came, so a block range index is enough.
CREATE INDEX job_key_day ON job_key USING brin (day) WITH (pages_per_range = 32);

-- What people look at. Dropped by the day.
CREATE TABLE job (
    day            date        NOT NULL,
    key            uuid        NOT NULL,
    id             text        NOT NULL,
    command        text        NOT NULL,
    tenant         text        NOT NULL,
    state          "char"      NOT NULL,
    attempt        smallint    NOT NULL,
    -- The reason code of anything but success.
    reason         text,
    -- The payload as it came, sealed. NULL when the command does not keep it.
    payload        bytea,
    correlation_id text,
    traceparent    text,
    enqueued_at    timestamptz,
    admitted_at    timestamptz NOT NULL DEFAULT now(),
    -- NULL while the job waits.
    finished_at    timestamptz,
    worker         text        NOT NULL,
    PRIMARY KEY (day, key)
) PARTITION BY RANGE (day);

-- The few that did not succeed are what people search for.
CREATE INDEX job_unsuccessful ON job (command, state, admitted_at) WHERE state <> 's';
-- Lists run newest first; arrival order is the table's own order, so a block range index is enough.
CREATE INDEX job_admitted ON job USING brin (admitted_at) WITH (pages_per_range = 32);

-- What was announced, and will be announced again when asked: the timeline of a job.
CREATE TABLE event (
    day      date        NOT NULL,
    key      uuid        NOT NULL,
    sequence integer     NOT NULL,
    type     text        NOT NULL,
    -- The CloudEvents document exactly as it is published.
    body     bytea       NOT NULL,
    at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (day, key, sequence)
) PARTITION BY RANGE (day);

CREATE INDEX event_at ON event USING brin (at) WITH (pages_per_range = 32);

-- Events that wait for the broker's confirm. One row a transaction, not one an event: see docs/decisions/0002.
-- The worker publishes and deletes its own rows; the relay takes what is past due_at.
CREATE TABLE outbox (
    id        bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    due_at    timestamptz NOT NULL DEFAULT now() + interval '5 seconds',
    days      date[]      NOT NULL,
    keys      uuid[]      NOT NULL,
    sequences integer[]   NOT NULL,
    tries     integer     NOT NULL DEFAULT 0,
    -- Why the last try did not end in a confirm.
    note      text
);
-- Keys are random bytes: compressing them costs time and gains nothing.
ALTER TABLE outbox ALTER COLUMN keys SET STORAGE EXTERNAL;

-- Commands that are due later: retries, parked commands, deadlines, lease expiries, recurring ticks.
CREATE TABLE schedule (
    -- What this row is about (a job's key, a lease's id, a tick's hash): at most one row each, so it can be moved.
    subject        uuid        PRIMARY KEY,
    due_at         timestamptz NOT NULL,
    command        text        NOT NULL,
    version        smallint    NOT NULL DEFAULT 1,
    -- What the message says it is, when that is not the command of the queue it came to and goes back to.
    kind           text,
    tenant         text        NOT NULL,
    message_id     text        NOT NULL,
    turn           integer     NOT NULL DEFAULT 0,
    correlation_id text,
    reply_to       text,
    traceparent    text,
    expires_at     timestamptz,
    -- Sealed.
    payload        bytea       NOT NULL,
    -- Why it waits, for people: "retry 2 of 5: deadlock", "lease expiry".
    cause          text        NOT NULL,
    created_at     timestamptz NOT NULL DEFAULT now()
);
-- By command first: the relay moves a batch of each in turn, so that a million tasks do not delay a lease.
CREATE INDEX schedule_due ON schedule (command, due_at);

-- Messages that reached the dead-letter queue without a trace of where they came from. Kept, sealed, for a person.
CREATE TABLE stray (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL DEFAULT now(),
    exchange    text        NOT NULL,
    routing_key text        NOT NULL,
    message_id  text,
    type        text,
    -- Sealed.
    body        bytea       NOT NULL
);

-- What operators hold back. Workers read it when they start, when they are notified, and every few seconds.
CREATE TABLE queue_control (
    command    text        PRIMARY KEY,
    paused     boolean     NOT NULL,
    reason     text        NOT NULL,
    actor      text        NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);

-- Who did what, by hand.
CREATE TABLE audit (
    id      bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL DEFAULT now(),
    actor   text        NOT NULL,
    action  text        NOT NULL,
    target  text        NOT NULL,
    reason  text,
    changed bigint      NOT NULL
);

-- Makes the day partitions of one table from yesterday to `ahead` days from now. Two callers at once are harmless.
CREATE FUNCTION make_days(parent regclass, ahead integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    d    date;
    made integer := 0;
    child text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('ruche.make_days', 0));
    FOR d IN SELECT current_date + i FROM generate_series(-1, ahead) AS i LOOP
        child := format('%s_%s', parent, to_char(d, 'YYYYMMDD'));
        IF to_regclass(child) IS NULL THEN
            EXECUTE format('CREATE TABLE %s PARTITION OF %s FOR VALUES FROM (%L) TO (%L)', child, parent, d, d + 1);
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$;

-- Drops the day partitions of one table that are older than `keep` days.
CREATE FUNCTION drop_days(parent regclass, keep integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    child   record;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('ruche.make_days', 0));
    FOR child IN
        SELECT c.oid::regclass AS name, right(c.relname, 8)::date AS day
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = parent AND c.relname ~ '_[0-9]{8}$'
    LOOP
        IF child.day < current_date - keep THEN
            EXECUTE format('DROP TABLE %s', child.name);
            dropped := dropped + 1;
        END IF;
    END LOOP;
    RETURN dropped;
END $$;

SELECT make_days('job', 14), make_days('event', 14);
