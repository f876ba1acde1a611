"""Computes by the unmodified SDK, by REST, and by template."""
import pytest
from azure.ai.ml.entities import AmlCompute, KubernetesCompute
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from support import finish
from templates import WORKSPACES, resource, template

CLUSTER = "/subscriptions/%s/resourceGroups/r/providers/Microsoft.Kubernetes/connectedClusters/house" % ("0" * 8)


@pytest.fixture(scope="module")
def pool(ml):
    return finish(ml.compute.begin_create_or_update(AmlCompute(
        name="cpu-cluster", size="STANDARD_DS3_V2", min_instances=0, max_instances=3, idle_time_before_scale_down=180,
        tier="low_priority", description="For batch jobs", tags={"team": "one"})))


def test_created_pool_reads_back(ml, pool):
    found = ml.compute.get("cpu-cluster")
    assert isinstance(found, AmlCompute)
    assert (found.size, found.min_instances, found.max_instances) == ("STANDARD_DS3_V2", 0, 3)
    assert (found.tier, found.idle_time_before_scale_down) == ("low_priority", 180)
    assert (found.description, found.tags, found.provisioning_state) == ("For batch jobs", {"team": "one"}, "Succeeded")


def test_pool_without_jobs_has_no_nodes(ml, rest, pool):
    assert list(ml.compute.list_nodes("cpu-cluster")) == []
    inner = rest("GET", "computes/cpu-cluster").json()["properties"]["properties"]
    assert (inner["currentNodeCount"], inner["allocationState"]) == (0, "Steady")


def test_update_changes_the_limits_of_a_pool(ml, pool):
    # The SDK sends no location.
    found = ml.compute.get("cpu-cluster")
    found.max_instances = 5
    assert finish(ml.compute.begin_update(found)).max_instances == 5


def test_patch_changes_the_scale_settings(rest, ml, pool):
    scale = {"minNodeCount": 1, "maxNodeCount": 2, "nodeIdleTimeBeforeScaleDown": "PT5M"}
    answer = rest("PATCH", "computes/cpu-cluster", {"properties": {"scaleSettings": scale}})
    assert answer.json()["properties"]["properties"]["scaleSettings"] == scale
    assert rest("PATCH", "computes/none", {"properties": {"scaleSettings": scale}}).status_code == 404


def test_computes_are_listed_by_their_kind(ml, pool):
    finish(ml.compute.begin_attach(KubernetesCompute(name="house", resource_id=CLUSTER, namespace="models")))
    assert {"cpu-cluster", "house"} <= {compute.name for compute in ml.compute.list()}
    assert [compute.name for compute in ml.compute.list(compute_type="kubernetes")] == ["house"]
    assert ml.compute.get("house").namespace == "models"


def test_cluster_with_endpoints_stays(ml, rest, arm, workspace_path):
    finish(ml.compute.begin_attach(KubernetesCompute(name="busy", resource_id=CLUSTER, namespace="default")))
    endpoint = workspace_path + "/onlineEndpoints/on-busy"
    body = {"location": "local", "properties": {"authMode": "Key", "compute": workspace_path + "/computes/busy"}}
    assert arm.put(endpoint, json=body).status_code == 201
    refused = rest("DELETE", "computes/busy?underlyingResourceAction=Detach")
    assert (refused.status_code, "on-busy" in refused.text) == (409, True)


@pytest.mark.parametrize("properties,field", [
    ({"computeType": "AmlCompute", "properties": {"vmSize": "STANDARD_NONE"}}, "$.properties.properties.vmSize"),
    ({"computeType": "AmlCompute", "properties": {"scaleSettings": {"minNodeCount": 9, "maxNodeCount": 2}}},
     "$.properties.properties.scaleSettings.minNodeCount"),
    ({"computeType": "AmlCompute", "properties": {"subnet": {"id": "/s"}}}, "$.properties.properties.subnet"),
    ({"computeType": "ComputeInstance", "properties": {}}, "$.properties.computeType"),
    ({"computeType": "Kubernetes", "properties": {}}, "$.properties.resourceId"),
])
def test_what_is_wrong_is_named(rest, properties, field):
    answer = rest("PUT", "computes/broken", {"location": "local", "properties": properties})
    assert answer.status_code == 400
    assert answer.json()["error"]["target"] == field


def test_a_kind_stays(ml, pool):
    with pytest.raises(HttpResponseError, match="can't change"):
        finish(ml.compute.begin_attach(
            KubernetesCompute(name="cpu-cluster", resource_id=CLUSTER, namespace="default")))


def test_compute_by_template(ml, deployer, workspace):
    document = template(resource(WORKSPACES + "/computes", workspace + "/templated", {
        "computeType": "AmlCompute", "properties": {"vmSize": "Standard_F4s_v2", "scaleSettings": {"maxNodeCount": 2}}},
        location="local"))
    deployer.create("compute", document)
    assert (ml.compute.get("templated").size, ml.compute.get("templated").max_instances) == ("Standard_F4s_v2", 2)
    assert deployer.what_if("compute", document)["templated"].change_type == "NoChange"


def test_deleted_compute_is_gone(ml):
    finish(ml.compute.begin_create_or_update(AmlCompute(name="short", size="STANDARD_DS3_V2")))
    finish(ml.compute.begin_delete("short"))
    with pytest.raises(ResourceNotFoundError):
        ml.compute.get("short")
