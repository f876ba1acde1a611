-- Containers of the artifact store that nothing names any more: marked, and removed a day later.
ALTER TABLE artifact_containers
    -- When somebody was last given the container to write to. What was signed then is valid for a day.
    ADD COLUMN claimed_at timestamptz NOT NULL DEFAULT now(),
    -- When it was marked, since nothing named it.
    ADD COLUMN unused_since timestamptz,
    ADD CONSTRAINT artifact_containers_unused CHECK ((state = 'marked') = (unused_since IS NOT NULL));
CREATE INDEX artifact_containers_marked ON artifact_containers (unused_since) WHERE state = 'marked';

-- The container that a version's address names, so that it is found without reading addresses.
ALTER TABLE asset_versions ADD COLUMN artifact_container text;
UPDATE asset_versions v SET artifact_container = a.name
FROM artifact_containers a
WHERE a.name = ANY (string_to_array(split_part(coalesce(v.content #>> '{code,_0,codeUri}',
    v.content #>> '{model,_0,modelUri}', v.content #>> '{data,_0,dataUri}'), '?', 1), '/'));
CREATE INDEX asset_versions_artifact_container ON asset_versions (artifact_container)
    WHERE artifact_container IS NOT NULL;
CREATE INDEX datastores_container ON datastores ((properties ->> 'containerName'));
