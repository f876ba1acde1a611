"""What a user reads when something is wrong with an ARM template or with what it deploys."""
import json

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from door import Door
from support import eventually, finish
from templates import (
    DEPLOYMENTS, ENDPOINTS, WORKSPACES, Deployer, chain, endpoint, environment, innermost, resource, template)


@pytest.fixture(scope="module")
def put_text(arm, settings):
    """Deploys a template as text, as az does: clients of Python send it on one line."""
    def put(text, name="text"):
        return arm.put(
            "/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Resources/deployments/%s" % (
                settings["SLUICE_SUBSCRIPTION_ID"], settings["SLUICE_RESOURCE_GROUP"], name),
            data='{"properties": {"mode": "Incremental", "template": %s}}' % text, params={"api-version": "2021-04-01"},
            headers={"Content-Type": "application/json"})

    return put


def places(error):
    """Path, line and column of each problem of a document."""
    problems = error.get("details") or [error]
    return [tuple(each["additionalInfo"][0]["info"][name] for name in ("path", "lineNumber", "linePosition"))
            for each in problems]


class TestTemplates:
    def test_text_that_is_not_json(self, put_text):
        answer = put_text('{\n  "resources": [\n    {"type": }\n  ]\n}')
        assert answer.status_code == 400
        error = answer.json()["error"]
        assert error["code"] == "InvalidRequestContent"
        assert "line 3" in error["message"]

    def test_a_mistake_has_line_column_and_path(self, put_text, workspace):
        document = template(endpoint("%s/placed" % workspace, {"description": "[nonsense(1)]"}))
        text = json.dumps(document, indent=2)
        answer = put_text(text)
        assert answer.status_code == 400
        error = answer.json()["error"]
        assert error["code"] == "InvalidTemplate" and "nonsense" in error["message"]
        ((path, line, column),) = places(error)
        assert path == "$.resources[0].properties.description"
        assert "nonsense" in text.split("\n")[line - 1][column - 1:]
        assert "line %d" % line in error["message"]
        assert error["additionalInfo"][0]["type"] == "TemplateViolation"

    def test_every_mistake_of_the_language_is_told_at_once(self, deployer):
        error = deployer.failure("many", template(
            endpoint("[parameters('absent')]"), endpoint("[variables('absent')]"), endpoint("[format('{0}')]"),
            endpoint("alone")))
        assert error.status_code == 400 and error.error.code == "InvalidTemplate"
        assert len(error.error.details) == 4
        for number in range(4):
            assert any("resources[%d]" % number in each.target for each in error.error.details)

    def test_every_mistake_of_the_resources_is_told_at_once(self, deployer, workspace):
        error = deployer.failure("preflight", template(
            resource(WORKSPACES + "/unheardOf", "%s/some" % workspace),
            resource("Microsoft.Unheard/things", "some"),
            endpoint("nowhere/orphan"),
            endpoint("%s/-wrong-" % workspace),
            endpoint("%s/modes" % workspace, {"authMode": "Password"}),
            endpoint("%s/shares" % workspace, {"traffic": {"purple": 100}}),
            environment("%s/old/1" % workspace, apiVersion="2099-01-01")))
        assert error.error.code == "InvalidTemplateDeployment"
        found = {(each.target.split(".")[1], each.code): each.message for each in error.error.details}
        assert set(found) == {
            ("resources[0]", "InvalidResourceType"), ("resources[1]", "InvalidResourceNamespace"),
            ("resources[2]", "ResourceNotFound"), ("resources[3]", "InvalidResourceName"),
            ("resources[4]", "InvalidRequestContent"), ("resources[5]", "BadArgument"),
            ("resources[6]", "NoRegisteredProviderFound")}
        assert "'Password' is not one of Key" in found["resources[4]", "InvalidRequestContent"]
        assert "purple" in found["resources[5]", "BadArgument"]
        # A reader of the exception sees them all.
        assert all(message in str(error) for message in found.values())

    def test_nothing_is_made_when_something_is_wrong(self, deployer, workspace, ml):
        deployer.failure("half", template(endpoint("%s/good-half" % workspace), endpoint("%s/-bad" % workspace)))
        with pytest.raises(ResourceNotFoundError):
            ml.online_endpoints.get("good-half")
        assert not deployer.client.deployments.check_existence(deployer.group, "half")

    def test_parameters(self, deployer):
        document = template(parameters={
            "needed": {"type": "string"}, "number": {"type": "int", "maxValue": 3, "defaultValue": 1},
            "choice": {"type": "string", "allowedValues": ["a", "b"], "defaultValue": "a"}})
        for given, words in [
            ({}, ["needed"]), ({"needed": 1}, ["needed", "String"]), ({"needed": "x", "extra": 1}, ["extra"]),
            ({"needed": "x", "number": 4}, ["number", "3"]), ({"needed": "x", "choice": "c"}, ["choice", "'a', 'b'"]),
            ({"number": 4, "choice": "c"}, ["needed", "number", "choice"]),
        ]:
            error = deployer.failure("parameters", document, given)
            assert error.status_code == 400 and error.error.code == "InvalidTemplate"
            assert all(word.lower() in str(error).lower() for word in words), (given, str(error))

    def test_circles(self, deployer, workspace):
        error = deployer.failure("circle", template(
            endpoint("%s/hen" % workspace, dependsOn=["[resourceId('%s', '%s', 'egg')]" % (ENDPOINTS, workspace)]),
            endpoint("%s/egg" % workspace, dependsOn=["[resourceId('%s', '%s', 'hen')]" % (ENDPOINTS, workspace)])))
        assert error.error.code == "InvalidTemplateCircularDependency"
        assert "hen" in str(error) and "egg" in str(error)

    def test_validation_and_what_if_tell_the_same(self, deployer):
        wrong = template(outputs={"value": {"type": "string", "value": "[parameters('absent')]"}})
        with pytest.raises(HttpResponseError, match="absent") as caught:
            deployer.validate("wrong", wrong)
        assert caught.value.error.code == "InvalidTemplate"
        done = deployer.what_if_result("wrong", wrong)
        assert (done.status, done.error.code) == ("Failed", "InvalidTemplate")
        assert "absent" in done.error.message


