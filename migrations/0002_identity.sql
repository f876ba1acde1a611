-- Who may call, and the keys that tokens are signed with.
CREATE TABLE principals (
    object_id uuid PRIMARY KEY,
    application_id uuid NOT NULL UNIQUE,
    display_name text NOT NULL,
    -- pbkdf2-sha256$iterations$salt$hash; the secret itself is nowhere.
    secret_hash text NOT NULL,
    is_enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE signing_keys (
    key_id text PRIMARY KEY,
    -- PKCS #8 PEM under AES-256-GCM with the key id as context.
    sealed_private_key bytea NOT NULL,
    public_key_pem text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz
);

-- One data key per workspace, itself under the master key: endpoint keys are sealed with it.
CREATE TABLE data_keys (
    workspace_id uuid PRIMARY KEY REFERENCES workspaces (id) ON DELETE CASCADE,
    sealed_key bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
