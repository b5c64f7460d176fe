-- Servers that recipes make, and what runs say while they work. docs/fleet.md says what becomes of a server.

ALTER TABLE server
    -- Since when our key opens it as the operator `ruche`; NULL until a recipe has come to its end on it.
    ADD COLUMN operator_since timestamptz,
    -- Why the last run on it failed: a code of `HostFailure.Reason`, and a sentence; NULL when it did not.
    ADD COLUMN fault text,
    ADD COLUMN fault_text text,
    -- The run that has worked on it last, and when that ended.
    ADD COLUMN last_run uuid,
    ADD COLUMN last_run_at timestamptz;

-- A server is CONFIGURING for as long as a run has it locked. However the run ends, cancelled before anybody took it
-- over or dead with its workers, the lock goes in the same transaction: what its holder did not get to say of a server
-- is said here. With its owner's rights, for whoever ends a run may not write to servers.
CREATE FUNCTION end_configuring() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE server SET status = 'ERROR', fault = 'not-reached',
        fault_text = 'The run was over before the server was done.', last_run_at = now()
    WHERE id = substr(OLD.target, 8)::bigint AND status = 'CONFIGURING' AND last_run = OLD.key;
    RETURN NULL;
END $$;
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION end_configuring() SECURITY DEFINER SET search_path = %I, pg_temp', current_schema());
END $$;
REVOKE EXECUTE ON FUNCTION end_configuring() FROM PUBLIC;
CREATE TRIGGER end_configuring AFTER DELETE ON run_target FOR EACH ROW
    WHEN (OLD.target ~ '^server:[0-9]{1,18}$') EXECUTE FUNCTION end_configuring();

-- What a run did, line by line, after redaction: the record that people read and follow.
CREATE TABLE run_event (
    key    uuid        NOT NULL,             -- the ledger's key of the job (run.key, job_key.key)
    number integer     NOT NULL CHECK (number > 0),  -- from 1, without gaps, across holders
    fence  bigint      NOT NULL,             -- of the holder that wrote it
    at     timestamptz NOT NULL,             -- when it happened there
    place  text        NOT NULL DEFAULT '',  -- a server's address, a domain; '' for the whole run
    step   text        NOT NULL,             -- the task or step
    state  text        NOT NULL CHECK (state IN ('started', 'ok', 'changed', 'skipped', 'failed', 'unreachable', 'note')),
    text   text        NOT NULL DEFAULT '',  -- at most 4 KiB
    PRIMARY KEY (key, number)
);
CREATE INDEX run_event_at ON run_event USING brin (at);
