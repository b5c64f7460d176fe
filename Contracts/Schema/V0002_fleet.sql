-- Servers, the sessions that brought them, and the leases on their addresses.

-- Files that are too large for a message: the client streams sealed chunks here and names the upload in its command.
-- The last thing it writes are the three columns that say that every chunk is there. Rows past `expires_at` are
-- refused, and removed by the relay; until then one upload may serve a dry run and then the import.
CREATE TABLE upload (
    id          uuid        PRIMARY KEY,
    tenant      text        NOT NULL,
    -- How many chunks there are. NULL until every chunk is there.
    chunks      integer     CHECK (chunks > 0),
    -- The size of the file.
    bytes       bigint      CHECK (bytes >= 0),
    -- The SHA-256 of the file.
    sha256      bytea       CHECK (length(sha256) = 32),
    created_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz NOT NULL DEFAULT now() + interval '7 days',
    CHECK (num_nulls(chunks, bytes, sha256) IN (0, 3))
);
CREATE TABLE upload_chunk (
    upload uuid    NOT NULL REFERENCES upload ON DELETE CASCADE,
    -- From 0.
    number integer NOT NULL CHECK (number >= 0),
    -- The bytes of the file in order, at most 256 KiB a chunk, sealed for the context `upload/<id>/<number>`: a chunk
    -- that was moved, changed or taken from another upload does not open.
    data   bytea   NOT NULL,
    PRIMARY KEY (upload, number)
);
-- Sealed bytes do not compress.
ALTER TABLE upload_chunk ALTER COLUMN data SET STORAGE EXTERNAL;

-- One import that changed something, or could have.
CREATE TABLE session (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant     text        NOT NULL,
    name       text        NOT NULL,
    provider   text,
    -- SHA-256 of the list: importing the same bytes again finds this session and changes nothing.
    content    bytea       NOT NULL,
    -- The ledger's key of the command; its faults are in `import_error` under the same key.
    job        uuid        NOT NULL,
    inserted   integer     NOT NULL,
    updated    integer     NOT NULL,
    unchanged  integer     NOT NULL,
    rejected   integer     NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- The provider fills cells that name none, so another one makes another list of the same bytes.
    UNIQUE NULLS NOT DISTINCT (tenant, name, content, provider)
);

-- What was wrong with the rows of an import that left them out, or of a dry run: the first 10,000 faults in the order
-- of their lines. A refused import leaves nothing behind; its event carries the first hundred.
CREATE TABLE import_error (
    job        uuid        NOT NULL,
    number     integer     NOT NULL,
    line       integer     NOT NULL,
    -- Empty for the whole row.
    "column"   text        NOT NULL,
    code       text        NOT NULL,
    -- Never of a secret column.
    value      text,
    message    text        NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job, number)
);
CREATE INDEX import_error_created ON import_error USING brin (created_at);

-- A provider's machine, found by its address and SSH port. An import writes `status`, `health`, `owner_client_id`,
-- `last_*` and `ssh_password` when it inserts a server and never again: they belong to those who run it.
CREATE TABLE server (
    id              bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant          text        NOT NULL,
    -- The import that brought it first.
    session         bigint      NOT NULL REFERENCES session,
    ip              inet        NOT NULL,
    ssh_port        integer     NOT NULL CHECK (ssh_port BETWEEN 1 AND 65535),
    is_ssl          boolean     NOT NULL,
    cores           integer     NOT NULL CHECK (cores > 0),
    ram_mb          integer     NOT NULL CHECK (ram_mb > 0),
    storage_gb      integer     NOT NULL CHECK (storage_gb > 0),
    ssh_user        text        NOT NULL,
    ssh_auth        text        NOT NULL CHECK (ssh_auth IN ('PASSWORD', 'KEY')),
    -- Sealed for the context `server/ssh-password`.
    ssh_password    bytea,
    status          text        NOT NULL DEFAULT 'PENDING'
                                CHECK (status IN ('PENDING', 'CONFIGURING', 'CONFIGURED', 'ERROR')),
    provider        text,
    owner_client_id bigint      NOT NULL DEFAULT 0,
    health          text        NOT NULL DEFAULT 'UNKNOWN' CHECK (health IN ('OK', 'WARN', 'CRIT', 'UNKNOWN')),
    last_seen_at    timestamptz,
    last_check_at   timestamptz,
    host_key        text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    UNIQUE (tenant, ip, ssh_port)
);
CREATE INDEX server_session ON server (session);

-- The leasable addresses: one narrow row each, so that leasing rewrites little. A row appears when its server is
-- CONFIGURED. An address is there once, though several servers may share it behind different ports: the first has it.
-- There is no index on `server`, which every lease would pay for: removing a server reads this table once.
CREATE TABLE address (
    tenant            text        NOT NULL,
    ip                inet        NOT NULL,
    server            bigint      NOT NULL REFERENCES server ON DELETE CASCADE,
    cores             integer     NOT NULL,
    ram_mb            integer     NOT NULL,
    provider          text,
    -- Only grows: who holds an older one has lost the address.
    fence             bigint      NOT NULL DEFAULT 0,
    -- NULL while nobody holds it.
    lease             uuid,
    -- Before this time only `previous_holder` may take it. In the past for an address that was never leased, so that
    -- "free for all" is one range of one index, and no housekeeping has to end a quarantine.
    quarantined_until timestamptz NOT NULL DEFAULT '-infinity',
    previous_holder   text,
    PRIMARY KEY (tenant, ip)
) WITH (fillfactor = 70);
-- In the order in which addresses are handed out: what has been free for the longest time first, which also gives
-- stale traffic to an old holder the longest time to end.
CREATE INDEX address_free ON address (tenant, quarantined_until, server) WHERE lease IS NULL;
-- What a holder may take back.
CREATE INDEX address_previous ON address (tenant, previous_holder, quarantined_until)
    WHERE lease IS NULL AND previous_holder IS NOT NULL;

-- Every lease there was. Ids ascend, so a batch is appended to the primary key in order.
CREATE TABLE lease (
    id         uuid        PRIMARY KEY,
    tenant     text        NOT NULL,
    server     bigint      NOT NULL,
    ip         inet        NOT NULL,
    holder     text        NOT NULL,
    -- What the address's fence was raised to; the same as long as the lease lasts.
    fence      bigint      NOT NULL,
    granted_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    -- NULL while it is held, also past `expires_at`: until the expiry has ended it, it can be renewed.
    ended_at   timestamptz,
    ended_by   text        CHECK (ended_by IN ('released', 'expired')),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
) WITH (fillfactor = 85);
-- The last word on double leases: the database refuses a second active one.
CREATE UNIQUE INDEX lease_active ON lease (tenant, ip) WHERE ended_at IS NULL;
