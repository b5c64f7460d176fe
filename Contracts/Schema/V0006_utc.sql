-- Days are days of UTC, whatever zone the server, the database or a session has. Workers ask for UTC when they connect,
-- but PGTZ, options in DATABASE_URL, or a pooler that drops options can say otherwise, and `log_count.hour` is UTC always.

CREATE FUNCTION utc_day() RETURNS date LANGUAGE sql STABLE PARALLEL SAFE RETURN (now() AT TIME ZONE 'UTC')::date;

ALTER TABLE log_stream ALTER COLUMN seen SET DEFAULT utc_day();
ALTER TABLE log_chunk ALTER COLUMN day SET DEFAULT utc_day();

-- Partitions are made from yesterday on, so that rows of `job` and `event`, whose day is the one on which the session
-- that admitted the command was, find theirs too: no zone is further than a day from UTC.
ALTER FUNCTION make_days(regclass, integer) SET timezone = 'UTC';
ALTER FUNCTION drop_days(regclass, integer) SET timezone = 'UTC';
