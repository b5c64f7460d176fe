-- Servers that are lost, and whose a machine is.

-- A server with a forgotten shop has to be initialised again, and says so.
CREATE FUNCTION lose_server() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE server SET status = 'ERROR', fault = 'shop-forgotten', updated_at = now(),
        fault_text = format('The shop %s was retired without a hand on the server: %s', NEW.slug, NEW.reason)
    WHERE id = NEW.server;
    RETURN NULL;
END $$;

-- Its address can be lent again when nothing is left to remove, and the server is CONFIGURED, whichever comes last.
CREATE FUNCTION find_server() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE address AS a SET quarantined_until = now() FROM server AS s
    WHERE s.id = OLD.server AND s.status = 'CONFIGURED' AND a.tenant = s.tenant AND a.ip = s.ip AND a.server = s.id
        AND a.quarantined_until = 'infinity' AND NOT EXISTS (SELECT FROM forgotten_shop WHERE server = s.id);
    RETURN NULL;
END $$;

-- With their owner's rights: whoever retires shops may not write to servers.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['lose_server', 'find_server'] LOOP
        EXECUTE format(
            'ALTER FUNCTION %I() SECURITY DEFINER SET search_path = %I, pg_temp', name, current_schema());
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %I() FROM PUBLIC', name);
    END LOOP;
END $$;

CREATE TRIGGER lose_server AFTER INSERT ON forgotten_shop FOR EACH ROW EXECUTE FUNCTION lose_server();
CREATE TRIGGER find_server AFTER DELETE ON forgotten_shop FOR EACH ROW EXECUTE FUNCTION find_server();

-- A machine is the tenant's who has imported it first: two would take each other's places there, and their runs lock
-- different rows. What several have imported before this was so stays with all of them, and is told apart.
ALTER TABLE server ADD COLUMN is_shared boolean NOT NULL DEFAULT false;
UPDATE server AS s SET is_shared = true
WHERE EXISTS (SELECT FROM server AS o WHERE o.ip = s.ip AND o.ssh_port = s.ssh_port AND o.id < s.id);
CREATE UNIQUE INDEX server_machine ON server (ip, ssh_port) WHERE NOT is_shared;
