-- A command that waits for a free slot passes through the schedule about once a second, and every passage has an event:
-- a day of it is more than a smallint can number.
ALTER TABLE job_key ALTER COLUMN sequence TYPE integer;
ALTER TABLE event ALTER COLUMN sequence TYPE integer;
ALTER TABLE outbox ALTER COLUMN sequences TYPE integer[];
