-- Which endpoints and deployments changed, for whoever keeps a copy of them or brings about what they want. A reader asks
-- for what was written since its last look, so that an idle look costs one index read however much is stored.
--
-- Transactions end in another order than they began, so no sequence tells what is new. Ids of transactions do: all below the
-- oldest one that runs have ended, and the rows of one transaction appear together.
CREATE TABLE change_feed (
    transaction_id xid8 NOT NULL DEFAULT pg_current_xact_id(),
    endpoint_id uuid NOT NULL,
    -- NULL for what concerns the endpoint alone.
    deployment_id uuid,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX change_feed_reading ON change_feed (transaction_id);

CREATE FUNCTION note_endpoint() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO change_feed (endpoint_id) VALUES (coalesce(NEW.id, OLD.id));
    RETURN NULL;
END $$;
CREATE TRIGGER endpoint_made AFTER INSERT OR DELETE ON online_endpoints FOR EACH ROW EXECUTE FUNCTION note_endpoint();
CREATE TRIGGER endpoint_changed AFTER UPDATE ON online_endpoints FOR EACH ROW
    WHEN ((OLD.name, OLD.envelope, OLD.properties, OLD.provisioning_state = 'Deleting')
        IS DISTINCT FROM (NEW.name, NEW.envelope, NEW.properties, NEW.provisioning_state = 'Deleting'))
    EXECUTE FUNCTION note_endpoint();

CREATE FUNCTION note_endpoint_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO change_feed (endpoint_id) VALUES (coalesce(NEW.endpoint_id, OLD.endpoint_id));
    RETURN NULL;
END $$;
CREATE TRIGGER endpoint_key_changed AFTER INSERT OR UPDATE OR DELETE ON endpoint_keys
    FOR EACH ROW EXECUTE FUNCTION note_endpoint_key();

CREATE FUNCTION note_deployment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO change_feed (endpoint_id, deployment_id)
    VALUES (coalesce(NEW.endpoint_id, OLD.endpoint_id), coalesce(NEW.id, OLD.id));
    RETURN NULL;
END $$;
CREATE TRIGGER deployment_made AFTER INSERT OR DELETE ON online_deployments FOR EACH ROW EXECUTE FUNCTION note_deployment();
CREATE TRIGGER deployment_changed AFTER UPDATE ON online_deployments FOR EACH ROW
    WHEN ((OLD.name, OLD.properties, OLD.instance_count, OLD.scaled_count, OLD.replica_generation,
            OLD.provisioning_state = 'Deleting')
        IS DISTINCT FROM (NEW.name, NEW.properties, NEW.instance_count, NEW.scaled_count, NEW.replica_generation,
            NEW.provisioning_state = 'Deleting'))
    EXECUTE FUNCTION note_deployment();

-- Grows with every write, whoever writes: what was read at an older revision is out of date.
ALTER TABLE replicas ADD COLUMN revision bigint NOT NULL DEFAULT 1;
CREATE FUNCTION raise_replica_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.revision = OLD.revision + 1;
    RETURN NEW;
END $$;
CREATE TRIGGER replica_revised BEFORE UPDATE ON replicas FOR EACH ROW EXECUTE FUNCTION raise_replica_revision();

CREATE FUNCTION note_replica() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO change_feed (endpoint_id, deployment_id)
    SELECT endpoint_id, id FROM online_deployments WHERE id = coalesce(NEW.deployment_id, OLD.deployment_id);
    RETURN NULL;
END $$;
CREATE TRIGGER replica_changed AFTER INSERT OR UPDATE OR DELETE ON replicas FOR EACH ROW EXECUTE FUNCTION note_replica();

-- Whether something that is left on a host belongs to the last failure of a deployment.
CREATE INDEX online_deployments_failure ON online_deployments (last_failed_replica) WHERE last_failed_replica IS NOT NULL;
