-- Which workspace a container of the artifact store belongs to. What is not listed belongs to nobody, and is reached by
-- the account's key alone.
CREATE TABLE artifact_containers (
    name text PRIMARY KEY,
    -- Null once the workspace is gone.
    workspace_id uuid REFERENCES workspaces (id) ON DELETE SET NULL,
    purpose text NOT NULL CHECK (purpose IN ('version', 'datastore', 'upload', 'output', 'log')),
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'marked')),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX artifact_containers_workspace ON artifact_containers (workspace_id);

-- Default datastores first: no other workspace can have named their containers. Of several datastores of one container
-- the oldest one counts.
INSERT INTO artifact_containers (name, workspace_id, purpose, created_at)
SELECT DISTINCT ON (properties ->> 'containerName') properties ->> 'containerName', workspace_id, 'datastore', created_at
FROM datastores
ORDER BY properties ->> 'containerName', is_default DESC, created_at, id;

-- Containers of uploads are named after a digest of what they were made for. Those of versions that were never
-- registered get their owner when the upload is asked for again.
INSERT INTO artifact_containers (name, workspace_id, purpose, created_at)
SELECT CASE c.kind WHEN 'codes' THEN 'code' WHEN 'models' THEN 'model' ELSE 'data' END || '-'
        || left(encode(sha256(convert_to(
            upper(c.workspace_id::text) || '/' || c.kind || '/' || lower(c.name) || '/' || lower(v.version), 'UTF8')),
            'hex'), 32),
    c.workspace_id, 'version', v.created_at
FROM asset_versions v JOIN asset_containers c ON c.id = v.container_id
WHERE c.kind IN ('codes', 'models', 'data')
ON CONFLICT (name) DO NOTHING;

-- A token for storage opened every blob until now, whatever the roles of its principal. Owners of everything keep that.
INSERT INTO role_assignments (name, scope, role_definition_id, principal_id, principal_type, created_by, changed_by)
SELECT gen_random_uuid(), '/', 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b', principal_id, principal_type, created_by, changed_by
FROM role_assignments
WHERE scope = '/' AND role_definition_id = '8e3af657-a8ff-443c-a75c-2fe8c4bcb635';
