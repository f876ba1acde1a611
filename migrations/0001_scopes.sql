-- Where resources live: subscriptions, resource groups, workspaces.
CREATE TABLE subscriptions (
    id text PRIMARY KEY CHECK (id = lower(id)),
    display_name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE resource_groups (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    subscription_id text NOT NULL REFERENCES subscriptions (id),
    name text NOT NULL,
    location text NOT NULL,
    tags jsonb NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX resource_groups_name ON resource_groups (subscription_id, lower(name));

CREATE TABLE workspaces (
    id uuid PRIMARY KEY,
    resource_group_id uuid NOT NULL REFERENCES resource_groups (id),
    name text NOT NULL,
    envelope jsonb NOT NULL,
    properties jsonb NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    generation bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    modified_at timestamptz NOT NULL DEFAULT now(),
    modified_by text NOT NULL
);
CREATE UNIQUE INDEX workspaces_name ON workspaces (resource_group_id, lower(name));
