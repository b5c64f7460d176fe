-- The address of a server that is in ERROR, or has something of a shop that was retired by force, is lent to nobody until
-- the server is CONFIGURED: it is in quarantine without an end, for no holder. With its owner's rights, for whoever says
-- what became of a server, or ends a lease, knows nothing of the other.

-- What a shop that was retired by force has left: nothing on its server was touched. Its container may be there, and the
-- proxy may lead its name to its place. Until a recipe has removed that, the place is nobody's, the address is lent to
-- nobody, and no new shop comes to the server.
CREATE TABLE forgotten_shop (
    server       bigint      NOT NULL REFERENCES server ON DELETE CASCADE,
    place        smallint    NOT NULL CHECK (place BETWEEN 1 AND 16),
    tenant       text        NOT NULL,
    slug         text        NOT NULL,
    domain       text        NOT NULL,
    -- Why the server was out of reach, in a sentence.
    reason       text        NOT NULL,
    forgotten_at timestamptz NOT NULL DEFAULT now(),
    -- The run of a recipe that removes it, by its key in the ledger; NULL until one has begun.
    run          uuid,
    PRIMARY KEY (server, place, slug)
);

CREATE FUNCTION withdraw_address() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status = 'ERROR' THEN
        UPDATE address SET quarantined_until = 'infinity', previous_holder = NULL
        WHERE tenant = NEW.tenant AND ip = NEW.ip AND server = NEW.id;
    ELSE
        UPDATE address SET quarantined_until = now()
        WHERE tenant = NEW.tenant AND ip = NEW.ip AND server = NEW.id AND quarantined_until = 'infinity'
            AND NOT EXISTS (SELECT FROM forgotten_shop WHERE forgotten_shop.server = NEW.id);
    END IF;
    RETURN NULL;
END $$;

-- One that was leased meanwhile goes when it comes back.
CREATE FUNCTION withhold_address() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM server WHERE id = NEW.server AND status = 'ERROR')
        OR EXISTS (SELECT FROM forgotten_shop WHERE server = NEW.server)
    THEN
        NEW.quarantined_until := 'infinity';
        NEW.previous_holder := NULL;
    END IF;
    RETURN NEW;
END $$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['withdraw_address', 'withhold_address'] LOOP
        EXECUTE format(
            'ALTER FUNCTION %I() SECURITY DEFINER SET search_path = %I, pg_temp', name, current_schema());
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %I() FROM PUBLIC', name);
    END LOOP;
END $$;

CREATE TRIGGER withdraw_address AFTER UPDATE OF status ON server FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND NEW.status IN ('ERROR', 'CONFIGURED')) EXECUTE FUNCTION withdraw_address();
CREATE TRIGGER withhold_address BEFORE UPDATE OF lease ON address FOR EACH ROW
    WHEN (OLD.lease IS NOT NULL AND NEW.lease IS NULL) EXECUTE FUNCTION withhold_address();

UPDATE address AS a SET quarantined_until = 'infinity', previous_holder = NULL FROM server AS s
WHERE s.id = a.server AND s.status = 'ERROR' AND a.lease IS NULL;
