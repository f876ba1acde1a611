"""The history of ARM deployments at both scopes, through the unmodified azure-mgmt-resource-deployments."""
import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.resource.deployments import models

from support import finish
from templates import NAMESPACE, Deployer, environment, nested, outputs, template

SUBSCRIPTION_SCHEMA = "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#"


@pytest.fixture(scope="module")
def history(arm_clients):
    """A group of its own with five deployments, one of them failed."""
    deployments, resources = arm_clients
    resources.resource_groups.create_or_update("history", {"location": "local"})
    deployer = Deployer(deployments, "history")
    for number in range(4):
        deployer.create("good-%d" % number, template(outputs={"number": {"type": "int", "value": number}}))
    # Valid, and wrong only when it runs.
    deployer.failure("bad", template(outputs={"value": {
        "type": "string", "value": "[reference(resourceId('%s/workspaces', 'absent'), '2024-04-01').a]" % NAMESPACE}}))
    yield deployer
    finish(resources.resource_groups.begin_delete("history"))


class TestGroups:
    def test_get_and_existence(self, history):
        clients = history.client.deployments
        got = clients.get("history", "good-2")
        assert (got.name, got.type) == ("good-2", "Microsoft.Resources/deployments")
        assert got.id.endswith("/resourceGroups/history/providers/Microsoft.Resources/deployments/good-2")
        assert outputs(got.properties) == {"number": 2}
        assert clients.check_existence("history", "good-2") and not clients.check_existence("history", "good-9")

    def test_list_newest_first_with_filter_top_and_pages(self, history):
        clients = history.client.deployments
        everything = ["bad", "good-3", "good-2", "good-1", "good-0"]
        assert [each.name for each in clients.list_by_resource_group("history")] == everything
        failed = clients.list_by_resource_group("history", filter="provisioningState eq 'Failed'")
        assert [each.name for each in failed] == ["bad"]
        pages = [[each.name for each in page] for page in clients.list_by_resource_group("history", top=2).by_page()]
        assert pages == [["bad", "good-3"], ["good-2", "good-1"], ["good-0"]]
        with pytest.raises(HttpResponseError, match="provisioningState"):
            list(clients.list_by_resource_group("history", filter="name eq 'bad'"))

    def test_operations(self, history, workspace, deployer):
        deployer.create("stepped", template(
            environment("%s/step/1" % workspace), outputs={"a": {"type": "int", "value": 1}}))
        made, evaluated = deployer.operations("stepped")
        assert made.properties.provisioning_operation == "Create"
        assert (made.properties.provisioning_state, made.properties.status_code) == ("Succeeded", "Created")
        assert made.properties.target_resource.resource_name == "%s/step/1" % workspace
        assert evaluated.properties.provisioning_operation == "EvaluateDeploymentOutput"
        got = deployer.client.deployment_operations.get(deployer.group, "stepped", made.operation_id)
        assert got.id == made.id and got.properties.duration.startswith("PT")
        with pytest.raises(ResourceNotFoundError):
            deployer.client.deployment_operations.get(deployer.group, "stepped", "ABCDEF")

    def test_the_template_comes_back_as_it_was(self, history):
        document = template(
            parameters={"Name": {"type": "string", "defaultValue": "[[literal]"}}, metadata={"a": [1, None, "ü"]})
        history.create("exported", document)
        assert history.client.deployments.export_template("history", "exported").template == document
        history.client.deployments.begin_delete("history", "exported").result()

    def test_hash(self, history):
        clients = history.client.deployments
        document = template(variables={"a": "b"})
        told = clients.calculate_template_hash(document)
        assert told.template_hash.isdecimal() and '"a":"b"' in told.minified_template.replace(" ", "")
        assert told.template_hash != clients.calculate_template_hash(template()).template_hash
        assert told.template_hash == history.validate("hashed", document).template_hash

    def test_validation_says_what_would_be_made(self, history, deployer, workspace, ml):
        done = deployer.validate("only-checked", template(environment("%s/unmade/1" % workspace)))
        assert [each.id.split("/")[-3] for each in done.validated_resources] == ["unmade"]
        assert not deployer.client.deployments.check_existence(deployer.group, "only-checked")
        with pytest.raises(ResourceNotFoundError):
            ml.environments.get("unmade", "1")

    def test_deletion_takes_the_record_only(self, deployer, workspace, ml):
        deployer.create("passing", template(environment("%s/staying/1" % workspace)))
        finish(deployer.client.deployments.begin_delete(deployer.group, "passing"))
        assert not deployer.client.deployments.check_existence(deployer.group, "passing")
        assert ml.environments.get("staying", "1").image
        finish(deployer.client.deployments.begin_delete(deployer.group, "passing"))

    def test_the_same_name_again_takes_the_place(self, history):
        before = history.create("again", template(outputs={"a": {"type": "int", "value": 1}}))
        after = history.create("again", template())
        assert after.outputs is None and after.template_hash != before.template_hash
        assert [each.name for each in history.client.deployments.list_by_resource_group("history")].count("again") == 1
        history.client.deployments.begin_delete("history", "again").result()

    def test_scope_in_the_path(self, history):
        scope = "subscriptions/%s/resourceGroups/history" % history.client._config.subscription_id
        assert history.client.deployments.get_at_scope(scope, "good-0").name == "good-0"
        assert len(list(history.client.deployment_operations.list_at_scope(scope, "good-0"))) == 1


