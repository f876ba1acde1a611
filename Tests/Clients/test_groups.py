"""Resource groups, providers and lists of resources through the unmodified azure-mgmt-resource."""
import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from support import finish
from templates import ENDPOINTS, NAMESPACE, WORKSPACES, Deployer, endpoint, resource, template


@pytest.fixture(scope="module")
def client(arm_clients):
    return arm_clients[1]


class TestGroups:
    def test_life(self, client):
        groups = client.resource_groups
        assert not groups.check_existence("living")
        made = groups.create_or_update("living", {"location": "local", "tags": {"a": "1"}})
        assert (made.name, made.location, made.properties.provisioning_state) == ("living", "local", "Succeeded")
        assert groups.check_existence("living")
        assert groups.update("living", {"tags": {"b": "2"}}).tags == {"b": "2"}
        assert groups.get("LIVING").tags == {"b": "2"}
        assert "living" in [each.name for each in groups.list(filter="tagName eq 'b' and tagValue eq '2'")]
        assert "living" not in [each.name for each in groups.list(filter="tagName eq 'a'")]
        finish(groups.begin_delete("living"))
        assert not groups.check_existence("living")
        with pytest.raises(ResourceNotFoundError) as caught:
            groups.get("living")
        assert caught.value.error.code == "ResourceGroupNotFound"

    def test_a_group_stays_in_its_location(self, client, settings):
        with pytest.raises(HttpResponseError) as caught:
            client.resource_groups.create_or_update(settings["SLUICE_RESOURCE_GROUP"], {"location": "elsewhere"})
        assert caught.value.error.code == "InvalidResourceLocation"

    def test_deletion_takes_the_content(self, client, arm_clients):
        client.resource_groups.create_or_update("full", {"location": "local"})
        deployer = Deployer(arm_clients[0], "full")
        deployer.create("fill", template(
            resource(WORKSPACES, "filled", location="local"), endpoint("filled/inside", dependsOn=["filled"])))
        finish(client.resource_groups.begin_delete("full"))
        assert not client.resource_groups.check_existence("full")
        client.resource_groups.create_or_update("full", {"location": "local"})
        assert list(client.resources.list_by_resource_group("full")) == []
        assert list(arm_clients[0].deployments.list_by_resource_group("full")) == []
        finish(client.resource_groups.begin_delete("full"))

    def test_export_is_a_template_that_makes_the_group_again(self, client, arm_clients):
        deployer = Deployer(arm_clients[0], "drawn")
        client.resource_groups.create_or_update("drawn", {"location": "local"})
        deployer.create("fill", template(
            resource(WORKSPACES, "paper", {"friendlyName": "Paper"}, location="local", tags={"a": "b"}),
            endpoint("paper/lines", {"description": "Lines"}, dependsOn=["paper"])))
        told = finish(client.resource_groups.begin_export_template("drawn", {"resources": ["*"]})).template
        assert {each.change_type for each in deployer.what_if("same", told).values()} == {"NoChange"}
        finish(client.resource_groups.begin_delete("drawn"))

        client.resource_groups.create_or_update("drawn", {"location": "local"})
        assert deployer.create("again", told).provisioning_state == "Succeeded"
        found = {each.name: each for each in client.resources.list_by_resource_group("drawn")}
        assert set(found) == {"paper", "lines"} and found["paper"].tags == {"a": "b"}
        lines = client.resources.get_by_id(found["lines"].id, api_version="2024-04-01")
        assert lines.properties["description"] == "Lines"
        finish(client.resource_groups.begin_delete("drawn"))


class TestProviders:
    def test_get_and_list(self, client):
        found = {each.namespace: each for each in client.providers.list()}
        assert {NAMESPACE, "Microsoft.Resources"} <= set(found)
        assert found[NAMESPACE].registration_state == "Registered"
        types = {each.resource_type: each for each in client.providers.get(NAMESPACE).resource_types}
        assert "2024-04-01" in types["workspaces/onlineEndpoints/deployments"].api_versions
        assert types["workspaces"].locations

    def test_register(self, client):
        assert client.providers.register(NAMESPACE).registration_state == "Registered"
        with pytest.raises(HttpResponseError) as caught:
            client.providers.get("Microsoft.Unheard")
        assert caught.value.error.code == "InvalidResourceNamespace"


class TestResources:
    @pytest.fixture(scope="class")
    def listed(self, deployer, workspace, client):
        deployer.create("listed", template(endpoint("%s/listed" % workspace, tags={"seen": "in-lists"})))
        return next(iter(client.resources.list(filter="tagName eq 'seen'")))

    def test_list(self, client, listed, workspace, settings):
        assert (listed.name, listed.type, listed.location) == ("listed", ENDPOINTS, "local")
        found = {each.name: each for each in client.resources.list(
            filter="resourceType eq '%s'" % WORKSPACES, expand="createdTime,provisioningState")}
        assert workspace in found and "listed" not in found
        assert found[workspace].created_time and found[workspace].provisioning_state == "Succeeded"
        group = client.resources.list_by_resource_group(
            settings["SLUICE_RESOURCE_GROUP"], filter="tagName eq 'seen' and tagValue eq 'in-lists'")
        assert [each.name for each in group] == ["listed"]
        with pytest.raises(HttpResponseError, match="resourceType"):
            list(client.resources.list(filter="colour eq 'red'"))

    def test_one_by_its_id(self, client, listed, settings, workspace):
        version = {"api_version": "2024-04-01"}
        assert client.resources.check_existence_by_id(listed.id, **version)
        assert not client.resources.check_existence_by_id(listed.id + "x", **version)
        assert client.resources.check_existence(
            settings["SLUICE_RESOURCE_GROUP"], NAMESPACE, "workspaces/%s" % workspace, "onlineEndpoints", "listed",
            **version)
        got = client.resources.get_by_id(listed.id, **version)
        assert got.properties["authMode"] == "Key"
        changed = finish(client.resources.begin_update_by_id(listed.id, parameters={"tags": {"seen": "no"}}, **version))
        assert changed.tags == {"seen": "no"}
        finish(client.resources.begin_delete_by_id(listed.id, **version))
        assert not client.resources.check_existence_by_id(listed.id, **version)
