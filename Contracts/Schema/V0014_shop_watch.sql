-- A run that is over can have left a shop half switched, or at an address to which nothing came: cancelled while nobody
-- held it, or dead while the server was away. The command that looks after the shop is due then. Not so while the run
-- waits for its next passage: it undoes what it has begun itself. With its owner's rights, for whoever ends a run may
-- know nothing of shops.
CREATE FUNCTION shop_run_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE schedule s SET due_at = clock_timestamp() FROM shop
    WHERE (shop.run = OLD.key OR shop.last_run = OLD.key AND shop.status = 'DEPLOYING')
        AND s.subject = shop.lease_watch AND s.due_at > clock_timestamp();
    RETURN NULL;
END $$;
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION shop_run_ended() SECURITY DEFINER SET search_path = %I, pg_temp', current_schema());
END $$;
REVOKE EXECUTE ON FUNCTION shop_run_ended() FROM PUBLIC;
CREATE TRIGGER shop_run_ended AFTER DELETE ON run FOR EACH ROW
    WHEN (OLD.command IN ('deploy-shop', 'rollback-shop')) EXECUTE FUNCTION shop_run_ended();
