"""Autoscale settings in ARM templates, in the shapes that are published for other resources."""
import pytest
from azure.core.exceptions import ResourceNotFoundError

from support import doubler, eventually, finish
from templates import DEPLOYMENTS, ENDPOINTS, NESTED, chain, endpoint, innermost, outputs, resource, template

SETTINGS = "Microsoft.Insights/autoscaleSettings"
ENDPOINT = "autoscaled-by-template"


@pytest.fixture(scope="module")
def blue(ml, make_endpoint, environment, model):
    """The id of a deployment."""
    house = make_endpoint(ENDPOINT)
    finish(ml.online_deployments.begin_create_or_update(doubler(ENDPOINT, "blue", environment)))
    yield house.id + "/deployments/blue"
    finish(ml.online_endpoints.begin_delete(ENDPOINT))


@pytest.fixture
def get(autoscale_settings, group):
    """Gets a setting; all are taken away after the test."""
    yield lambda name: autoscale_settings.get(group, name)
    for each in list(autoscale_settings.list_by_resource_group(group)):
        if "/onlineEndpoints/autoscaled-" in each.target_resource_uri:
            autoscale_settings.delete(group, each.name)


def body(target, *profiles, **members):
    return {"targetResourceUri": target, "profiles": list(profiles), **members}


def capacity(minimum, maximum):
    return {"minimum": minimum, "maximum": maximum, "default": minimum}


def cpu_rule(source, operator, threshold, direction):
    return {
        "metricTrigger": {
            "metricName": "CpuUtilizationPercentage", "metricResourceUri": source, "timeGrain": "PT1M",
            "statistic": "Average", "timeWindow": "PT5M", "timeAggregation": "Average", "operator": operator,
            "threshold": threshold},
        "scaleAction": {"direction": direction, "type": "ChangeCount", "value": "1", "cooldown": "PT5M"}}


@pytest.fixture
def document():
    """Parameters, variables, calculations and outputs."""
    target = "[resourceId('%s', parameters('workspace'), parameters('endpoint'), parameters('deployment'))]"
    types = {name: {"type": "string"} for name in ("workspace", "endpoint", "deployment", "minimum", "maximum")}
    return template(
        {"type": "Microsoft.Insights/autoscalesettings", "apiVersion": "2022-10-01",
         "name": "[variables('name')]", "location": "[parameters('location')]", "tags": {"by": "template"},
         "properties": body(
             "[variables('target')]",
             {"name": "Default",
              "capacity": capacity("[parameters('minimum')]", "[parameters('maximum')]"),
              "rules": [
                  cpu_rule("[variables('target')]", "GreaterThan", "[parameters('threshold')]", "Increase"),
                  cpu_rule(
                      "[variables('target')]", "LessThan", "[div(parameters('threshold'), 2)]", "Decrease")]},
             enabled="[parameters('enabled')]", name="[variables('name')]")},
        parameters={
            **types, "threshold": {"type": "int", "defaultValue": 70},
            "enabled": {"type": "bool", "defaultValue": False},
            "location": {"type": "string", "defaultValue": "[resourceGroup().location]"}},
        variables={"target": target % DEPLOYMENTS, "name": "[format('{0}-scale', parameters('deployment'))]"},
        outputs={
            "id": {"type": "string", "value": "[resourceId('%s', variables('name'))]" % SETTINGS},
            "target": {"type": "string", "value":
                       "[reference(resourceId('%s', variables('name')), '2022-10-01').targetResourceUri]" % SETTINGS},
            "most": {"type": "string", "value":
                     "[reference(variables('name')).profiles[0].capacity.maximum]"}})


@pytest.fixture
def given(blue, workspace):
    return {"workspace": workspace, "endpoint": ENDPOINT, "deployment": "blue", "minimum": "1", "maximum": "3"}


