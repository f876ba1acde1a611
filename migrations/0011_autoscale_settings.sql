-- Rules and schedules for the instance counts of deployments (Microsoft.Insights/autoscaleSettings).
CREATE TABLE autoscale_settings (
    id uuid PRIMARY KEY,
    resource_group_id uuid NOT NULL REFERENCES resource_groups (id),
    name text NOT NULL,
    location text NOT NULL,
    tags jsonb NOT NULL,
    properties jsonb NOT NULL,
    -- ARM id of the deployment in lower case. It need not be there: deleting a deployment leaves its setting.
    target text NOT NULL,
    -- When it last changed a number of instances.
    last_scaled_at timestamptz,
    revision bigint NOT NULL DEFAULT 1,
    generation bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    modified_at timestamptz NOT NULL DEFAULT now(),
    modified_by text NOT NULL
);
CREATE UNIQUE INDEX autoscale_settings_name ON autoscale_settings (resource_group_id, lower(name));
CREATE INDEX autoscale_settings_page ON autoscale_settings (resource_group_id, created_at, id);
-- A deployment has one scaler.
CREATE UNIQUE INDEX autoscale_settings_target ON autoscale_settings (target);
