-- Router processes and the tables that they were given.
CREATE TABLE routers (
    id uuid PRIMARY KEY,
    -- 0 for routers that somebody else starts.
    pid integer NOT NULL,
    start_ticks bigint NOT NULL,
    -- unix:/path or tcp:host:port
    control_address text NOT NULL UNIQUE,
    state text NOT NULL CHECK (state IN ('starting', 'live', 'removed')),
    acknowledged_generation bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE routing_generations (
    generation bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- SHA-256 of the table's routes: an equal table is not published again.
    digest text NOT NULL,
    route_count integer NOT NULL,
    published_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
