-- What a workspace knows of services outside: where they are, and, sealed, what opens them.
CREATE TABLE connections (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name text NOT NULL,
    category text NOT NULL,
    auth_type text NOT NULL,
    target text,
    metadata jsonb NOT NULL,
    settings jsonb NOT NULL,
    -- Under the workspace's data key; NULL for kinds without credentials.
    sealed_credentials bytea,
    revision bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    modified_at timestamptz NOT NULL DEFAULT now(),
    modified_by text NOT NULL
);
CREATE UNIQUE INDEX connections_name ON connections (workspace_id, lower(name));
CREATE INDEX connections_page ON connections (workspace_id, created_at, id);
