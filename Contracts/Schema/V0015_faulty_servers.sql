-- The address of a server that is in ERROR is lent to nobody until the server is CONFIGURED: it is in quarantine without
-- an end, for no holder. With its owner's rights, for whoever says what became of a server, or ends a lease, knows
-- nothing of the other.

CREATE FUNCTION withdraw_address() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.status = 'ERROR' THEN
        UPDATE address SET quarantined_until = 'infinity', previous_holder = NULL
        WHERE tenant = NEW.tenant AND ip = NEW.ip AND server = NEW.id;
    ELSE
        UPDATE address SET quarantined_until = now()
        WHERE tenant = NEW.tenant AND ip = NEW.ip AND server = NEW.id AND quarantined_until = 'infinity';
    END IF;
    RETURN NULL;
END $$;

-- One that was leased meanwhile goes when it comes back.
CREATE FUNCTION withhold_address() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM server WHERE id = NEW.server AND status = 'ERROR') THEN
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
