-- Where batch jobs run, and clusters that endpoints are attached to.
CREATE TABLE computes (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name text NOT NULL,
    kind text NOT NULL,
    envelope jsonb NOT NULL,
    properties jsonb NOT NULL,
    revision bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    modified_at timestamptz NOT NULL DEFAULT now(),
    modified_by text NOT NULL
);
CREATE UNIQUE INDEX computes_name ON computes (workspace_id, lower(name));
CREATE INDEX computes_page ON computes (workspace_id, created_at, id);
