-- A relay whose role owns no table makes and drops partitions with their owner's rights. What a function finds does not
-- depend on the caller's search path, and only who is told to may call it: see `ruche migrate --roles`.

DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION make_days(regclass, integer) SECURITY DEFINER SET search_path = %I, pg_temp',
        current_schema());
    EXECUTE format('ALTER FUNCTION drop_days(regclass, integer) SECURITY DEFINER SET search_path = %I, pg_temp',
        current_schema());
END $$;
REVOKE EXECUTE ON FUNCTION make_days(regclass, integer), drop_days(regclass, integer) FROM PUBLIC;
