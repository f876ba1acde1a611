"""Workspace connections by the unmodified SDK, by REST, and by template."""
import pytest
from azure.ai.ml.entities import (
    AccountKeyConfiguration, APIKeyConnection, AzureBlobStoreConnection, AzureOpenAIConnection, PatTokenConfiguration,
    UsernamePasswordConfiguration, WorkspaceConnection)
from azure.core.exceptions import ResourceNotFoundError

from templates import WORKSPACES, resource, template


@pytest.fixture(scope="module")
def openai(ml):
    return ml.connections.create_or_update(AzureOpenAIConnection(
        name="openai", azure_endpoint="https://models.example", api_key="the-secret-key", api_version="2024-02-01"))


def test_created_connection_reads_back(ml, openai):
    found = ml.connections.get("openai")
    assert isinstance(found, AzureOpenAIConnection)
    assert (found.target, found.api_version) == ("https://models.example", "2024-02-01")
    assert found.type == "azure_open_ai"


def test_secrets_come_only_when_asked_for(ml, openai):
    assert not ml.connections.get("openai").api_key
    assert ml.connections.get("openai", populate_secrets=True).api_key == "the-secret-key"


def test_connections_are_listed_by_their_kind(ml, openai):
    ml.connections.create_or_update(APIKeyConnection(name="search", api_base="https://search.example", api_key="k"))
    assert {"openai", "search"} <= {connection.name for connection in ml.connections.list()}
    assert {c.name for c in ml.connections.list(connection_type="azure_open_ai")} == {"openai"}


PERSON = UsernamePasswordConfiguration(username="u", password="w")


@pytest.mark.parametrize("connection,credentials", [
    (WorkspaceConnection(
        name="source", type="git", target="https://git.example/r", credentials=PatTokenConfiguration(pat="p1")),
     {"pat": "p1"}),
    (WorkspaceConnection(name="packages", type="python_feed", target="https://feed.example", credentials=PERSON),
     {"username": "u", "password": "w"}),
    (WorkspaceConnection(name="images", type="container_registry", target="images.example", credentials=PERSON),
     {"username": "u", "password": "w"}),
    (AzureBlobStoreConnection(
        name="files", url="https://files.example", container_name="files", account_name="files",
        credentials=AccountKeyConfiguration(account_key="k1")), {"key": "k1", "sas": "k1"}),
])
def test_credentials_of_every_kind_come_back(ml, rest, connection, credentials):
    ml.connections.create_or_update(connection)
    name = connection.name
    assert rest("GET", "connections/" + name).json()["properties"]["credentials"] is None
    assert rest("POST", "connections/" + name + "/listsecrets").json()["properties"]["credentials"] == credentials


def test_update_without_credentials_keeps_them(rest):
    body = {"properties": {"authType": "CustomKeys", "category": "CustomKeys", "target": "_", "credentials": {
        "keys": {"first": "1", "second": "2"}}}}
    assert rest("PUT", "connections/custom", body).status_code == 200
    del body["properties"]["credentials"]
    body["properties"]["metadata"] = {"note": "new"}
    assert rest("PUT", "connections/custom", body).json()["properties"]["metadata"] == {"note": "new"}
    secrets = rest("POST", "connections/custom/listsecrets").json()["properties"]["credentials"]
    assert secrets == {"keys": {"first": "1", "second": "2"}}


@pytest.mark.parametrize("properties,field", [
    ({"authType": "ApiKey", "category": "OpenAI"}, "$.properties.credentials"),
    ({"authType": "ApiKey", "category": "OpenAI", "credentials": {}}, "$.properties.credentials.key"),
    ({"category": "OpenAI"}, "$.properties.authType"),
    ({"authType": "no kind", "category": "OpenAI"}, "$.properties.authType"),
])
def test_what_is_missing_is_named(rest, properties, field):
    answer = rest("PUT", "connections/broken", {"properties": properties})
    assert answer.status_code == 400
    assert answer.json()["error"]["target"] == field


def test_connection_by_template(rest, deployer, workspace):
    connection = resource(WORKSPACES + "/connections", workspace + "/templated", {
        "authType": "ApiKey", "category": "Serp", "target": "https://serp.example",
        "credentials": {"key": "[parameters('key')]"}})
    category = "[reference(resourceId('%s/connections', '%s', 'templated')).category]" % (WORKSPACES, workspace)
    document = template(
        connection, parameters={"key": {"type": "securestring"}},
        outputs={"category": {"type": "string", "value": category}})
    planned = deployer.what_if("connection", document, {"key": "from-a-template"})["templated"]
    assert (planned.change_type, planned.after["properties"]["credentials"]) == ("Create", None)
    done = deployer.create("connection", document, {"key": "from-a-template"})
    assert done.outputs["category"]["value"] == "Serp"
    secrets = rest("POST", "connections/templated/listsecrets").json()["properties"]["credentials"]
    assert secrets == {"key": "from-a-template"}
    changes = deployer.what_if("connection", document, {"key": "another"})
    assert changes["templated"].change_type == "NoChange"


def test_deleted_connection_is_gone(ml):
    ml.connections.create_or_update(APIKeyConnection(name="short", api_base="https://short.example", api_key="k"))
    ml.connections.delete("short")
    with pytest.raises(ResourceNotFoundError):
        ml.connections.get("short")
