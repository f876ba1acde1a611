-- What wants replicas: so many, of one specification. An online deployment has one, with its own id; others will have theirs.
CREATE TABLE workloads (
    id uuid PRIMARY KEY,
    -- Whether requests are sent to its replicas, or they do something and end.
    kind text NOT NULL CHECK (kind IN ('serving', 'task')),
    role text NOT NULL DEFAULT 'primary' CHECK (role IN ('primary', 'debug')),
    -- What it belongs to, such as `online_deployment`; the kinds are known to the code.
    owner_kind text NOT NULL,
    owner_id uuid NOT NULL,
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    -- NULL for the installation's own compute.
    compute_id uuid REFERENCES computes (id),
    wanted integer NOT NULL CHECK (wanted >= 0),
    -- Generation of the specification that replicas should run; 0 for none.
    target_generation bigint NOT NULL DEFAULT 0,
    -- Generation of the specification that last proved ready; 0 for none. A failed update goes back to it.
    proven_generation bigint NOT NULL DEFAULT 0,
    -- Replica whose log shows why the last start failed; kept after the replica is gone.
    last_failed_replica uuid,
    UNIQUE (owner_kind, owner_id, role)
);
CREATE INDEX workloads_failure ON workloads (last_failed_replica) WHERE last_failed_replica IS NOT NULL;

INSERT INTO workloads (id, kind, owner_kind, owner_id, workspace_id, wanted, target_generation, proven_generation,
    last_failed_replica)
SELECT d.id, 'serving', 'online_deployment', d.id, e.workspace_id,
    CASE WHEN d.provisioning_state = 'Deleting' THEN 0 ELSE coalesce(d.scaled_count, d.instance_count) END,
    d.replica_generation, d.serving_generation, d.last_failed_replica
FROM online_deployments d JOIN online_endpoints e ON e.id = d.endpoint_id;

-- What the replicas of a generation run.
ALTER TABLE replica_specifications RENAME TO specifications;
ALTER TABLE specifications RENAME COLUMN deployment_id TO workload_id;
ALTER TABLE specifications RENAME COLUMN specification TO body;
ALTER TABLE specifications
    DROP CONSTRAINT replica_specifications_deployment_id_fkey,
    ADD FOREIGN KEY (workload_id) REFERENCES workloads (id) ON DELETE CASCADE;

-- Functions of triggers read the old names until the end of this file.
DROP TRIGGER replica_changed ON replicas;
DROP TRIGGER replica_wakes ON replicas;
DROP TRIGGER replica_moved ON replicas;
ALTER TABLE replicas RENAME COLUMN deployment_id TO workload_id;
ALTER TABLE replicas
    DROP CONSTRAINT replicas_deployment_id_fkey,
    ADD FOREIGN KEY (workload_id) REFERENCES workloads (id);
ALTER INDEX replicas_deployment RENAME TO replicas_workload;

DROP TRIGGER deployment_changed ON online_deployments;
DROP TRIGGER deployment_wants ON online_deployments;
DROP FUNCTION wake_for_deployment();
ALTER TABLE online_deployments
    DROP COLUMN scaled_count, DROP COLUMN replica_generation, DROP COLUMN serving_generation,
    DROP COLUMN last_failed_replica;
CREATE INDEX online_deployments_scaled ON online_deployments (id)
    WHERE properties -> 'scaleSettings' ->> 'scaleType' = 'TargetUtilization';

CREATE TRIGGER deployment_changed AFTER UPDATE ON online_deployments FOR EACH ROW
    WHEN ((OLD.name, OLD.properties, OLD.instance_count, OLD.provisioning_state = 'Deleting')
        IS DISTINCT FROM (NEW.name, NEW.properties, NEW.instance_count, NEW.provisioning_state = 'Deleting'))
    EXECUTE FUNCTION note_deployment();

CREATE FUNCTION note_workload() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO change_feed (endpoint_id, deployment_id)
    SELECT d.endpoint_id, d.id FROM online_deployments d
    WHERE NEW.owner_kind = 'online_deployment' AND d.id = NEW.owner_id;
    RETURN NULL;
END $$;
CREATE TRIGGER workload_changed AFTER UPDATE ON workloads FOR EACH ROW
    WHEN ((OLD.wanted, OLD.target_generation, OLD.proven_generation)
        IS DISTINCT FROM (NEW.wanted, NEW.target_generation, NEW.proven_generation))
    EXECUTE FUNCTION note_workload();

CREATE FUNCTION wake_for_workload() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM wake_work(NEW.owner_id);
    RETURN NULL;
END $$;
CREATE TRIGGER workload_wants AFTER UPDATE ON workloads FOR EACH ROW
    WHEN ((OLD.wanted, OLD.target_generation) IS DISTINCT FROM (NEW.wanted, NEW.target_generation))
    EXECUTE FUNCTION wake_for_workload();

CREATE OR REPLACE FUNCTION note_replica() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO change_feed (endpoint_id, deployment_id)
    SELECT d.endpoint_id, d.id FROM workloads w JOIN online_deployments d ON d.id = w.owner_id
    WHERE w.id = coalesce(NEW.workload_id, OLD.workload_id) AND w.owner_kind = 'online_deployment';
    RETURN NULL;
END $$;
CREATE TRIGGER replica_changed AFTER INSERT OR UPDATE OR DELETE ON replicas FOR EACH ROW EXECUTE FUNCTION note_replica();

CREATE OR REPLACE FUNCTION wake_for_replica() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owner uuid;
BEGIN
    SELECT owner_id INTO owner FROM workloads WHERE id = coalesce(NEW.workload_id, OLD.workload_id);
    PERFORM wake_work(owner);
    IF TG_OP = 'DELETE' THEN
        -- The deletion of an endpoint waits for the replicas of all its deployments.
        PERFORM wake_work(d.endpoint_id) FROM online_deployments d WHERE d.id = owner;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER replica_wakes AFTER INSERT OR DELETE ON replicas FOR EACH ROW EXECUTE FUNCTION wake_for_replica();
CREATE TRIGGER replica_moved AFTER UPDATE ON replicas FOR EACH ROW
    WHEN ((OLD.state, OLD.failures, OLD.error) IS DISTINCT FROM (NEW.state, NEW.failures, NEW.error))
    EXECUTE FUNCTION wake_for_replica();
