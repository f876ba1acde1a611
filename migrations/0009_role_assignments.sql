-- Who may do what, where. Role definitions are built in.
CREATE TABLE role_assignments (
    name uuid PRIMARY KEY,
    -- Id of what it holds for, and for everything below: '/' for all, else without a slash at the end.
    scope text NOT NULL,
    role_definition_id uuid NOT NULL,
    principal_id uuid NOT NULL,
    principal_type text NOT NULL,
    description text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_by text NOT NULL
);
CREATE UNIQUE INDEX role_assignments_meaning ON role_assignments (lower(scope), role_definition_id, principal_id);
CREATE INDEX role_assignments_principal ON role_assignments (principal_id);

-- Principals could do everything until now, and still can: Owner of everything.
INSERT INTO role_assignments (name, scope, role_definition_id, principal_id, principal_type, created_by, changed_by)
SELECT gen_random_uuid(), '/', '8e3af657-a8ff-443c-a75c-2fe8c4bcb635', object_id, 'ServicePrincipal', object_id, object_id
FROM principals;
