-- Replicas are placed on hosts. What is wanted of a replica is written by the leader, how it is doing by the reports of its
-- host: every column has one writer.
--
-- Locks are taken in one order everywhere: endpoint, deployment, workload, host, replica, work item, operation.

-- Who leads raises the term first: what an earlier leader is about to write is refused.
CREATE TABLE leadership (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    term bigint NOT NULL DEFAULT 0
);
INSERT INTO leadership DEFAULT VALUES;

CREATE TABLE hosts (
    id uuid PRIMARY KEY,
    name text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('local', 'remote', 'cluster', 'router')),
    -- Of a host inside the control plane: the data directory that it is the host of; NULL until one has registered.
    directory_id uuid UNIQUE,
    -- What the host says of itself.
    backends text[] NOT NULL DEFAULT '{}',
    architecture text NOT NULL DEFAULT '',
    -- Most that its replicas may use together; NULL for no bound.
    cpu_millicores integer,
    memory_bytes bigint,
    -- An operator lets nothing new be placed here.
    is_cordoned boolean NOT NULL DEFAULT false,
    -- Grows with every registration; reports of an earlier epoch are refused.
    epoch bigint NOT NULL DEFAULT 0,
    -- The epoch that the leader gave up: until it registers anew, the host counts as lost.
    lost_epoch bigint NOT NULL DEFAULT 0,
    -- Grows with every change of what is placed here.
    placed_revision bigint NOT NULL DEFAULT 0,
    -- Number of the last report of this epoch.
    reported bigint NOT NULL DEFAULT 0,
    seen_at timestamptz
);
INSERT INTO hosts (id, name, kind) VALUES (gen_random_uuid(), 'local', 'local');

ALTER TABLE workloads
    ADD COLUMN revision bigint NOT NULL DEFAULT 1,
    -- Unequal to `revision`: the planner has work.
    ADD COLUMN planned_revision bigint NOT NULL DEFAULT 0,
    -- Why replicas that are wanted could not be placed.
    ADD COLUMN shortfall jsonb;
CREATE INDEX workloads_unplanned ON workloads (id) WHERE planned_revision < revision;
CREATE INDEX workloads_short ON workloads (id) WHERE shortfall IS NOT NULL;

DROP TRIGGER replica_revised ON replicas;
DROP FUNCTION raise_replica_revision();
DROP TRIGGER replica_changed ON replicas;
DROP TRIGGER replica_wakes ON replicas;
DROP TRIGGER replica_moved ON replicas;
ALTER TABLE replicas
    DROP CONSTRAINT replicas_state_check, DROP CONSTRAINT replicas_check, DROP CONSTRAINT replicas_check1,
    DROP COLUMN revision,
    ADD COLUMN host_id uuid REFERENCES hosts (id),
    ADD COLUMN backend text NOT NULL DEFAULT 'local',
    -- What a placement reckons with; 0 for no bound.
    ADD COLUMN cpu_millicores integer NOT NULL DEFAULT 0,
    ADD COLUMN memory_bytes bigint NOT NULL DEFAULT 0,
    -- Written by the leader.
    ADD COLUMN desired text NOT NULL DEFAULT 'run' CHECK (desired IN ('run', 'drain', 'stop')),
    ADD COLUMN placed_revision bigint NOT NULL DEFAULT 0,
    -- No router sends requests to this life, or one before it, and none is inside.
    ADD COLUMN unrouted_life integer NOT NULL DEFAULT 0,
    -- A failure of this life, or of one before it, is tried again without its pause. Written by who asks for that.
    ADD COLUMN retry_life integer NOT NULL DEFAULT 0,
    -- Written by the host's reports; `state`, `failures`, `retry_at`, `error` too.
    ADD COLUMN life integer NOT NULL DEFAULT 0,
    ADD COLUMN address jsonb;
ALTER TABLE replicas RENAME COLUMN state TO phase;
UPDATE replicas SET host_id = (SELECT id FROM hosts),
    life = CASE WHEN handle IS NULL AND phase <> 'failed' THEN 0 ELSE 1 END,
    address = CASE WHEN handle IS NULL OR phase = 'failed' THEN NULL
        ELSE jsonb_build_object('address', handle -> 'address', 'scoringPath', handle -> 'scoringPath') END,
    desired = CASE WHEN phase = 'draining' THEN 'drain' ELSE 'run' END,
    phase = CASE WHEN phase <> 'draining' THEN phase WHEN handle IS NULL THEN 'pending' ELSE 'probing' END;
ALTER TABLE replicas
    DROP COLUMN handle,
    ALTER COLUMN host_id SET NOT NULL,
    ALTER COLUMN backend DROP DEFAULT,
    ADD CHECK (phase IN
        ('pending', 'environment', 'artifacts', 'starting', 'probing', 'ready', 'failed', 'stopping')),
    ADD CHECK (phase <> 'ready' OR address IS NOT NULL),
    ADD CHECK ((phase = 'failed') = (retry_at IS NOT NULL));
CREATE INDEX replicas_placed ON replicas (host_id, placed_revision);
-- What the leader waits for before it goes on.
CREATE INDEX replicas_leaving ON replicas (id)
    WHERE desired = 'drain' OR (desired = 'run' AND phase = 'failed' AND unrouted_life < life);

-- Whoever routes to deployments or measures them follows the feed.
CREATE TRIGGER replica_changed AFTER UPDATE ON replicas FOR EACH ROW
    WHEN ((OLD.phase = 'ready' AND OLD.desired = 'run', OLD.life, OLD.address)
        IS DISTINCT FROM (NEW.phase = 'ready' AND NEW.desired = 'run', NEW.life, NEW.address))
    EXECUTE FUNCTION note_replica();
CREATE TRIGGER replica_removed AFTER DELETE ON replicas FOR EACH ROW EXECUTE FUNCTION note_replica();
CREATE TRIGGER replica_wakes AFTER INSERT OR DELETE ON replicas FOR EACH ROW EXECUTE FUNCTION wake_for_replica();
CREATE TRIGGER replica_moved AFTER UPDATE ON replicas FOR EACH ROW
    WHEN ((OLD.phase, OLD.desired, OLD.failures, OLD.error)
        IS DISTINCT FROM (NEW.phase, NEW.desired, NEW.failures, NEW.error))
    EXECUTE FUNCTION wake_for_replica();

-- How long each life of a replica took of its host. History: it outlives what it tells of, so no foreign key leads in or out.
CREATE TABLE usage_spans (
    replica_id uuid NOT NULL,
    life integer NOT NULL,
    owner_kind text NOT NULL,
    owner_id uuid NOT NULL,
    -- Of the owner and what it lies in, by their types.
    names jsonb NOT NULL,
    instance_type text NOT NULL,
    region text NOT NULL,
    tags jsonb NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    PRIMARY KEY (replica_id, life)
);
CREATE INDEX usage_spans_open ON usage_spans (replica_id) WHERE ended_at IS NULL;
CREATE INDEX usage_spans_owner ON usage_spans (owner_id, started_at);
