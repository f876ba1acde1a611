"""What principals with less than everything may do, through azure-mgmt-authorization and plain requests."""
import json
import uuid

import pytest
import requests
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.mgmt.authorization import AuthorizationManagementClient

ROLES = {
    "Owner": "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
    "Contributor": "b24988ac-6180-42a0-ab88-20f7382dd24c",
    "Reader": "acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "AzureML Data Scientist": "f6c7c914-8db3-469d-8ca1-694a8f32e121",
}


class Principal:
    """A service principal of its own with a session that speaks as it."""

    def __init__(self, sluice, role="none", scope="/"):
        self.name = "p" + uuid.uuid4().hex[:8]
        file = sluice.directory / (self.name + ".json")
        said = sluice.administer("principal", "create", self.name, "--file", str(file), "--role", role, "--scope", scope)
        self.object_id = said.split("object id ")[1].split(")")[0]
        self.variables = sluice.variables(file)
        self.credential = ClientSecretCredential(
            self.variables["SLUICE_TENANT_ID"], self.variables["SLUICE_CLIENT_ID"],
            self.variables["SLUICE_CLIENT_SECRET"], authority=self.variables["SLUICE_URL"],
            disable_instance_discovery=True)

    def call(self, method, path, body=None):
        url = self.variables["SLUICE_URL"]
        token = self.credential.get_token(url + "/.default").token
        return requests.request(
            method, url + path, params={"api-version": "2024-04-01"}, json=body, timeout=30,
            headers={"Authorization": "Bearer " + token})


def refused(answer):
    return answer.status_code == 403 and answer.json()["error"]["code"] == "AuthorizationFailed"


@pytest.fixture(scope="module")
def access(settings, credential, url):
    return AuthorizationManagementClient(
        credential, settings["SLUICE_SUBSCRIPTION_ID"], base_url=url, credential_scopes=[url + "/.default"])


@pytest.fixture(scope="module")
def group_path(settings):
    return "/subscriptions/%(SLUICE_SUBSCRIPTION_ID)s/resourceGroups/%(SLUICE_RESOURCE_GROUP)s" % settings


def assignment(role, principal):
    return {
        "role_definition_id": "/providers/Microsoft.Authorization/roleDefinitions/" + ROLES[role],
        "principal_id": principal.object_id, "principal_type": "ServicePrincipal"}


def test_a_principal_without_a_role_may_nothing(sluice, workspace_path):
    nobody = Principal(sluice)
    answer = nobody.call("GET", workspace_path)
    assert refused(answer)
    message = answer.json()["error"]["message"]
    assert nobody.object_id in message and "workspaces/read" in message and workspace_path in message
    # Nothing tells whether something is there.
    assert refused(nobody.call("GET", workspace_path + "-that-is-not-there"))
    assert nobody.call("GET", "/subscriptions").status_code == 200


def test_a_reader_reads_only_what_its_scope_holds(sluice, workspace_path, group_path):
    reader = Principal(sluice, "Reader", workspace_path)
    assert reader.call("GET", workspace_path).status_code == 200
    assert reader.call("GET", workspace_path + "/onlineEndpoints").status_code == 200
    assert refused(reader.call("GET", group_path))
    endpoint = workspace_path + "/onlineEndpoints/never-made"
    assert refused(reader.call("PUT", endpoint, {"location": "local", "properties": {"authMode": "Key"}}))
    assert refused(reader.call("POST", endpoint + "/listKeys"))
    assert reader.call("GET", endpoint).status_code == 404


def test_roles_are_assigned_shown_and_taken_away(sluice, access, workspace_path):
    scientist = Principal(sluice)
    name = str(uuid.uuid4())
    made = access.role_assignments.create(workspace_path, name, assignment("AzureML Data Scientist", scientist))
    assert (made.name, made.scope, made.principal_id) == (name, workspace_path, scientist.object_id)
    assert access.role_assignments.get(workspace_path, name).id == made.id
    endpoint = workspace_path + "/onlineEndpoints/by-scientist"
    body = {"location": "local", "properties": {"authMode": "Key"}}
    assert scientist.call("PUT", endpoint, body).status_code == 201
    assert refused(scientist.call("PUT", workspace_path, {"location": "local"}))
    found = access.role_assignments.list_for_scope(workspace_path, filter="principalId eq '%s'" % scientist.object_id)
    assert [one.name for one in found] == [name]
    # The same again is the same; another meaning under the name, or another name for the meaning, is refused.
    access.role_assignments.create(workspace_path, name, assignment("AzureML Data Scientist", scientist))
    with pytest.raises(HttpResponseError) as changed:
        access.role_assignments.create(workspace_path, name, assignment("Reader", scientist))
    assert changed.value.error.code == "RoleAssignmentUpdateNotPermitted"
    with pytest.raises(ResourceExistsError) as twice:
        access.role_assignments.create(
            workspace_path, str(uuid.uuid4()), assignment("AzureML Data Scientist", scientist))
    assert twice.value.error.code == "RoleAssignmentExists"
    access.role_assignments.delete(workspace_path, name)
    with pytest.raises(ResourceNotFoundError):
        access.role_assignments.get(workspace_path, name)
    assert refused(scientist.call("DELETE", endpoint))


