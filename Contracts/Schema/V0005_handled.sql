-- What a person has dealt with.

-- When a dead job was discarded: it keeps its outcome and leaves the list of those somebody should look at. Who and why
-- is in `audit`. NULL while nobody has.
ALTER TABLE job ADD COLUMN handled_at timestamptz;

-- What was done to one thing by hand is part of its timeline.
CREATE INDEX audit_target ON audit (target);
