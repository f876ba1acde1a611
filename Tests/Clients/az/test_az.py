"""`az group`, `az deployment`, `az resource` and `az provider` of the unmodified azure-cli."""
import json
import time

import pytest

from conftest import ASSETS, AzureCLI
from door import Door
from installed_sluice import REPOSITORY

# Comments and text over several lines, which az sends as they are.
TEMPLATE = """// An environment, and an endpoint when it is wanted.
{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "parameters": {
    "workspaceName": { "type": "string" },
    "version": { "type": "string", "defaultValue": "1" },
    "withEndpoint": { "type": "bool", "defaultValue": false },
    "tags": { "type": "object", "defaultValue": {} }, /* of
    the endpoint */
    "password": { "type": "securestring", "defaultValue": "" }
  },
  "variables": { "conda": "name: plain
dependencies:
  - python=3.11
" },
  "resources": [
    {
      "type": "Microsoft.MachineLearningServices/workspaces/environments/versions",
      "apiVersion": "2024-04-01",
      "name": "[concat(parameters('workspaceName'), '/az/', parameters('version'))]",
      "properties": {
        "image": "mcr.microsoft.com/azureml/minimal-py311-inference:latest",
        "condaFile": "[variables('conda')]"
      }
    },
    {
      "condition": "[parameters('withEndpoint')]",
      "type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
      "apiVersion": "2024-04-01",
      "name": "[concat(parameters('workspaceName'), '/az-endpoint')]",
      "location": "[resourceGroup().location]",
      "tags": "[parameters('tags')]",
      "properties": { "authMode": "Key" }
    }
  ],
  "outputs": {
    "version": { "type": "string", "value": "[parameters('version')]" },
    "lines": { "type": "int", "value": "[length(split(variables('conda'), '\\n'))]" }
  }
}
"""

SUBSCRIPTION = {
    "$schema": "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#",
    "contentVersion": "1.0.0.0", "parameters": {"name": {"type": "string"}},
    "resources": [{
        "type": "Microsoft.Resources/resourceGroups", "apiVersion": "2021-04-01", "name": "[parameters('name')]",
        "location": "[deployment().location]", "properties": {}}],
    "outputs": {"place": {"type": "string", "value": "[deployment().location]"}}}


@pytest.fixture
def group(settings):
    return settings["SLUICE_RESOURCE_GROUP"]


@pytest.fixture
def files(write, settings):
    """The template and its parameters, as words of a command."""
    parameters = write("values.parameters.json", {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#",
        "contentVersion": "1.0.0.0", "parameters": {"workspaceName": {"value": settings["SLUICE_WORKSPACE"]}}})
    return ["-f", write("environment.json", TEMPLATE), "-p", "@%s" % parameters]


def test_the_variables_of_sluice_env_are_enough(sluice, settings, credentials, group):
    """Without registering a cloud: az takes it from ARM_CLOUD_METADATA_URL."""
    az = AzureCLI(sluice.directory / "az-of-env", settings)
    assert az("cloud", "show")["name"] == "Sluice"
    (subscription,) = az("login", *credentials)
    assert subscription["id"] == settings["SLUICE_SUBSCRIPTION_ID"]
    assert group in [each["name"] for each in az("group", "list")]


class TestGroups:
    def test_life(self, az, settings):
        made = az("group", "create", "-n", "by-az", "-l", "local", "--tags", "a=1")
        assert (made["name"], made["tags"]) == ("by-az", {"a": "1"})
        assert made["properties"]["provisioningState"] == "Succeeded"
        assert az("group", "show", "-n", "by-az")["location"] == "local"
        assert az("group", "exists", "-n", "by-az") is True
        assert [each["name"] for each in az("group", "list", "--tag", "a=1")] == ["by-az"]
        az("group", "delete", "-n", "by-az", "--yes")
        assert az("group", "exists", "-n", "by-az") is False
        assert "(ResourceGroupNotFound)" in az.fails("group", "show", "-n", "by-az")

    def test_export(self, az, group, settings):
        told = az("group", "export", "-n", group)
        assert settings["SLUICE_WORKSPACE"] in json.dumps(told["resources"])


