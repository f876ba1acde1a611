-- Replicas that the utilization scaler wants; NULL for a deployment of a fixed count, which `instance_count` gives.
ALTER TABLE online_deployments ADD COLUMN scaled_count integer CHECK (scaled_count >= 0);
CREATE INDEX online_deployments_scaled ON online_deployments (id) WHERE scaled_count IS NOT NULL;

-- The scaling ledger: every change of a deployment's number of replicas, with what it was decided from.
CREATE TABLE scaling_decisions (
    id uuid PRIMARY KEY,
    deployment_id uuid NOT NULL REFERENCES online_deployments (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    from_count integer NOT NULL CHECK (from_count >= 0),
    to_count integer NOT NULL CHECK (to_count >= 0),
    reason text NOT NULL,
    -- `utilization`, the id of an autoscale setting, or the caller who wrote the number.
    decided_by text NOT NULL,
    inputs jsonb NOT NULL
);
CREATE INDEX scaling_decisions_page ON scaling_decisions (deployment_id, created_at, id);

-- What each deployment had to do and what its replicas used, minute by minute: for metric rules, for metrics and for
-- playing a load through again.
CREATE TABLE deployment_minutes (
    deployment_id uuid NOT NULL REFERENCES online_deployments (id) ON DELETE CASCADE,
    minute timestamptz NOT NULL,
    -- Requests that arrived in each second of the minute.
    arrivals integer[] NOT NULL,
    -- Answers by status class (1xx first) and by time (`LatencyBuckets`), and the sum of their times in microseconds.
    answers bigint[] NOT NULL,
    latencies bigint[] NOT NULL,
    duration_sum_us bigint NOT NULL,
    -- Time inside replicas and time waiting, in microseconds, summed over requests.
    busy_us bigint NOT NULL,
    queued_us bigint NOT NULL,
    -- Highest utilization of the minute, and its mean, in percent.
    utilization_peak real NOT NULL,
    utilization_mean real NOT NULL,
    ready_replicas real NOT NULL,
    -- Percent of the instance type's limits, over all replicas; NULL where the backend can't tell.
    cpu_mean real,
    cpu_peak real,
    memory_mean real,
    memory_peak real,
    PRIMARY KEY (deployment_id, minute)
);
CREATE INDEX deployment_minutes_age ON deployment_minutes (minute);
