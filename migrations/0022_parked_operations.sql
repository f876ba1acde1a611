-- An operation that waits for its replicas waits as a row that nobody holds. Whoever changes what it waits for wakes it in
-- the same transaction, and counts that: a worker parks an operation only where nothing was counted since it looked.
--
-- Locks are taken in one order everywhere: endpoint, deployment, replica, work item, operation.
ALTER TABLE work_items
    -- Of the operation, once a worker has claimed it.
    ADD COLUMN subject_id uuid,
    ADD COLUMN wakes bigint NOT NULL DEFAULT 0,
    -- Tries that failed, since one got anywhere; claims are counted by attempt.
    ADD COLUMN failures integer NOT NULL DEFAULT 0;
CREATE INDEX work_items_subject ON work_items (subject_id);

CREATE FUNCTION wake_work(subject uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    is_parked boolean;
BEGIN
    UPDATE work_items SET wakes = wakes + 1, run_at = least(run_at, clock_timestamp()) WHERE subject_id = subject
    RETURNING owner IS NULL INTO is_parked;
    -- Workers are told only where one has something to do: replicas come and go by thousands without an operation.
    IF is_parked THEN PERFORM pg_notify('sluice_' || current_schema(), 'work'); END IF;
END $$;

CREATE FUNCTION wake_for_replica() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    deployment uuid := coalesce(NEW.deployment_id, OLD.deployment_id);
BEGIN
    PERFORM wake_work(deployment);
    IF TG_OP = 'DELETE' THEN
        -- The deletion of an endpoint waits for the replicas of all its deployments.
        PERFORM wake_work(d.endpoint_id) FROM online_deployments d WHERE d.id = deployment;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER replica_wakes AFTER INSERT OR DELETE ON replicas FOR EACH ROW EXECUTE FUNCTION wake_for_replica();
CREATE TRIGGER replica_moved AFTER UPDATE ON replicas FOR EACH ROW
    WHEN ((OLD.state, OLD.failures, OLD.error) IS DISTINCT FROM (NEW.state, NEW.failures, NEW.error))
    EXECUTE FUNCTION wake_for_replica();

CREATE FUNCTION wake_for_deployment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM wake_work(NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER deployment_wants AFTER UPDATE ON online_deployments FOR EACH ROW
    WHEN ((OLD.instance_count, OLD.scaled_count, OLD.replica_generation)
        IS DISTINCT FROM (NEW.instance_count, NEW.scaled_count, NEW.replica_generation))
    EXECUTE FUNCTION wake_for_deployment();