class TestLists:
    def test_resources(self, az, group, settings):
        workspaces = "Microsoft.MachineLearningServices/workspaces"
        found = az("resource", "list", "--resource-type", workspaces)
        assert settings["SLUICE_WORKSPACE"] in [each["name"] for each in found]
        assert settings["SLUICE_WORKSPACE"] in az.text("resource", "list", "-g", group, "-o", "table")
        one = az("resource", "show", "-g", group, "-n", settings["SLUICE_WORKSPACE"], "--resource-type", workspaces)
        assert one["properties"]["provisioningState"] == "Succeeded"

    def test_providers(self, az):
        shown = az("provider", "show", "-n", "Microsoft.MachineLearningServices")
        assert shown["registrationState"] == "Registered"
        assert "workspaces/onlineEndpoints" in [each["resourceType"] for each in shown["resourceTypes"]]
        assert "Microsoft.Resources" in az.text("provider", "list", "-o", "table")


class TestDeployments:
    def test_life(self, az, group, files):
        checked = az("deployment", "group", "validate", "-g", group, "-n", "life", *files)
        assert checked["properties"]["provisioningState"] == "Succeeded" and checked["error"] is None
        predicted = az("deployment", "group", "what-if", "-g", group, "-n", "life", *files, "--no-pretty-print")
        assert "Create" in [each["changeType"] for each in predicted["changes"]]
        pretty = az.text("deployment", "group", "what-if", "-g", group, "-n", "life", *files)
        assert "environments/az/versions/1 [2024-04-01]" in pretty and "to create" in pretty

        made = az("deployment", "group", "create", "-g", group, "-n", "life", *files, "-p", "version=7")
        assert made["properties"]["outputs"] == {
            "version": {"type": "String", "value": "7"}, "lines": {"type": "Int", "value": 4}}
        shown = az("deployment", "group", "show", "-g", group, "-n", "life")
        assert shown["properties"]["provisioningState"] == "Succeeded"
        assert shown["properties"]["parameters"]["version"] == {"type": "String", "value": "7"}
        assert "value" not in shown["properties"]["parameters"]["password"]
        again = az.text("deployment", "group", "what-if", "-g", group, *files, "-p", "version=7")
        assert "= Microsoft.MachineLearningServices/workspaces/" in again and "1 no change" in again

        assert "life" in [each["name"] for each in az("deployment", "group", "list", "-g", group)]
        assert az("deployment", "group", "list", "-g", group, "--filter", "provisioningState eq 'Failed'") == []
        steps = az("deployment", "operation", "group", "list", "-g", group, "-n", "life")
        assert [each["properties"]["provisioningOperation"] for each in steps] == ["Create", "EvaluateDeploymentOutput"]
        step = az("deployment", "operation", "group", "show", "-g", group, "-n", "life",
                  "--operation-ids", steps[0]["operationId"])
        assert step[0]["properties"]["targetResource"]["resourceName"].endswith("/az/7")
        exported = az("deployment", "group", "export", "-g", group, "-n", "life")
        assert exported["variables"]["conda"].startswith("name: plain\n")
        assert "(DeploymentCannotBeCancelled)" in az.fails("deployment", "group", "cancel", "-g", group, "-n", "life")
        az("deployment", "group", "delete", "-g", group, "-n", "life")
        assert "(DeploymentNotFound)" in az.fails("deployment", "group", "show", "-g", group, "-n", "life")

    def test_values_of_every_kind_in_the_command(self, az, group, files):
        words = [*files, "-p", "withEndpoint=true", 'tags={"stage": "one"}', "password=sesame"]
        made = az("deployment", "group", "create", "-g", group, "-n", "kinds", *words)
        assert made["properties"]["parameters"]["tags"]["value"] == {"stage": "one"}
        assert "sesame" not in json.dumps(made)
        words[-2] = 'tags={"stage": "two"}'
        changes = az.text("deployment", "group", "what-if", "-g", group, *words)
        assert '~ tags.stage: "one" => "two"' in changes and "1 to modify" in changes

    def test_complete_mode_says_what_it_deletes(self, az, write):
        az("group", "create", "-n", "az-complete", "-l", "local")
        home = {"type": "Microsoft.MachineLearningServices/workspaces", "apiVersion": "2024-04-01", "name": "az-home",
                "location": "local", "properties": {}}
        document = {"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
                    "contentVersion": "1.0.0.0", "resources": [home]}
        full, empty = write("full.json", document), write("empty.json", {**document, "resources": []})
        az("deployment", "group", "create", "-g", "az-complete", "-f", full)
        told = az.text("deployment", "group", "what-if", "-g", "az-complete", "-f", empty, "--mode", "Complete")
        assert "- Microsoft.MachineLearningServices/workspaces/az-home" in told and "1 to delete" in told
        az("deployment", "group", "create", "-g", "az-complete", "-f", empty, "--mode", "Complete")
        assert az("resource", "list", "-g", "az-complete") == []
        az("group", "delete", "-n", "az-complete", "--yes")

    def test_subscription(self, az, write):
        words = ["-l", "local", "-f", write("group.json", SUBSCRIPTION), "-p", "name=az-wide"]
        told = az.text("deployment", "sub", "what-if", "-n", "wide", *words)
        assert "+ resourceGroups/az-wide" in told and "1 to create" in told
        made = az("deployment", "sub", "create", "-n", "wide", *words)
        assert made["properties"]["outputs"]["place"]["value"] == made["location"] == "local"
        assert az("deployment", "sub", "show", "-n", "wide")["name"] == "wide"
        assert "wide" in [each["name"] for each in az("deployment", "sub", "list")]
        assert len(az("deployment", "operation", "sub", "list", "-n", "wide")) == 2
        az("deployment", "sub", "delete", "-n", "wide")
        az("group", "delete", "-n", "az-wide", "--yes")


