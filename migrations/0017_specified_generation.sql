-- Generation of the specification that the stored properties ask for; 0 before the first. Replicas run an older one after it
-- failed (`serving_generation`), until somebody writes the deployment again.
ALTER TABLE online_deployments ADD COLUMN specified_generation bigint NOT NULL DEFAULT 0;
UPDATE online_deployments d SET specified_generation = coalesce(
    (SELECT max(s.generation) FROM replica_specifications s WHERE s.deployment_id = d.id), 0);
