import time

import pytest
import requests
from azure.ai.ml.entities import (
    IdentityConfiguration, KubernetesOnlineEndpoint, ManagedIdentityConfiguration, ManagedOnlineEndpoint)
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from support import Scorer, doubler, eventually, finish, set_traffic


@pytest.fixture(scope="module")
def shop(ml):
    finish(ml.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(
        name="shop", auth_mode="key", description="Prices", tags={"team": "pricing", "stage": "test"},
        properties={"owner": "somebody"}, public_network_access="disabled",
        identity=IdentityConfiguration(type="system_assigned"))))
    return "shop"


def test_created_endpoint_reads_back_as_it_was_asked_for(ml, shop):
    endpoint = ml.online_endpoints.get(shop)
    assert isinstance(endpoint, ManagedOnlineEndpoint)
    assert endpoint.provisioning_state == "Succeeded"
    assert endpoint.auth_mode == "key"
    assert endpoint.description == "Prices"
    assert endpoint.tags == {"team": "pricing", "stage": "test"}
    assert endpoint.properties["owner"] == "somebody"
    assert endpoint.public_network_access.lower() == "disabled"
    assert endpoint.traffic == {}
    assert endpoint.scoring_uri.endswith("/score")
    assert endpoint.openapi_uri.endswith("/swagger.json")
    assert endpoint.id.endswith("/onlineEndpoints/shop")


def test_system_assigned_identity_has_a_principal(ml, shop, settings):
    identity = ml.online_endpoints.get(shop).identity
    assert identity.type == "system_assigned"
    assert identity.principal_id
    assert identity.tenant_id == settings["SLUICE_TENANT_ID"]


def test_user_assigned_identity_is_kept(ml, settings):
    resource = "/subscriptions/%(SLUICE_SUBSCRIPTION_ID)s/resourceGroups/%(SLUICE_RESOURCE_GROUP)s" \
        "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/robot" % settings
    endpoint = finish(ml.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(
        name="robot", identity=IdentityConfiguration(
            type="user_assigned", user_assigned_identities=[ManagedIdentityConfiguration(resource_id=resource)]))))
    assert endpoint.identity.type == "user_assigned"
    assert [each.resource_id.lower() for each in endpoint.identity.user_assigned_identities] == [resource.lower()]


def test_endpoints_are_listed(ml, shop):
    listed = {endpoint.name: endpoint for endpoint in ml.online_endpoints.list()}
    assert listed[shop].tags == {"team": "pricing", "stage": "test"}


def test_update_changes_tags_and_description_and_keeps_the_rest(ml, make_endpoint):
    created = make_endpoint("updated", description="before", tags={"a": "1"}, properties={"owner": "somebody"})
    keys = ml.online_endpoints.get_keys("updated")

    entity = ml.online_endpoints.get("updated")
    entity.description, entity.tags = "after", {"b": "2"}
    finish(ml.online_endpoints.begin_create_or_update(entity))

    endpoint = ml.online_endpoints.get("updated")
    assert endpoint.description == "after"
    assert endpoint.tags == {"b": "2"}
    assert endpoint.properties["owner"] == "somebody"
    assert endpoint.scoring_uri == created.scoring_uri
    assert endpoint.identity.principal_id == created.identity.principal_id
    after = ml.online_endpoints.get_keys("updated")
    assert (after.primary_key, after.secondary_key) == (keys.primary_key, keys.secondary_key)


def test_put_of_what_get_answered_changes_nothing(ml, shop, arm, workspace_path):
    path = workspace_path + "/onlineEndpoints/" + shop
    before = arm.get(path).json()
    entity = ml.online_endpoints.get(shop)
    finish(ml.online_endpoints.begin_create_or_update(entity))
    after = arm.get(path).json()

    def written_by_the_caller(body):
        kept = dict(body["properties"])
        kept["properties"] = {"owner": kept["properties"]["owner"]}
        return body["tags"], kept

    assert written_by_the_caller(after) == written_by_the_caller(before)


def test_kubernetes_endpoint(ml, workspace_path):
    compute = workspace_path + "/computes/cluster"
    finish(ml.online_endpoints.begin_create_or_update(KubernetesOnlineEndpoint(
        name="on-cluster", compute=compute, tags={"kind": "k8s"}, description="On a cluster")))
    endpoint = ml.online_endpoints.get("on-cluster")
    assert isinstance(endpoint, KubernetesOnlineEndpoint)
    assert endpoint.compute.lower() == compute.lower()
    assert (endpoint.tags, endpoint.description) == ({"kind": "k8s"}, "On a cluster")

    endpoint.tags = {"kind": "cluster"}
    assert finish(ml.online_endpoints.begin_create_or_update(endpoint)).tags == {"kind": "cluster"}
    assert ml.online_endpoints.get("on-cluster").compute.lower() == compute.lower()

    finish(ml.online_endpoints.begin_delete("on-cluster"))
    with pytest.raises(ResourceNotFoundError):
        ml.online_endpoints.get("on-cluster")


@pytest.mark.parametrize("key_type", ["primary", "secondary"])
def test_regenerating_one_key_changes_that_one_only(ml, shop, key_type):
    old = ml.online_endpoints.get_keys(shop)
    finish(ml.online_endpoints.begin_regenerate_keys(shop, key_type=key_type))
    new = ml.online_endpoints.get_keys(shop)
    assert (new.primary_key != old.primary_key) == (key_type == "primary")
    assert (new.secondary_key != old.secondary_key) == (key_type == "secondary")
    assert new.primary_key and new.secondary_key


