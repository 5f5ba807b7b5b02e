-- One role and one schema per module: no module can read another's tables.
-- Run it once, as a superuser, in the database that the platform is to use. Change the passwords.
DO $$
DECLARE
    module text;
BEGIN
    FOREACH module IN ARRAY ARRAY['orders', 'payments', 'notifications', 'inventory'] LOOP
        EXECUTE format('CREATE ROLE %I LOGIN PASSWORD %L', module, 'seam');
        EXECUTE format('CREATE SCHEMA %I AUTHORIZATION %I', module, module);
        EXECUTE format('ALTER ROLE %I SET search_path = %I', module, module);
    END LOOP;
END
$$;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