class TestSubscription:
    @pytest.fixture(scope="class")
    def deployment_of(self):
        """A group, and a workspace with an environment inside it."""
        inner = template({
            "type": NAMESPACE + "/workspaces", "apiVersion": "2024-04-01", "name": "deep", "location": "local",
            "properties": {}}, environment("deep/environment/1", dependsOn=["deep"]))
        document = {
            "$schema": SUBSCRIPTION_SCHEMA, "contentVersion": "1.0.0.0",
            "parameters": {"group": {"type": "string"}},
            "resources": [
                {"type": "Microsoft.Resources/resourceGroups", "apiVersion": "2021-04-01",
                 "name": "[parameters('group')]", "location": "[deployment().location]", "tags": {"made": "here"},
                 "properties": {}},
                nested("inside-group", inner, resourceGroup="[parameters('group')]", dependsOn=[
                    "[subscriptionResourceId('Microsoft.Resources/resourceGroups', parameters('group'))]"])],
            "outputs": {"id": {"type": "string", "value":
                        "[subscriptionResourceId('Microsoft.Resources/resourceGroups', parameters('group'))]"}}}
        return lambda location="local": models.Deployment(location=location, properties=models.DeploymentProperties(
            mode="Incremental", template=document, parameters={"group": {"value": "by-subscription"}}))

    @pytest.fixture(scope="class")
    def made(self, arm_clients, deployment_of):
        deployments, resources = arm_clients
        yield finish(deployments.deployments.begin_create_or_update_at_subscription_scope("wide", deployment_of()))
        finish(resources.resource_groups.begin_delete("by-subscription"))

    def test_validate_and_what_if_before(self, arm_clients, deployment_of):
        clients = arm_clients[0].deployments
        checked = finish(clients.begin_validate_at_subscription_scope("before", deployment_of()))
        assert len(checked.properties.validated_resources) == 3
        properties = models.DeploymentWhatIfProperties(
            mode="Incremental", template=deployment_of().properties.template, parameters=deployment_of().properties.parameters,
            what_if_settings=models.DeploymentWhatIfSettings(result_format="ResourceIdOnly"))
        told = finish(clients.begin_what_if_at_subscription_scope(
            "before", models.DeploymentWhatIf(location="local", properties=properties)))
        assert {each.resource_id.rsplit("/", 1)[1]: each.change_type for each in told.changes} == {
            "by-subscription": "Create", "deep": "Create", "1": "Create"}

    def test_group_and_workspace_are_made(self, arm_clients, made):
        deployments, resources = arm_clients
        assert made.location == "local" and "/resourceGroups/" not in made.id
        assert outputs(made.properties)["id"].endswith("/resourceGroups/by-subscription")
        group = resources.resource_groups.get("by-subscription")
        assert (group.location, group.tags) == ("local", {"made": "here"})
        assert [each.name for each in resources.resources.list_by_resource_group("by-subscription")] == ["deep"]
        inside = deployments.deployments.get("by-subscription", "inside-group")
        assert inside.properties.provisioning_state == "Succeeded"

    def test_history(self, arm_clients, made):
        deployments, operations = arm_clients[0].deployments, arm_clients[0].deployment_operations
        assert "wide" in [each.name for each in deployments.list_at_subscription_scope()]
        assert deployments.get_at_subscription_scope("wide").properties.mode == "Incremental"
        assert deployments.check_existence_at_subscription_scope("wide")
        assert deployments.export_template_at_subscription_scope("wide").template["$schema"] == SUBSCRIPTION_SCHEMA
        found = list(operations.list_at_subscription_scope("wide"))
        kinds = [each.properties.target_resource.resource_type for each in found if each.properties.target_resource]
        assert kinds == ["Microsoft.Resources/resourceGroups", "Microsoft.Resources/deployments"]
        one = operations.get_at_subscription_scope("wide", found[0].operation_id)
        assert one.properties.status_code == "Created"

    def test_a_deployment_stays_in_its_location(self, arm_clients, made, deployment_of):
        clients = arm_clients[0].deployments
        with pytest.raises(HttpResponseError) as caught:
            clients.begin_create_or_update_at_subscription_scope("wide", deployment_of("elsewhere"))
        assert caught.value.error.code == "InvalidDeploymentLocation"
        with pytest.raises(HttpResponseError) as caught:
            clients.begin_create_or_update_at_subscription_scope("placeless", deployment_of(None))
        assert caught.value.error.code == "LocationRequired"

    def test_delete_and_cancel(self, arm_clients, made):
        clients = arm_clients[0].deployments
        with pytest.raises(HttpResponseError) as caught:
            clients.cancel_at_subscription_scope("wide")
        assert caught.value.status_code == 409
        finish(clients.begin_delete_at_subscription_scope("wide"))
        assert not clients.check_existence_at_subscription_scope("wide")