def test_a_data_scientist_of_one_workspace_deploys_and_scores(
        sluice, settings, workspace_path, environment, model, tmp_path):
    """The SDK asks for nothing that the role has not."""
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import ManagedOnlineEndpoint

    from support import doubler, finish, request_file

    scientist = Principal(sluice, "AzureML Data Scientist", workspace_path)
    client = MLClient(
        scientist.credential, settings["SLUICE_SUBSCRIPTION_ID"], settings["SLUICE_RESOURCE_GROUP"],
        settings["SLUICE_WORKSPACE"])
    finish(client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name="by-one", auth_mode="key")))
    finish(client.online_deployments.begin_create_or_update(doubler("by-one", "blue", environment)))
    assert client.online_endpoints.invoke(
        "by-one", deployment_name="blue", request_file=request_file(tmp_path, {"values": [1, 2]}))
    assert client.online_deployments.get_logs("blue", "by-one", lines=5)
    with pytest.raises(HttpResponseError) as refused_deletion:
        client.workspaces.begin_delete(settings["SLUICE_WORKSPACE"], delete_dependent_resources=False)
    assert refused_deletion.value.status_code == 403
    finish(client.online_endpoints.begin_delete("by-one"))


def test_a_contributor_assigns_no_roles(sluice, group_path):
    contributor = Principal(sluice, "Contributor")
    body = {"properties": {
        "roleDefinitionId": "/providers/Microsoft.Authorization/roleDefinitions/" + ROLES["Owner"],
        "principalId": contributor.object_id}}
    for scope in ("", group_path):
        path = scope + "/providers/Microsoft.Authorization/roleAssignments/" + str(uuid.uuid4())
        assert refused(contributor.call("PUT", path, body))


def test_the_last_owner_stays(access, arm, settings):
    owners = [
        one for one in access.role_assignments.list_for_scope("/", filter="atScope()")
        if one.role_definition_id.endswith(ROLES["Owner"]) and one.scope == "/"]
    for owner in owners[1:]:
        access.role_assignments.delete("/", owner.name)
    with pytest.raises(HttpResponseError) as last:
        access.role_assignments.delete("/", owners[0].name)
    assert "last Owner" in last.value.message


def test_definitions_are_azures_own(access, group_path):
    roles = {role.role_name: role.name for role in access.role_definitions.list(group_path)}
    assert roles.items() >= ROLES.items()
    reader = access.role_definitions.get(group_path, ROLES["Reader"])
    assert reader.permissions[0].actions == ["*/read"]
    assert [role.name for role in access.role_definitions.list(group_path, filter="roleName eq 'Reader'")] == [
        ROLES["Reader"]]


TEMPLATE = {
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "parameters": {"workspace": {"type": "string"}, "principal": {"type": "string"}},
    "resources": [
        {"type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints", "apiVersion": "2024-04-01",
         "name": "[concat(parameters('workspace'), '/shared-endpoint')]", "location": "[resourceGroup().location]",
         "properties": {"authMode": "Key"}},
        {"type": "Microsoft.Authorization/roleAssignments", "apiVersion": "2022-04-01",
         "name": "[guid(resourceGroup().id, parameters('principal'))]",
         "scope": "[concat('Microsoft.MachineLearningServices/workspaces/', parameters('workspace'), "
                  "'/onlineEndpoints/shared-endpoint')]",
         "dependsOn": ["[resourceId('Microsoft.MachineLearningServices/workspaces/onlineEndpoints', "
                       "parameters('workspace'), 'shared-endpoint')]"],
         "properties": {
             "roleDefinitionId": "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '%s')]"
                                 % ROLES["Reader"],
             "principalId": "[parameters('principal')]"}}]}


def deployment(settings, principal):
    return {"properties": {"mode": "Incremental", "template": TEMPLATE, "parameters": {
        "workspace": {"value": settings["SLUICE_WORKSPACE"]}, "principal": {"value": principal.object_id}}}}


def test_a_template_makes_an_endpoint_and_gives_a_role_on_it(sluice, settings, arm, group_path, workspace_path):
    reader = Principal(sluice)
    endpoint = workspace_path + "/onlineEndpoints/shared-endpoint"
    assert refused(reader.call("GET", endpoint))
    path = group_path + "/providers/Microsoft.Resources/deployments/sharing"
    assert arm.put(path, json=deployment(settings, reader)).status_code == 201
    while arm.get(path).json()["properties"]["provisioningState"] in ("Accepted", "Running"):
        pass
    ended = arm.get(path).json()["properties"]
    assert ended["provisioningState"] == "Succeeded", json.dumps(ended)
    assert reader.call("GET", endpoint).status_code == 200
    assert refused(reader.call("GET", workspace_path))


def test_a_template_does_no_more_than_its_caller_may(sluice, settings, group_path):
    contributor = Principal(sluice, "Contributor", group_path)
    path = group_path + "/providers/Microsoft.Resources/deployments/overreaching"
    answer = contributor.call("PUT", path, deployment(settings, contributor))
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["code"] == "InvalidTemplateDeployment"
    assert [one["code"] for one in error["details"]] == ["AuthorizationFailed"]
    assert "roleAssignments/write" in error["details"][0]["message"]
    assert contributor.call("GET", path).status_code == 404