class TestNamesAndScopes:
    def test_names(self, deployer):
        assert deployer.create("n" * 64, template()).provisioning_state == "Succeeded"
        error = deployer.failure("n" * 65, template())
        assert (error.status_code, error.error.code) == (400, "DeploymentNameLengthLimitExceeded")
        error = deployer.failure("a b", template())
        assert (error.status_code, error.error.code) == (400, "DeploymentNameInvalidCharacters")

    def test_what_is_not_there(self, deployer):
        with pytest.raises(ResourceNotFoundError) as caught:
            deployer.client.deployments.get(deployer.group, "absent")
        assert caught.value.error.code == "DeploymentNotFound"
        with pytest.raises(ResourceNotFoundError) as caught:
            list(deployer.client.deployment_operations.list(deployer.group, "absent"))
        assert caught.value.error.code == "DeploymentNotFound"
        error = Deployer(deployer.client, "absent").failure("any", template())
        assert (error.status_code, error.error.code) == (404, "ResourceGroupNotFound")

    def test_the_oldest_make_room(self, arm, arm_clients, settings):
        groups = arm_clients[1].resource_groups
        groups.create_or_update("crowded", {"location": "local"})
        path = "/subscriptions/%s/resourceGroups/crowded/providers/Microsoft.Resources/deployments" \
            % settings["SLUICE_SUBSCRIPTION_ID"]
        words = {"json": {"properties": {"mode": "Incremental", "template": template()}},
                 "params": {"api-version": "2021-04-01"}}
        for number in range(802):
            answer = arm.put("%s/d%03d" % (path, number), **words)
            assert answer.status_code == 201, answer.text
            # What runs is kept: a few of them may be on their way.
            if number % 100 == 99:
                eventually(lambda: arm.get("%s/d%03d" % (path, number), params=words["params"]).json()[
                    "properties"]["provisioningState"] == "Succeeded")
        names = {each.name for each in arm_clients[0].deployments.list_by_resource_group("crowded")}
        assert len(names) == 800 and "d801" in names and "d000" not in names and "d001" not in names
        finish(groups.begin_delete("crowded"))


