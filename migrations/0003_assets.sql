-- Versioned assets: code, models, environments.
CREATE TABLE asset_containers (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('codes', 'models', 'environments')),
    name text NOT NULL,
    properties jsonb NOT NULL,
    is_archived boolean NOT NULL DEFAULT false,
    revision bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    modified_at timestamptz NOT NULL DEFAULT now(),
    modified_by text NOT NULL
);
CREATE UNIQUE INDEX asset_containers_name ON asset_containers (workspace_id, kind, lower(name));
CREATE INDEX asset_containers_page ON asset_containers (workspace_id, kind, created_at, id);

CREATE TABLE asset_versions (
    id uuid PRIMARY KEY,
    container_id uuid NOT NULL REFERENCES asset_containers (id) ON DELETE CASCADE,
    version text NOT NULL,
    properties jsonb NOT NULL,
    content jsonb NOT NULL,
    -- Hash that the client gave its code folder; equal code is found by it.
    content_hash text,
    is_archived boolean NOT NULL DEFAULT false,
    revision bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    modified_at timestamptz NOT NULL DEFAULT now(),
    modified_by text NOT NULL
);
CREATE UNIQUE INDEX asset_versions_version ON asset_versions (container_id, lower(version));
CREATE INDEX asset_versions_page ON asset_versions (container_id, created_at, id);
CREATE INDEX asset_versions_hash ON asset_versions (content_hash) WHERE content_hash IS NOT NULL;