def test_parameters_and_outputs(deployer, document, given, get, blue):
    assert deployer.what_if("autoscale", document, given)["blue-scale"].change_type == "Create"
    done = outputs(deployer.create("autoscale", document, given))
    made = get("blue-scale")
    assert (done["id"].lower(), done["target"], done["most"]) == (made.id.lower(), blue, "3")
    assert (made.tags, made.enabled, made.name_properties_name) == ({"by": "template"}, False, "blue-scale")
    out, back = made.profiles[0].rules
    assert (out.metric_trigger.metric_resource_uri, out.metric_trigger.threshold) == (blue, 70)
    assert (back.metric_trigger.operator, back.metric_trigger.threshold) == ("LessThan", 35)

    assert deployer.what_if("autoscale", document, given)["blue-scale"].change_type == "NoChange"
    change = deployer.what_if("autoscale", document, {**given, "maximum": "4"})["blue-scale"]
    assert change.change_type == "Modify"
    deployer.create("autoscale", document, {**given, "maximum": "4"})
    assert get("blue-scale").profiles[0].capacity.maximum == "4"


def test_export_of_the_portal(deployer, get, workspace, blue):
    """2015-04-01 with empty members, numbers for texts, a name in pieces, and tags of the old resource provider."""
    source = "[concat(resourceGroup().id, '/providers/%s/onlineEndpoints/%s/deployments/', parameters('name'))]" % (
        "Microsoft.MachineLearningServices/workspaces/" + workspace, ENDPOINT)
    document = template(
        {"comments": "Generalized", "type": "microsoft.insights/autoscalesettings", "apiVersion": "2015-04-01",
         "name": "[concat(parameters('name'), '-Autoscale-', '7')]", "location": "local",
         "tags": {"$type": "Microsoft.WindowsAzure.Management.Common.Storage.CasePreservedDictionary"},
         "dependsOn": [],
         "properties": body(
             source,
             {"name": "Default", "capacity": capacity("[parameters('least')]", 3), "fixedDate": None,
              "recurrence": None, "rules": [cpu_rule(source, "GreaterThanOrEqual", 70, "Increase")]},
             {"name": "Nights", "capacity": capacity("1", "1"), "rules": [],
              "recurrence": {"frequency": "Week", "schedule": {
                  "timeZone": "GMT Standard Time", "days": ["Monday", "Tuesday"], "hours": [22], "minutes": [0]}}},
             enabled=False, name="[concat(parameters('name'), '-Autoscale-', '7')]", notifications=[],
             targetResourceLocation="local", predictiveAutoscalePolicy={"scaleMode": "Disabled"})},
        parameters={"name": {"type": "String"}, "least": {"type": "Int", "defaultValue": 1}})
    document["$schema"] = "http://schema.management.azure.com/schemas/2015-01-01/deploymentTemplate.json#"
    deployer.create("portal", document, {"name": "blue"})
    made = get("blue-Autoscale-7")
    assert made.target_resource_uri.lower() == blue.lower()
    assert made.profiles[0].capacity.as_dict() == {"minimum": "1", "maximum": "3", "default": "1"}
    assert made.profiles[1].recurrence.schedule.time_zone == "GMT Standard Time"


