-- Shops, and the versions of them that there were. docs/shops.md says how one comes to serve.

CREATE TABLE shop (
    tenant          text        NOT NULL,
    slug            text        NOT NULL,
    title           text        NOT NULL,
    domain          text        NOT NULL,
    -- DEPLOYING until a version has served for the first time; FAILED when none ever has.
    status          text        NOT NULL CHECK (status IN ('DEPLOYING', 'LIVE', 'RETIRING', 'RETIRED', 'FAILED')),
    -- Where it is; NULL for a shop that is nowhere.
    server          bigint      REFERENCES server,
    address         inet,
    -- The proxy's place on the server: shop-1 to shop-16.
    place           smallint    CHECK (place BETWEEN 1 AND 16),
    lease           uuid,
    lease_fence     bigint,
    -- Whether the lease was taken for the shop, and goes with it.
    lease_is_own    boolean     NOT NULL DEFAULT false,
    -- The subject in `schedule` of the command that looks after the shop when its lease is to end.
    lease_watch     uuid,
    -- What serves, and in which of the two slots.
    active_release  integer,
    active_slot     text        CHECK (active_slot IN ('blue', 'green')),
    -- What is to serve next: a run, by its key in the ledger, has begun to bring it there. Whatever of it is on the
    -- server is the next run's to undo.
    run             uuid,
    next_release    integer,
    next_slot       text        CHECK (next_slot IN ('blue', 'green')),
    created_at      timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, slug),
    CHECK (num_nulls(server, address, place, lease, lease_fence, lease_watch) IN (0, 6)),
    CHECK (num_nulls(active_release, active_slot) IN (0, 2)),
    CHECK (num_nulls(run, next_release, next_slot) IN (0, 3)),
    CHECK (status <> 'LIVE' OR active_release IS NOT NULL AND server IS NOT NULL)
);
-- A name in the world leads to one shop, whoever's it is.
CREATE UNIQUE INDEX shop_domain ON shop (domain) WHERE status IN ('DEPLOYING', 'LIVE', 'RETIRING');
CREATE UNIQUE INDEX shop_place ON shop (server, place) WHERE place IS NOT NULL;
CREATE INDEX shop_lease ON shop (lease) WHERE lease IS NOT NULL;

CREATE TABLE shop_release (
    tenant        text        NOT NULL,
    slug          text        NOT NULL,
    -- From 1, without an end: a retired shop that is deployed again goes on with the next.
    number        integer     NOT NULL CHECK (number > 0),
    -- The run that made it, by its key in the ledger: a run makes one.
    run           uuid        NOT NULL UNIQUE,
    -- The image: the SHA-256 of its configuration, and the tag that it has on the server. Empty until it is built.
    image         text        NOT NULL DEFAULT '',
    tag           text        NOT NULL DEFAULT '',
    -- Its layers' digests, from the lowest: what tells whether the server has it.
    layers        text[]      NOT NULL DEFAULT '{}',
    -- The command that it was made by.
    configuration jsonb       NOT NULL,
    -- What its container is called on the server.
    container     text        NOT NULL,
    bytes_shipped bigint      NOT NULL DEFAULT 0,
    -- NEW until it serves for the first time; KEPT: it has served, and its image is on the server; FAILED: it never
    -- served; GONE: its image is not on the server any more.
    state         text        NOT NULL DEFAULT 'NEW' CHECK (state IN ('NEW', 'LIVE', 'KEPT', 'FAILED', 'GONE')),
    created_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant, slug, number),
    FOREIGN KEY (tenant, slug) REFERENCES shop ON DELETE CASCADE
);

-- When a lease ends, its shop is looked after at once: the command that would look when the lease runs out is due now.
-- The address is in quarantine for a while, and lent to nobody meanwhile. With its owner's rights, for whoever ends
-- leases knows nothing of shops.
CREATE FUNCTION shop_lease_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE schedule s SET due_at = clock_timestamp() FROM shop
    WHERE shop.lease = NEW.id AND s.subject = shop.lease_watch AND s.due_at > clock_timestamp();
    RETURN NULL;
END $$;
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION shop_lease_ended() SECURITY DEFINER SET search_path = %I, pg_temp', current_schema());
END $$;
REVOKE EXECUTE ON FUNCTION shop_lease_ended() FROM PUBLIC;
CREATE TRIGGER shop_lease_ended AFTER UPDATE OF ended_at ON lease FOR EACH ROW
    WHEN (OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION shop_lease_ended();
