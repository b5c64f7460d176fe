-- Small chunks of lines are merged once, an hour of arrival at a time: see docs/decisions/0010.

-- Where merging has come to: one row. Whoever merges holds it locked, so relays do it one after another.
CREATE TABLE log_merge (
    id      smallint    PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    -- What arrived before this hour is merged, or came before there was merging and stays as it is.
    arrived timestamptz NOT NULL
);
INSERT INTO log_merge (arrived) VALUES (date_trunc('hour', now(), 'UTC'));
