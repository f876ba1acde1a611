-- Online endpoints, their keys, and their deployments.
CREATE TABLE online_endpoints (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id),
    name text NOT NULL,
    envelope jsonb NOT NULL,
    properties jsonb NOT NULL,
    provisioning_state text NOT NULL
        CHECK (provisioning_state IN ('Creating', 'Updating', 'Scaling', 'Deleting', 'Succeeded', 'Failed', 'Canceled')),
    revision bigint NOT NULL DEFAULT 1,
    generation bigint NOT NULL DEFAULT 1,
    observed_generation bigint NOT NULL DEFAULT 0 CHECK (observed_generation <= generation),
    last_operation_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    modified_at timestamptz NOT NULL DEFAULT now(),
    modified_by text NOT NULL
);
-- The scoring path holds the endpoint's name alone, so a name is taken once for all workspaces.
CREATE UNIQUE INDEX online_endpoints_name ON online_endpoints (lower(name));
CREATE INDEX online_endpoints_page ON online_endpoints (workspace_id, created_at, id);

CREATE TABLE endpoint_keys (
    endpoint_id uuid NOT NULL REFERENCES online_endpoints (id) ON DELETE CASCADE,
    slot text NOT NULL CHECK (slot IN ('primary', 'secondary')),
    -- AES-256-GCM under the workspace's data key with endpoint and slot as context.
    sealed_key bytea NOT NULL,
    -- SHA-256 of the key in hexadecimal: all that routers get.
    digest text NOT NULL CHECK (length(digest) = 64),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (endpoint_id, slot)
);

CREATE TABLE online_deployments (
    id uuid PRIMARY KEY,
    endpoint_id uuid NOT NULL REFERENCES online_endpoints (id),
    name text NOT NULL,
    envelope jsonb NOT NULL,
    properties jsonb NOT NULL,
    instance_count integer NOT NULL CHECK (instance_count >= 0),
    provisioning_state text NOT NULL
        CHECK (provisioning_state IN ('Creating', 'Updating', 'Scaling', 'Deleting', 'Succeeded', 'Failed', 'Canceled')),
    revision bigint NOT NULL DEFAULT 1,
    generation bigint NOT NULL DEFAULT 1,
    observed_generation bigint NOT NULL DEFAULT 0 CHECK (observed_generation <= generation),
    -- Generation of the specification that replicas should run; 0 for none.
    replica_generation bigint NOT NULL DEFAULT 0,
    -- Generation of the specification that last proved ready; 0 for none. A failed update goes back to it.
    serving_generation bigint NOT NULL DEFAULT 0,
    -- Replica whose log shows why the last start failed; kept after the replica is gone.
    last_failed_replica uuid,
    last_operation_id uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    modified_at timestamptz NOT NULL DEFAULT now(),
    modified_by text NOT NULL
);
CREATE UNIQUE INDEX online_deployments_name ON online_deployments (endpoint_id, lower(name));
CREATE INDEX online_deployments_page ON online_deployments (endpoint_id, created_at, id);

-- What the replicas of a generation run; never changes.
CREATE TABLE replica_specifications (
    deployment_id uuid NOT NULL REFERENCES online_deployments (id) ON DELETE CASCADE,
    generation bigint NOT NULL,
    specification jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (deployment_id, generation)
);

CREATE TABLE replicas (
    id uuid PRIMARY KEY,
    deployment_id uuid NOT NULL REFERENCES online_deployments (id),
    generation bigint NOT NULL,
    state text NOT NULL
        CHECK (state IN ('pending', 'environment', 'artifacts', 'starting', 'probing', 'ready', 'failed', 'draining')),
    handle jsonb,
    -- Failed starts in a row; a ready replica starts again at 0.
    failures integer NOT NULL DEFAULT 0,
    retry_at timestamptz,
    error jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    CHECK (state NOT IN ('probing', 'ready') OR handle IS NOT NULL),
    CHECK ((state = 'failed') = (retry_at IS NOT NULL)),
    FOREIGN KEY (deployment_id, generation) REFERENCES replica_specifications (deployment_id, generation)
);
CREATE INDEX replicas_deployment ON replicas (deployment_id);
