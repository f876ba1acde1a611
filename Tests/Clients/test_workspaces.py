import json

import pytest
from azure.ai.ml import MLClient
from azure.ai.ml.entities import Environment
from azure.core.exceptions import ResourceNotFoundError

from support import IMAGE


def test_workspace_of_sluice_env_is_there(ml, settings):
    workspace = ml.workspaces.get(settings["SLUICE_WORKSPACE"])
    assert workspace.name == settings["SLUICE_WORKSPACE"]
    assert workspace.resource_group == settings["SLUICE_RESOURCE_GROUP"]
    assert workspace.location
    assert workspace.id.endswith("/workspaces/" + workspace.name)


def test_absent_workspace_is_not_found(ml):
    with pytest.raises(ResourceNotFoundError, match="nowhere"):
        ml.workspaces.get("nowhere")


def test_created_workspace_is_listed_and_has_its_own_assets(sluice, ml, client_of):
    sluice.command("workspace", "create", "team-b")
    assert "team-b" in [workspace.name for workspace in ml.workspaces.list()]

    team = client_of(workspace="team-b")
    team.environments.create_or_update(Environment(name="only-here", version="1", image=IMAGE))
    assert [environment.name for environment in team.environments.list()] == ["only-here"]
    assert "only-here" not in [environment.name for environment in ml.environments.list()]


def test_creating_a_workspace_again_leaves_it(sluice, client_of):
    sluice.command("workspace", "create", "team-twice")
    client_of(workspace="team-twice").environments.create_or_update(Environment(name="kept", version="1", image=IMAGE))
    sluice.command("workspace", "create", "team-twice")
    assert client_of(workspace="team-twice").environments.get("kept", "1").name == "kept"


def test_from_config_finds_what_write_config_wrote(sluice, credential, tmp_path, monkeypatch):
    sluice.command("workspace", "create", "team-c", "--write-config", str(tmp_path))
    below = tmp_path / "notebooks"
    below.mkdir()
    monkeypatch.chdir(below)
    client = MLClient.from_config(credential)
    assert client.workspace_name == "team-c"
    assert client.workspaces.get().name == "team-c"


def test_write_config_names_the_default_workspace(sluice, settings, tmp_path):
    sluice.command("workspace", "write-config", "--directory", str(tmp_path))
    (path,) = tmp_path.rglob("config.json")
    assert json.loads(path.read_text()) == {
        "subscription_id": settings["SLUICE_SUBSCRIPTION_ID"], "resource_group": settings["SLUICE_RESOURCE_GROUP"],
        "workspace_name": settings["SLUICE_WORKSPACE"]}


def test_group_with_a_workspace_of_its_own(sluice, ml, client_of):
    sluice.command("group", "create", "research")
    sluice.command("workspace", "create", "lab", "-g", "research")
    assert client_of(group="research", workspace="lab").workspaces.get("lab").resource_group == "research"
    assert "lab" not in [workspace.name for workspace in ml.workspaces.list()]


def test_deleted_workspace_is_gone(sluice, ml):
    sluice.command("workspace", "create", "short-lived")
    sluice.command("workspace", "delete", "short-lived")
    with pytest.raises(ResourceNotFoundError):
        ml.workspaces.get("short-lived")