def test_operations_are_polled_quickly(ml):
    """Without a pace from the server the clients poll once in 30 s, and in 5 s for deletes."""
    start = time.monotonic()
    finish(ml.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name="quick")))
    finish(ml.online_endpoints.begin_regenerate_keys("quick", key_type="primary"))
    finish(ml.online_endpoints.begin_delete("quick"))
    assert time.monotonic() - start < 10


def test_aml_token_endpoint_takes_its_tokens_only(ml, make_endpoint, environment, model):
    make_endpoint("with-token", auth_mode="aml_token")
    finish(ml.online_deployments.begin_create_or_update(doubler("with-token", "blue", environment)))
    endpoint = set_traffic(ml, "with-token", {"blue": 100})
    token = ml.online_endpoints.get_keys("with-token")
    assert token.expiry_time_utc > token.refresh_after_time_utc > time.time()
    assert token.token_type == "Bearer"

    def score(bearer):
        return requests.post(
            endpoint.scoring_uri, json={"values": [4]}, headers={"Authorization": "Bearer " + bearer}, timeout=30)

    assert score(token.access_token).json()["values"] == [8]
    assert score(token.access_token[:-6] + "AAAAAA").status_code == 401


def test_keys_do_not_open_a_token_endpoint(ml, make_endpoint, arm, workspace_path):
    endpoint = make_endpoint("keyless", auth_mode="aml_token")
    answer = arm.post(workspace_path + "/onlineEndpoints/keyless/listKeys")
    keys = list(answer.json().values()) if answer.status_code == 200 else ["no-keys-given"]
    for key in keys:
        scored = requests.post(endpoint.scoring_uri, json={}, headers={"Authorization": "Bearer " + key}, timeout=30)
        assert scored.status_code == 401


def test_aad_token_endpoint_takes_tokens_for_the_ml_audience(ml, make_endpoint, environment, model, credential, url):
    make_endpoint("with-aad", auth_mode="aad_token")
    finish(ml.online_deployments.begin_create_or_update(doubler("with-aad", "blue", environment)))
    endpoint = set_traffic(ml, "with-aad", {"blue": 100})

    def score(bearer):
        return requests.post(
            endpoint.scoring_uri, json={"values": [5]}, headers={"Authorization": "Bearer " + bearer}, timeout=30)

    assert ml.online_endpoints.get("with-aad").auth_mode == "aad_token"
    answer = score(ml.online_endpoints.get_keys("with-aad").access_token)
    assert (answer.status_code, answer.json()) == (200, {"label": "blue", "values": [10]})
    assert score(credential.get_token("https://ml.azure.com/.default").token).status_code == 200
    assert score(credential.get_token(url + "/.default").token).status_code == 401


def test_old_key_is_refused_after_regeneration(ml, make_endpoint, environment, model):
    make_endpoint("rotated")
    finish(ml.online_deployments.begin_create_or_update(doubler("rotated", "blue", environment)))
    set_traffic(ml, "rotated", {"blue": 100})
    score = Scorer(ml, "rotated")
    old = ml.online_endpoints.get_keys("rotated")
    assert score({"values": [1]}, key=old.primary_key).status_code == 200
    assert score({"values": [1]}, key=old.secondary_key).status_code == 200

    finish(ml.online_endpoints.begin_regenerate_keys("rotated", key_type="primary"))
    new = ml.online_endpoints.get_keys("rotated")
    eventually(lambda: score({"values": [1]}, key=old.primary_key).status_code == 401)
    assert score({"values": [1]}, key=old.secondary_key).status_code == 200
    assert score({"values": [1]}, key=new.primary_key).status_code == 200


def test_name_of_another_workspaces_endpoint_is_refused(sluice, client_of, shop):
    sluice.command("workspace", "create", "rival")
    with pytest.raises(HttpResponseError) as caught:
        finish(client_of(workspace="rival").online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name=shop)))
    assert "shop" in str(caught.value)
    assert caught.value.status_code in (400, 409)


@pytest.mark.parametrize("name", ["ab", "1starts-with-digit", "two--hyphens", "x" * 33])
def test_impossible_name_is_refused_with_a_reason(arm, workspace_path, name):
    answer = arm.put(
        workspace_path + "/onlineEndpoints/" + name, json={"location": "local", "properties": {"authMode": "Key"}})
    assert answer.status_code == 400
    assert name in answer.json()["error"]["message"]


def test_deleted_endpoint_is_gone_and_its_name_free(ml, make_endpoint):
    make_endpoint("reborn", tags={"life": "first"})
    finish(ml.online_endpoints.begin_delete("reborn"))
    with pytest.raises(ResourceNotFoundError, match="reborn"):
        ml.online_endpoints.get("reborn")
    assert "reborn" not in [endpoint.name for endpoint in ml.online_endpoints.list()]
    assert make_endpoint("reborn").tags == {}


def test_deleting_an_absent_endpoint_succeeds(ml, arm, workspace_path):
    finish(ml.online_endpoints.begin_delete("never-was"))
    assert arm.delete(workspace_path + "/onlineEndpoints/never-was").status_code == 204


def test_absent_endpoint_is_not_found(ml):
    with pytest.raises(ResourceNotFoundError, match="never-was"):
        ml.online_endpoints.get("never-was")
    with pytest.raises(ResourceNotFoundError, match="never-was"):
        ml.online_endpoints.get_keys("never-was")
