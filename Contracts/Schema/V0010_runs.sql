-- Runs: long commands, from their claim to their end. docs/runs.md says how they go.

-- After the claim the row is the job, and messages are wake-ups. A command has a row while job_key says l, and while
-- its next passage waits.
CREATE TABLE run (
    key              uuid        PRIMARY KEY,
    command          text        NOT NULL,
    -- q queued: whoever has a free slot may claim it; r running: its holder's, while the lease lasts; w its next
    -- passage lies in the schedule.
    state            "char"      NOT NULL,
    -- Grows with each claim and each rescue. Whatever a holder writes carries the fence that it got.
    fence            bigint      NOT NULL,
    -- By the clock of the database, and how long a lease is.
    lease_until      timestamptz NOT NULL,
    lease_ms         integer     NOT NULL,
    -- Grows with each heartbeat: who watches it needs no clock in common with anybody.
    beats            bigint      NOT NULL DEFAULT 0,
    -- Grows with each write of the holder: a write whose answer was lost is told by it from one that was not made.
    writes           bigint      NOT NULL DEFAULT 0,
    -- A process, drawn anew at each start, and its name.
    holder           uuid        NOT NULL,
    worker           text        NOT NULL,
    attempt          smallint    NOT NULL,
    -- Claims since the last checkpoint that nobody saw the end of.
    starts           smallint    NOT NULL DEFAULT 1,
    -- How often it got further, without gaps.
    progress         integer     NOT NULL DEFAULT 0,
    -- Where the next holder goes on.
    checkpoint       jsonb,
    cancel_requested boolean     NOT NULL DEFAULT false,
    cancel_reason    text,
    begun_at         timestamptz NOT NULL DEFAULT now(),
    claimed_at       timestamptz NOT NULL DEFAULT now(),
    -- What a wake-up is made of, as in `schedule`.
    version          smallint    NOT NULL,
    tenant           text        NOT NULL,
    message_id       text        NOT NULL,
    turn             integer     NOT NULL,
    correlation_id   text,
    reply_to         text,
    traceparent      text,
    tracestate       text,
    payload          bytea       NOT NULL
) WITH (fillfactor = 50);
CREATE INDEX run_command ON run (command, state);

-- What one run at a time may work on: a server, a shop.
CREATE TABLE run_target (
    target text        PRIMARY KEY,
    key    uuid        NOT NULL REFERENCES run ON DELETE CASCADE,
    fence  bigint      NOT NULL,
    since  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX run_target_key ON run_target (key);