class TestErrors:
    def test_a_mistake_is_told_with_its_place(self, az, group, write, files):
        text = TEMPLATE.replace("[concat(", "[conct(", 1)
        files[1] = write("wrong.json", text)
        line = 1 + text[:text.index("conct")].count("\n")
        for command in "create", "validate", "what-if":
            said = az.fails("deployment", "group", command, "-g", group, "-n", "wrong", *files)
            assert "InvalidTemplate" in said and "conct" in said
            assert "line %d," % line in said, (line, said)

    def test_all_mistakes_at_once(self, az, group, files):
        said = az.fails("deployment", "group", "create", "-g", group, "-n", "wrong", *files,
                        "-p", "workspaceName=absent", "withEndpoint=true")
        assert "InvalidTemplateDeployment" in said
        assert said.count("The workspace 'absent' was not found") >= 2

    def test_text_that_is_not_json(self, az, group, write):
        said = az.fails("deployment", "group", "create", "-g", group, "-f", write("broken.json", '{"resources": [}'))
        assert "Failed to parse" in said

    def test_parameters(self, az, group, files, write):
        assert "version2" in az.fails("deployment", "group", "create", "-g", group, *files, "-p", "version2=1")
        values = write("values.json", {"parameters": {
            "workspaceName": {"value": 1}, "tags": {"value": "text"}, "more": {"value": 1}}})
        said = az.fails("deployment", "group", "create", "-g", group, *files[:2], "-p", "@%s" % values)
        assert "'workspaceName'" in said and "'tags'" in said and "'more'" in said


class TestRunningDeployments:
    """With real replicas: one that fails, and one that never starts."""

    @pytest.fixture(scope="class")
    def words(self, upload, tmp_path_factory, group_name):
        model = upload(ASSETS / "doubler" / "model", "az-model")

        def make(name, script):
            folder = tmp_path_factory.mktemp("code")
            (folder / "score.py").write_text(script)
            code = upload(folder, "code-" + name)
            return ["-g", group_name, "-n", name, "-f", REPOSITORY / "examples" / "arm" / "endpoint.json",
                    "-p", "endpointName=" + name, "modelUri=" + model, "codeUri=" + code,
                    "condaFile=" + (ASSETS / "conda.yml").read_text()]

        return make

    @pytest.fixture(scope="class")
    def group_name(self, settings):
        return settings["SLUICE_RESOURCE_GROUP"]

    def test_the_scripts_traceback_is_shown(self, az, words, group):
        said = az.fails("deployment", "group", "create", *words(
            "az-fails",
            "def init():\n    raise ValueError('no weights for you')\n\n\ndef run(data):\n    return data\n"))
        assert "DeploymentFailed" in said and "ResourceDeploymentFailure" in said
        assert "ValueError: no weights for you" in said and "line 2, in init" in said
        steps = az("deployment", "operation", "group", "list", "-g", group, "-n", "az-fails",
                   "--query", "[?properties.provisioningState=='Failed'].properties.statusMessage.error.code")
        assert steps == ["ResourceDeploymentFailure"]

    def test_cancel(self, az, words, group):
        door = Door()
        command = words("az-slow", door.script)
        try:
            az("deployment", "group", "create", *command, "--no-wait")
            busy = az.fails("deployment", "group", "create", *command)
            assert "DeploymentActive" in busy
            az("deployment", "group", "cancel", "-g", group, "-n", "az-slow")
            end = time.monotonic() + 30
            while az("deployment", "group", "show", "-g", group, "-n", "az-slow")["properties"][
                    "provisioningState"] != "Canceled":
                assert time.monotonic() < end
        finally:
            door.open()
