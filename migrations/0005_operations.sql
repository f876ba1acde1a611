-- Long-running operations and the queue that carries them out.
CREATE TABLE operations (
    id uuid PRIMARY KEY,
    kind text NOT NULL
        CHECK (kind IN ('put_endpoint', 'delete_endpoint', 'regenerate_keys', 'put_deployment', 'delete_deployment')),
    resource_id text NOT NULL,
    subject_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    generation bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('accepted', 'running', 'succeeded', 'failed', 'canceled')),
    -- Number of steps that are done.
    cursor integer NOT NULL DEFAULT 0,
    timeline jsonb NOT NULL,
    error jsonb,
    location text NOT NULL,
    correlation_id text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    deadline_at timestamptz NOT NULL,
    finished_at timestamptz,
    CHECK ((finished_at IS NOT NULL) = (state IN ('succeeded', 'failed', 'canceled'))),
    CHECK ((error IS NOT NULL) = (state IN ('failed', 'canceled')))
);
-- At most one operation runs per endpoint or deployment.
CREATE UNIQUE INDEX operations_running ON operations (subject_id) WHERE state IN ('accepted', 'running');
CREATE INDEX operations_finished ON operations (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE work_items (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    operation_id uuid NOT NULL UNIQUE REFERENCES operations (id) ON DELETE CASCADE,
    run_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempt integer NOT NULL DEFAULT 0,
    owner uuid,
    lease_expires_at timestamptz,
    last_error text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((owner IS NULL) = (lease_expires_at IS NULL))
);
CREATE INDEX work_items_claimable ON work_items (run_at, id) WHERE owner IS NULL;
CREATE INDEX work_items_leased ON work_items (lease_expires_at) WHERE owner IS NOT NULL;