def test_module_as_bicep_compiles_it(deployer, get, workspace, blue):
    """Symbolic names, an existing deployment, and a module that gets its id."""
    note = {"_generator": {"name": "bicep", "version": "0.30.23.60470", "templateHash": "1"}}
    module = {
        **template(), "languageVersion": "2.0", "metadata": note,
        "parameters": {
            "target": {"type": "string", "metadata": {"description": "Id of the deployment."}},
            "least": {"type": "int", "minValue": 1}, "most": {"type": "int", "maxValue": 50},
            "emails": {"type": "array", "items": {"type": "string"}, "defaultValue": []}},
        "resources": {"scaler": {
            "type": "Microsoft.Insights/autoscaleSettings", "apiVersion": "2022-10-01",
            "name": "[format('{0}-module', last(split(parameters('target'), '/')))]",
            "location": "[resourceGroup().location]",
            "properties": body(
                "[parameters('target')]",
                {"name": "Default",
                 "capacity": capacity("[string(parameters('least'))]", "[string(parameters('most'))]"),
                 "rules": [cpu_rule("[parameters('target')]", "GreaterThan", 70, "Increase")]},
                enabled=False, notifications=[{
                    "operation": "Scale", "webhooks": [],
                    "email": {"customEmails": "[parameters('emails')]", "sendToSubscriptionAdministrator": True}}])}},
        "outputs": {"name": {"type": "string", "value":
                             "[format('{0}-module', last(split(parameters('target'), '/')))]"}}}
    document = {
        **template(), "languageVersion": "2.0", "metadata": note,
        "parameters": {"workspaceName": {"type": "string"}, "endpointName": {"type": "string"}},
        "resources": {
            "workspace::endpoint::blue": {
                "existing": True, "type": DEPLOYMENTS, "apiVersion": "2024-04-01",
                "name": "[format('{0}/{1}/{2}', parameters('workspaceName'), parameters('endpointName'), 'blue')]"},
            "scaling": {
                "type": NESTED, "apiVersion": "2022-09-01", "name": "scaling", "properties": {
                    "expressionEvaluationOptions": {"scope": "inner"}, "mode": "Incremental",
                    "template": module, "parameters": {
                        "target": {"value": "[resourceId('%s', parameters('workspaceName'), "
                                            "parameters('endpointName'), 'blue')]" % DEPLOYMENTS},
                        "least": {"value": 1}, "most": {"value": 5},
                        "emails": {"value": ["a@example.org"]}}}}},
        "outputs": {"name": {"type": "string", "value": "[reference('scaling').outputs.name.value]"}}}
    done = deployer.create("bicep", document, {"workspaceName": workspace, "endpointName": ENDPOINT})
    assert outputs(done) == {"name": "blue-module"}
    made = get("blue-module")
    assert (made.target_resource_uri, made.profiles[0].capacity.maximum) == (blue, "5")
    assert made.notifications[0].email.custom_emails == ["a@example.org"]


def test_endpoint_deployment_and_setting_in_one(deployer, get, workspace, arm, blue, ml):
    """What is scaled is made by the same template, with its own kind of scaling."""
    like = arm.get(blue).json()["properties"]
    properties = {name: like[name] for name in (
        "endpointComputeType", "instanceType", "model", "environmentId", "codeConfiguration")}
    target = "[resourceId('%s', '%s', 'autoscaled-whole', 'blue')]" % (DEPLOYMENTS, workspace)
    document = template(
        {"type": SETTINGS, "apiVersion": "2022-10-01", "name": "whole", "location": "local", "dependsOn": [target],
         "properties": body(
             target, {"name": "Default", "capacity": capacity("2", "3"), "rules": [
                 cpu_rule(target, "GreaterThan", 70, "Increase")]}, enabled=True)},
        resource(
            DEPLOYMENTS, "%s/autoscaled-whole/blue" % workspace,
            {**properties, "scaleSettings": {"scaleType": "Default"}}, location="local",
            sku={"name": "Default", "capacity": 1},
            dependsOn=["[resourceId('%s', '%s', 'autoscaled-whole')]" % (ENDPOINTS, workspace)]),
        endpoint("%s/autoscaled-whole" % workspace))
    try:
        deployer.create("whole", document)
        assert get("whole").enabled is True
        eventually(lambda: ml.online_deployments.get("blue", "autoscaled-whole").instance_count == 2, 60)
    finally:
        finish(ml.online_endpoints.begin_delete("autoscaled-whole"))


def test_mistakes_are_told_before_anything_is_made(deployer, document, given, get):
    setting = document["resources"][0]["properties"]
    setting["profiles"][0]["rules"][0]["metricTrigger"]["metricName"] = "CpuUse"
    error = deployer.failure("mistaken", document, given)
    assert chain(error.error) == ["InvalidTemplateDeployment", "InvalidRequestContent"]
    assert "CpuUse" in innermost(error.error).message
    with pytest.raises(ResourceNotFoundError):
        get("blue-scale")


def test_deployment_that_is_not_there(deployer, document, given):
    error = deployer.failure("nowhere", document, {**given, "deployment": "absent"})
    assert chain(error.error) == ["InvalidTemplateDeployment", "BadArgument"]
    assert "absent" in innermost(error.error).message
