"""Words that the tests of ARM templates share."""
from azure.core.exceptions import HttpResponseError
from azure.mgmt.resource.deployments import models

from support import IMAGE, finish

NAMESPACE = "Microsoft.MachineLearningServices"
WORKSPACES = NAMESPACE + "/workspaces"
ENVIRONMENTS = WORKSPACES + "/environments/versions"
ENDPOINTS = WORKSPACES + "/onlineEndpoints"
DEPLOYMENTS = ENDPOINTS + "/deployments"
NESTED = "Microsoft.Resources/deployments"
SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"


def template(*resources, **sections):
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "resources": list(resources), **sections}


def resource(kind, name, properties=None, **members):
    return {"type": kind, "apiVersion": "2024-04-01", "name": name, "properties": properties or {}, **members}


def environment(name, **members):
    """The cheapest resource there is: `workspace/name/version`."""
    return resource(ENVIRONMENTS, name, {"image": IMAGE}, **members)


def endpoint(name, properties=None, **members):
    return resource(ENDPOINTS, name, {"authMode": "Key", **(properties or {})}, location="local", **members)


def nested(name, document, scope="inner", **members):
    return {
        "type": NESTED, "apiVersion": "2021-04-01", "name": name, **members,
        "properties": {
            "mode": "Incremental", "template": document, "expressionEvaluationOptions": {"scope": scope},
            **members.get("properties", {})}}


def values(parameters):
    """`{"a": 1}` as a deployment wants it; references and links stay as they are."""
    return {name: {"value": value} for name, value in parameters.items()}


def path(identifier):
    names = identifier.rsplit("/providers/", 1)[1].split("/")[2::2]
    return "/".join(names[1:] or names)


class Deployer:
    """Deploys to one resource group through azure-mgmt-resource-deployments."""

    def __init__(self, client, group):
        self.client, self.group = client, group

    def request(self, document, parameters=None, mode="Incremental", **properties):
        if document is not None:
            properties["template"] = document
        if parameters is not None:
            properties["parameters"] = values(parameters)
        return models.Deployment(properties=models.DeploymentProperties(mode=mode, **properties))

    def begin(self, name, document, parameters=None, **options):
        return self.client.deployments.begin_create_or_update(
            self.group, name, self.request(document, parameters, **options))

    def create(self, name, document, parameters=None, **options):
        return finish(self.begin(name, document, parameters, **options)).properties

    def validate(self, name, document, parameters=None, **options):
        return finish(self.client.deployments.begin_validate(
            self.group, name, self.request(document, parameters, **options))).properties

    def what_if(self, name, document, parameters=None, mode="Incremental", result_format="FullResourcePayloads"):
        """The changes by the names in their ids, without the workspace: `endpoint/blue`."""
        done = self.what_if_result(name, document, parameters, mode, result_format)
        assert done.status == "Succeeded", done.error
        return {path(change.resource_id): change for change in done.changes}

    def what_if_result(self, name, document, parameters=None, mode="Incremental", result_format=None):
        properties = models.DeploymentWhatIfProperties(
            mode=mode, template=document, parameters=values(parameters or {}),
            what_if_settings=models.DeploymentWhatIfSettings(result_format=result_format))
        return finish(self.client.deployments.begin_what_if(
            self.group, name, models.DeploymentWhatIf(properties=properties)))

    def failure(self, name, document, parameters=None, **options):
        """The exception of a deployment that is refused or fails."""
        try:
            self.create(name, document, parameters, **options)
        except HttpResponseError as error:
            return error
        raise AssertionError("the deployment %s succeeded" % name)

    def operations(self, name):
        return list(self.client.deployment_operations.list(self.group, name))


def outputs(properties):
    return {name: each["value"] for name, each in (properties.outputs or {}).items()}


def chain(error):
    """Codes of an error, outermost first, down its first details."""
    codes = []
    while error:
        codes.append(error.code)
        error = error.details[0] if error.details else None
    return codes


def innermost(error):
    while error.details:
        error = error.details[0]
    return error
