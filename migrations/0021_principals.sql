-- Principals of other kinds than applications, with as many credentials as they need.
ALTER TABLE principals
    ADD COLUMN kind text NOT NULL DEFAULT 'application'
        CHECK (kind IN ('application', 'managedIdentity', 'user', 'group', 'external')),
    -- Whose tokens an external principal brings, and its subject there.
    ADD COLUMN issuer text,
    ADD COLUMN subject text,
    -- ARM id of the resource that a managed identity belongs to.
    ADD COLUMN resource_id text,
    ALTER COLUMN application_id DROP NOT NULL,
    ALTER COLUMN secret_hash DROP NOT NULL;

CREATE TABLE principal_credentials (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    principal_id uuid NOT NULL REFERENCES principals (object_id) ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('secret', 'certificate', 'federated')),
    -- Of a secret pbkdf2-sha256$iterations$salt$hash, of a certificate its SHA-256; the secret itself is nowhere.
    digest text,
    issuer text,
    subject text,
    audiences text[],
    expires_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (CASE kind WHEN 'federated' THEN issuer IS NOT NULL AND subject IS NOT NULL ELSE digest IS NOT NULL END)
);
CREATE INDEX principal_credentials_principal ON principal_credentials (principal_id);

INSERT INTO principal_credentials (principal_id, kind, digest, created_at)
SELECT object_id, 'secret', secret_hash, created_at FROM principals WHERE secret_hash IS NOT NULL;

-- A server of the version before writes the hash beside the principal, as long as it runs beside this one.
CREATE FUNCTION keep_secret_hash() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO principal_credentials (principal_id, kind, digest) VALUES (NEW.object_id, 'secret', NEW.secret_hash);
    RETURN NULL;
END $$;
CREATE TRIGGER principal_secret AFTER INSERT ON principals FOR EACH ROW
    WHEN (NEW.secret_hash IS NOT NULL) EXECUTE FUNCTION keep_secret_hash();

ALTER TABLE role_assignments
    ADD COLUMN condition text,
    ADD COLUMN condition_version text,
    ADD COLUMN expires_at timestamptz;
