-- Data assets, and datastores: names under a workspace for containers of the artifact store.
ALTER TABLE asset_containers DROP CONSTRAINT asset_containers_kind_check,
    ADD CONSTRAINT asset_containers_kind_check CHECK (kind IN ('codes', 'models', 'environments', 'data'));

CREATE TABLE datastores (
    id uuid PRIMARY KEY,
    workspace_id uuid NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
    name text NOT NULL,
    properties jsonb NOT NULL,
    is_default boolean NOT NULL DEFAULT false,
    revision bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    modified_at timestamptz NOT NULL DEFAULT now(),
    modified_by text NOT NULL
);
CREATE UNIQUE INDEX datastores_name ON datastores (workspace_id, lower(name));
CREATE UNIQUE INDEX datastores_default ON datastores (workspace_id) WHERE is_default;
CREATE INDEX datastores_page ON datastores (workspace_id, created_at, id);

-- Every workspace has a default datastore from its making on; those made earlier get theirs now.
INSERT INTO datastores (id, workspace_id, name, properties, is_default, created_at, created_by, modified_at, modified_by)
SELECT gen_random_uuid(), id, 'workspaceblobstore',
    jsonb_build_object('containerName', 'azureml-blobstore-' || id, 'tags', '{}'::jsonb, 'properties', '{}'::jsonb), true,
    created_at, created_by, created_at, created_by
FROM workspaces;
