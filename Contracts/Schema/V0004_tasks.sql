-- Tasks: what somebody has to do until a time, and what became of it.

-- One row a task, for good while it is open; the relay removes it some time after it ended.
CREATE TABLE task (
    -- Ids ascend, so a batch is appended to the primary key in order.
    id          uuid        PRIMARY KEY,
    tenant      text        NOT NULL,
    -- Only this name edits and cancels it.
    owner       text        NOT NULL,
    title       text        NOT NULL,
    description text        NOT NULL,
    place       text        NOT NULL,
    -- An open task past this time is as good as expired: nobody edits it any more, and the message that ends it comes.
    due_at      timestamptz NOT NULL,
    -- A name of the time zone database, for people.
    zone        text        NOT NULL,
    -- How many seconds the clocks of `zone` are ahead of UTC at `due_at`, as it was known when the time was set. Kept,
    -- so that a task expires also when the server has forgotten its zone.
    utc_offset  integer     NOT NULL,
    -- Grows with each edit. The scheduled expiry names the one it belongs to.
    version     integer     NOT NULL DEFAULT 1,
    state       text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'cancelled', 'expired')),
    -- When it was made, edited or cancelled last.
    changed_at  timestamptz NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    ended_at    timestamptz,
    CHECK ((state = 'open') = (ended_at IS NULL))
) WITH (fillfactor = 85);
-- Lists run in the order of the deadlines. No index knows the state: ending a task touches none, so that many can end
-- in the same second, and open ones are the range of the future anyway.
CREATE INDEX task_due ON task (tenant, due_at);
CREATE INDEX task_owner ON task (tenant, owner, due_at);
