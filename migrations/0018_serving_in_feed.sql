-- Whoever measures deployments follows the feed: a deployment begins to serve, or serves another specification.
DROP TRIGGER deployment_changed ON online_deployments;
CREATE TRIGGER deployment_changed AFTER UPDATE ON online_deployments FOR EACH ROW
    WHEN ((OLD.name, OLD.properties, OLD.instance_count, OLD.scaled_count, OLD.replica_generation, OLD.serving_generation,
            OLD.provisioning_state = 'Deleting')
        IS DISTINCT FROM (NEW.name, NEW.properties, NEW.instance_count, NEW.scaled_count, NEW.replica_generation,
            NEW.serving_generation, NEW.provisioning_state = 'Deleting'))
    EXECUTE FUNCTION note_deployment();
