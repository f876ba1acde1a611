-- An operation may wait for others: the deployment of a template for those of its resources, the deletion of a group for
-- those of its members. It may have begun them or joined them, so one may be waited for by several.
CREATE TABLE operation_waits (
    waiter_id uuid NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
    operation_id uuid NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
    PRIMARY KEY (waiter_id, operation_id)
);
CREATE INDEX operation_waits_operation ON operation_waits (operation_id);
-- Somebody waits for it. Most are waited for by nobody, and their ends shall not pay for those that are.
ALTER TABLE operations ADD COLUMN is_awaited boolean NOT NULL DEFAULT false;

-- Wakes whoever waits for the operation as a row. Who parks takes the same lock alone, and then looks for ended ones, so
-- that no end falls between its look and the parking; and many may end at once without waiting for one another.
--
-- The lock of a child's operation comes before that of its waiter's work item.
CREATE FUNCTION wake_waiters() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    waiter uuid;
BEGIN
    FOR waiter IN SELECT waiter_id FROM operation_waits WHERE operation_id = NEW.id ORDER BY waiter_id LOOP
        PERFORM pg_advisory_xact_lock_shared(7350925, hashtext(waiter::text));
        UPDATE work_items SET wakes = wakes + 1, run_at = least(run_at, clock_timestamp())
        WHERE operation_id = waiter AND owner IS NULL;
        IF FOUND THEN PERFORM pg_notify('sluice_' || current_schema(), 'work'); END IF;
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER operation_ended AFTER UPDATE OF state ON operations FOR EACH ROW
    WHEN (NEW.is_awaited AND OLD.state IN ('accepted', 'running') AND NEW.state NOT IN ('accepted', 'running'))
    EXECUTE FUNCTION wake_waiters();

ALTER TABLE template_deployment_steps
    -- What a running step waits for: the operation of its resource, or, where nothing was made yet, one in its way.
    ADD COLUMN awaited_operation_id uuid,
    -- Whether its resource was not there before; unknown until it has been put.
    ADD COLUMN was_made boolean,
    -- The row of a nested deployment that it began.
    ADD COLUMN nested_id uuid;
CREATE INDEX template_deployment_steps_nested ON template_deployment_steps (nested_id) WHERE nested_id IS NOT NULL;
