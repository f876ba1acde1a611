-- Deployments of ARM templates: their history, what they did about each resource, and answers of what-if.
ALTER TABLE operations ALTER COLUMN workspace_id DROP NOT NULL;
ALTER TABLE operations DROP CONSTRAINT operations_kind_check,
    ADD CONSTRAINT operations_kind_check CHECK (kind IN ('put_endpoint', 'delete_endpoint', 'regenerate_keys',
        'put_deployment', 'delete_deployment', 'deploy_template', 'delete_group'));

-- A group that is being deleted takes nothing new.
ALTER TABLE resource_groups ADD COLUMN is_deleting boolean NOT NULL DEFAULT false;

CREATE TABLE template_deployments (
    id uuid PRIMARY KEY,
    subscription_id text NOT NULL REFERENCES subscriptions (id),
    -- None at subscription scope.
    resource_group_id uuid REFERENCES resource_groups (id) ON DELETE CASCADE,
    name text NOT NULL,
    location text,
    tags jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('Accepted', 'Running', 'Succeeded', 'Failed', 'Canceled')),
    mode text NOT NULL CHECK (mode IN ('Incremental', 'Complete')),
    -- The operation that carries it out, which a nested one shares with its root.
    operation_id uuid NOT NULL,
    is_nested boolean NOT NULL,
    caller_object_id uuid NOT NULL,
    caller_application_id text NOT NULL,
    correlation_id text NOT NULL,
    -- How the caller reached us: part of what references to resources show.
    base_url text NOT NULL,
    template json NOT NULL,
    template_hash text NOT NULL,
    -- Templates behind links, by address.
    linked_templates json NOT NULL,
    -- All values, secure ones too, sealed under the master key; none for a nested one, whose parent evaluates them.
    sealed_parameters bytea,
    request json NOT NULL,
    parameters json NOT NULL,
    summary json NOT NULL,
    outputs json,
    output_resources json,
    error jsonb,
    started_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX template_deployments_name ON template_deployments
    (subscription_id, coalesce(resource_group_id, '00000000-0000-0000-0000-000000000000'), lower(name));
CREATE INDEX template_deployments_operation ON template_deployments (operation_id);
CREATE INDEX template_deployments_page ON template_deployments (subscription_id, resource_group_id, created_at, id);

CREATE TABLE template_deployment_steps (
    deployment_id uuid NOT NULL REFERENCES template_deployments ON DELETE CASCADE,
    position integer NOT NULL,
    kind text NOT NULL,
    state text NOT NULL CHECK (state IN ('Running', 'Succeeded', 'Failed', 'Canceled')),
    target text,
    target_type text,
    target_name text,
    status_code text NOT NULL,
    error jsonb,
    started_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (deployment_id, position)
);

CREATE TABLE what_if_results (
    id uuid PRIMARY KEY,
    subscription_id text NOT NULL,
    result json NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX what_if_results_age ON what_if_results (created_at);