class TestFailures:
    @pytest.fixture(scope="class")
    def script(self, ml, tmp_path_factory):
        """Registers code, and answers its id."""
        from azure.ai.ml.entities._assets import Code

        def make(text):
            folder = tmp_path_factory.mktemp("code")
            (folder / "score.py").write_text(text)
            return ml._code.create_or_update(Code(path=str(folder))).id

        return make

    @pytest.fixture(scope="class")
    def house(self, workspace, environment, model):
        """A template of an endpoint with a deployment that runs a script."""
        def make(name, code, *more, **variables):
            return template(
                endpoint("%s/%s" % (workspace, name)),
                resource(
                    DEPLOYMENTS, "%s/%s/blue" % (workspace, name), {
                        "endpointComputeType": "Managed", "instanceType": "Standard_DS3_v2",
                        "model": "azureml:doubler:1", "environmentId": environment, "environmentVariables": variables,
                        "codeConfiguration": {"codeId": code, "scoringScript": "score.py"}},
                    location="local", sku={"name": "Default", "capacity": 1},
                    dependsOn=["[resourceId('%s', '%s', '%s')]" % (ENDPOINTS, workspace, name)]), *more)

        return make

    def test_the_traceback_of_the_script_is_at_the_bottom(self, deployer, house, script, workspace, ml):
        code = script("def init():\n    raise ValueError('no weights for you')\n\n\ndef run(data):\n    return data\n")
        error = deployer.failure("failing", house(
            "failing", code,
            environment("%s/after-failing/1" % workspace, dependsOn=[
                "[resourceId('%s', '%s', 'failing', 'blue')]" % (DEPLOYMENTS, workspace)]),
            environment("%s/beside-failing/1" % workspace)))
        assert chain(error.error)[:2] == ["DeploymentFailed", "ResourceDeploymentFailure"]
        assert "ValueError: no weights for you" in innermost(error.error).message
        assert "line 2, in init" in innermost(error.error).message
        assert "no weights for you" in str(error)

        operations = {each.properties.target_resource.resource_name: each.properties
                      for each in deployer.operations("failing")}
        failed = operations["%s/failing/blue" % workspace]
        assert failed.provisioning_state == "Failed"
        assert failed.status_message.error.code == "ResourceDeploymentFailure"
        assert "%s/after-failing/1" % workspace not in operations
        assert operations["%s/beside-failing/1" % workspace].provisioning_state == "Succeeded"
        got = deployer.client.deployments.get(deployer.group, "failing").properties
        assert (got.provisioning_state, got.error.code, got.outputs) == ("Failed", "DeploymentFailed", None)
        assert ml.online_deployments.get("blue", "failing").provisioning_state == "Failed"

    def test_active_deployments_are_left_alone_until_cancelled(self, deployer, house, script, ml):
        door = Door()
        document = house("slow", script(door.script))
        try:
            deployer.begin("slow", document)
            eventually(lambda: any(
                each.properties.target_resource.resource_name.endswith("slow/blue")
                for each in deployer.operations("slow")))
            clients = deployer.client.deployments
            assert clients.get(deployer.group, "slow").properties.provisioning_state == "Running"
            assert "slow" in [each.name for each in clients.list_by_resource_group(
                deployer.group, filter="provisioningState eq 'Running'")]
            error = deployer.failure("slow", document)
            assert (error.status_code, error.error.code) == (409, "DeploymentActive")
            with pytest.raises(HttpResponseError) as caught:
                finish(clients.begin_delete(deployer.group, "slow"))
            assert caught.value.status_code == 409

            clients.cancel(deployer.group, "slow")
            assert clients.get(deployer.group, "slow").properties.provisioning_state == "Canceled"
            with pytest.raises(HttpResponseError) as caught:
                clients.cancel(deployer.group, "slow")
            assert caught.value.status_code == 409
        finally:
            door.open()
        # What was begun is not rolled back.
        eventually(lambda: ml.online_deployments.get("blue", "slow").provisioning_state == "Succeeded", 60)
        assert deployer.create("slow", document).provisioning_state == "Succeeded"
