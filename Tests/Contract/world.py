"""The resources that a fresh Sluice gets before the run, and their names."""

import dataclasses
import json
import re
import uuid
from pathlib import Path

from service import PROVIDER, Service
from templates import Templates

DEPLOYMENTS = "/providers/Microsoft.Resources/deployments"
_VERSIONED = ("codes", "models", "environments", "data")
_KINDS = (*_VERSIONED, "datastores", "connections", "computes")
# Where templates were deployed before the run, and where the run deploys: its mode Complete empties the group.
TEMPLATE_GROUP, PLAYGROUND = "templates", "playground"
ROLES = "/providers/Microsoft.Authorization"
SETTINGS = "/providers/Microsoft.Insights/autoscalesettings"
# Reader, in every Azure.
_ROLE = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
_GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
_RESOURCE = "/{resourceType}/{resourceName}"
_ROLE_SCOPES = (
    "", "/subscriptions/{subscriptionId}", _GROUP, f"{_GROUP}/providers/{{resourceProviderNamespace}}{_RESOURCE}",
    f"{_GROUP}/providers/{{resourceProviderNamespace}}/{{parentResourceType}}/{{parentResourceName}}{_RESOURCE}")


@dataclasses.dataclass
class World(Service):
    location: str = ""
    container: str = ""
    environment_id: str = ""
    code_id: str = ""
    model_id: str = ""
    operation: str = ""
    # Ids by scope ("group" or "subscription") and name of the deployment.
    deployment_statuses: dict = dataclasses.field(default_factory=dict)
    deployment_operations: dict = dataclasses.field(default_factory=dict)
    results: list = dataclasses.field(default_factory=list)
    # Where the hooks note every answer.
    tally: str = ""

    # Made once, read by the hooks in another process

    @classmethod
    def load(cls, path):
        return cls(**json.loads(Path(path).read_text()))

    def save(self, path):
        path = Path(path)
        path.touch(mode=0o600)
        path.write_text(json.dumps(dataclasses.asdict(self)))

    # Resources

    def seed(self):
        self.location = self.call("GET", self.workspace_path).json()["location"]
        self.call("PUT", f"{self.group_path.rsplit('/', 1)[0]}/second", {"location": self.location})
        self.call("PUT", f"{self.group_path}{PROVIDER}/workspaces/second", self._workspace())
        store = self.call("GET", f"{self.workspace_path}/datastores/workspaceblobstore").json()
        self.container = store["properties"]["containerName"]
        for path in ("code/score.py", "model/weights.bin", "data/rows.csv"):
            self.put_blob(f"{self.container}/contract/{path}", "1")
        for kind in _KINDS:
            self._put_asset(kind, "seeded")
        self.code_id = f"{self.workspace_path}/codes/seeded/versions/1"
        self.model_id = f"{self.workspace_path}/models/seeded/versions/1"
        self.environment_id = f"{self.workspace_path}/environments/seeded/versions/1"
        self._put_endpoint("seeded")
        self.finish(f"{self.workspace_path}/onlineEndpoints/seeded")
        deployment = f"{self.workspace_path}/onlineEndpoints/seeded/deployments/seeded"
        answer = self._put_deployment("seeded", "seeded")
        self.operation = answer.headers["Azure-AsyncOperation"].split("?")[0].rsplit("/", 1)[1]
        self.finish(deployment)
        self._put_autoscale_setting("seeded", "seeded")
        self._seed_templates()
        for scope in _ROLE_SCOPES:
            self._put_role_assignment(f"{scope}{ROLES}/roleAssignments/{{roleAssignmentName}}", "GET")

    def _seed_templates(self):
        for group in (TEMPLATE_GROUP, PLAYGROUND):
            self._put_group(group)
        for name, document in self.templates(TEMPLATE_GROUP).files.items():
            self.put_blob(f"{self.container}/contract/{name}", json.dumps(document))
        for scope in ("group", "subscription"):
            root = self.deployments_path(scope)
            bodies = self.templates(TEMPLATE_GROUP).valid(scope == "subscription")
            self.deployment_statuses[scope], self.deployment_operations[scope] = {}, {}
            for name, body in bodies.items():
                answer = self.call("PUT", f"{root}/{name}", body)
                self.finish(f"{root}/{name}", "Failed" if name == "failing" else "Succeeded")
                status = answer.headers["Azure-AsyncOperation"].split("?")[0].rsplit("/", 1)[1]
                self.deployment_statuses[scope][name] = status
                steps = self.call("GET", f"{root}/{name}/operations").json()["value"]
                self.deployment_operations[scope][name] = [step["operationId"] for step in steps] or ["none"]
            predicted = [*bodies.values(), *({"properties": {"mode": "Incremental", "template": template}}
                                             for template in self.templates(TEMPLATE_GROUP).invalid(False))]
            for body in predicted:
                for mode, form in (("Incremental", "ResourceIdOnly"), ("Complete", "FullResourcePayloads")):
                    properties = body["properties"] | {"mode": mode, "whatIfSettings": {"resultFormat": form}}
                    answer = self.call("POST", f"{root}/new/whatIf", body | {"properties": properties})
                    self.results.append(answer.headers["Location"].split("?")[0].rsplit("/", 1)[1])

    @property
    def scaled(self):
        return f"{self.workspace_path}/onlineEndpoints/seeded/deployments/seeded"

    def _put_group(self, name):
        # 409: it is being deleted.
        path = f"/subscriptions/{self.subscription}/resourceGroups/{name}"
        self.call("PUT", path, {"location": self.location}, allowed=(409,))

    def templates(self, group):
        return Templates(self.location, f"{self.url}/sluice/{self.container}/contract", group)

    def deployments_path(self, scope, group=TEMPLATE_GROUP):
        group = f"/resourceGroups/{group}" if scope == "group" else ""
        return f"/subscriptions/{self.subscription}{group}{DEPLOYMENTS}"

    def _workspace(self):
        return {"location": self.location, "identity": {"type": "SystemAssigned"}, "properties": {}}

    def _asset(self, kind):
        base = f"{self.url}/sluice/{self.container}/contract"
        return {
            "codes": {"codeUri": f"{base}/code"},
            "models": {"modelUri": f"{base}/model", "modelType": "custom_model"},
            "environments": {"image": "mcr.example/base:1", "condaFile": "dependencies: [python=3.11]"},
            "data": {"dataUri": f"{base}/data", "dataType": "uri_folder"},
            "datastores": {
                "datastoreType": "AzureBlob", "accountName": "sluice", "containerName": "contract-data",
                "credentials": {"credentialsType": "None"}},
            "connections": {
                "authType": "ApiKey", "category": "OpenAI", "target": "https://t", "credentials": {"key": "a key"}},
            "computes": {"computeType": "AmlCompute", "properties": {"vmSize": "STANDARD_DS3_V2"}},
        }[kind]

    def _put_asset(self, kind, name):
        path = f"{self.workspace_path}/{kind}/{name}"
        path += "/versions/1" if kind in _VERSIONED else ""
        self.call("PUT", path, {"properties": self._asset(kind)})

    def _put_endpoint(self, name):
        # 409: it is being deleted, or a generated request changes it.
        path = f"{self.workspace_path}/onlineEndpoints/{name}"
        body = {"location": self.location, "properties": {"authMode": "AMLToken"}}
        return self.call("PUT", path, body, allowed=(409,))

    def _put_deployment(self, endpoint, name):
        return self.call("PUT", f"{self.workspace_path}/onlineEndpoints/{endpoint}/deployments/{name}", {
            "location": self.location, "sku": {"name": "Default", "capacity": 1}, "properties": {
                "endpointComputeType": "Managed", "instanceType": "Standard_DS3_v2", "model": self.model_id,
                "environmentId": self.environment_id,
                "codeConfiguration": {"codeId": self.code_id, "scoringScript": "score.py"}}}, allowed=(409,))

    def _put_autoscale_setting(self, name, deployment):
        # 409: a generated request made a setting for the deployment.
        self.call("PUT", f"{self.group_path}{SETTINGS}/{name}", {"location": self.location, "properties": {
            "targetResourceUri": f"{self.workspace_path}/onlineEndpoints/seeded/deployments/{deployment}",
            "profiles": [{
                "name": "Default", "capacity": {"minimum": "1", "maximum": "2", "default": "1"}, "rules": []}]}},
            allowed=(400, 409))

    # What the hooks put into generated requests

    def path_values(self, template, method, pick):
        """Path parameters of an operation that exist, by name; `pick` chooses one of several.

        What gets deleted is another thing than what is read.
        """
        leaf = "doomed" if method == "DELETE" else "written" if method == "PUT" else "seeded"
        values = {
            "tenant": self.tenant, "subscriptionId": self.subscription, "resourceGroupName": self.group,
            "workspaceName": self.workspace, "location": self.location, "operationName": self.operation,
            "endpointName": "seeded", "deploymentName": "seeded", "name": "seeded", "version": "1",
            "container": self.container, "blob": "contract/data/rows.csv",
            "resourceProviderNamespace": pick(("Microsoft.MachineLearningServices", "Microsoft.Resources")),
            "operationResultId": pick(self.results), "autoscaleSettingName": "seeded",
        }
        if re.search(r"/(resources|exportTemplate)$", template):
            values["resourceGroupName"] = TEMPLATE_GROUP
        names = re.findall(r"\{(\w+)\}", template)
        if template.endswith("}") and method in ("PUT", "DELETE"):
            if names[-1] == "version":
                names.pop()
            if names[-1] == "autoscaleSettingName":
                # A deployment has one setting: what is written is the seeded one.
                values[names[-1]] = "doomed" if method == "DELETE" else "seeded"
            if names[-1] in ("resourceGroupName", "workspaceName", "endpointName", "deploymentName", "name", "blob"):
                values[names[-1]] = leaf
            if names[-1] == "container":
                values[names[-1]] = f"{leaf}-container"
        if ROLES in template:
            values |= self._role_values(template, leaf)
        scope = deployment_scope(template)
        if scope:
            values |= self._deployment_values(template, method, scope, pick)
        return {name: values[name] for name in re.findall(r"\{(\w+)\}", template)}

    def _role_values(self, template, leaf):
        values = {
            "roleDefinitionId": _ROLE, "roleAssignmentName": _uuid(template.split(ROLES)[0], leaf),
            "resourceProviderNamespace": "Microsoft.MachineLearningServices", "resourceType": "workspaces",
            "resourceName": self.workspace}
        if "{parentResourceType}" in template:
            values |= {
                "parentResourceType": "workspaces", "parentResourceName": self.workspace,
                "resourceType": "onlineEndpoints", "resourceName": "seeded"}
        return values

    def _put_role_assignment(self, template, method):
        values = self.path_values(template, method, lambda choices: choices[0])
        self.call("PUT", template.format(**values), {"properties": {
            "roleDefinitionId": f"{ROLES}/roleDefinitions/{_ROLE}", "principalId": _uuid("principal", method)}})

    def _deployment_values(self, template, method, scope, pick):
        name = pick(sorted(self.deployment_statuses[scope]))
        values = {
            "resourceGroupName": TEMPLATE_GROUP, "deploymentName": name,
            "operationStatusId": self.deployment_statuses[scope][name],
            "operationId": pick(self.deployment_operations[scope][name])}
        if method == "PUT":
            # One that runs can't be replaced.
            values |= {"resourceGroupName": PLAYGROUND, "deploymentName": f"written-{pick(range(50))}"}
        if method == "DELETE":
            values["deploymentName"] = "doomed"
        if template.endswith("/cancel"):
            values["deploymentName"] = "slow"
        return values

    def is_needed(self, name):
        """Whether a resource of that name is one that other operations read."""
        needed = (
            "seeded", "second", self.group, self.workspace, self.container, "contract/data/rows.csv", TEMPLATE_GROUP,
            PLAYGROUND, *self.deployment_statuses["group"])
        return isinstance(name, str) and name.lower() in [text.lower() for text in needed]

    @property
    def tally_file(self):
        return Path(self.tally)

    @property
    def body_values(self):
        base = f"{self.url}/sluice/{self.container}/contract"
        return {
            "location": self.location, "environmentId": self.environment_id, "codeId": self.code_id,
            "model": self.model_id, "codeUri": f"{base}/code", "modelUri": f"{base}/model",
            "dataUri": f"{base}/data", "accountName": "sluice", "containerName": "contract-data",
            "scoringScript": "score.py", "instanceType": "Standard_DS3_v2", "compute": "",
            "initialDelay": "PT1S", "period": "PT1S", "timeout": "PT1S", "maxQueueWait": "PT0.5S",
            "requestTimeout": "PT5S", "pollingInterval": "PT1S", "cpu": "500m", "memory": "1Gi", "gpu": "1",
            "roleDefinitionId": f"{ROLES}/roleDefinitions/{_ROLE}", "principalId": _uuid("principal", "PUT"),
            "targetResourceUri": self.scaled, "metricResourceUri": self.scaled,
            "metricName": "CpuUtilizationPercentage", "timeGrain": "PT1M", "timeWindow": "PT5M", "cooldown": "PT5M",
            "timeZone": "UTC", "start": "2030-01-01T00:00:00Z", "end": "2030-01-02T00:00:00Z",
            "minimum": "1", "maximum": "2", "default": "1",
            "client_id": self.client_id, "client_secret": self.client_secret, "scope": f"{self.url}/.default",
        }

    # Members of bodies that the document lets be empty, and that the service then mostly refuses.
    may_be_empty = frozenset({
        "environmentId", "codeId", "model", "compute", "initialDelay", "period", "timeout", "maxQueueWait",
        "requestTimeout", "pollingInterval", "cpu", "memory", "gpu", "client_secret", "scope"})

    def restore(self, template, pick):
        """Makes what a deletion, or a cancellation, of this path is aimed at."""
        scope = deployment_scope(template)
        if scope:
            return self._restore_deployment(template, scope)
        if ROLES in template:
            return self._put_role_assignment(template, "DELETE")
        kind = next((kind for kind in _KINDS if f"/{kind}/" in template), None)
        if kind:
            self._put_asset(kind, "doomed")
        elif template.endswith("{autoscaleSettingName}"):
            self._put_deployment("seeded", "scaled")
            self._put_autoscale_setting("doomed", "scaled")
        elif template.endswith("{deploymentName}"):
            self._put_deployment("seeded", "doomed")
        elif template.endswith("{endpointName}"):
            self._put_endpoint("doomed")
        elif template.endswith("{workspaceName}"):
            self.call("PUT", f"{self.group_path}{PROVIDER}/workspaces/doomed", self._workspace())
        elif template.endswith("{resourceGroupName}"):
            self._put_group("doomed")
            if pick((True, False)):
                self.call(
                    "PUT", f"/subscriptions/{self.subscription}/resourceGroups/doomed{PROVIDER}/workspaces/doomed",
                    self._workspace(), allowed=(404, 409))
        elif template.endswith("{container}"):
            self.put_blob("doomed-container")
        elif template.endswith("{blob}"):
            self.put_blob(f"{self.container}/doomed", "1")

    def _restore_deployment(self, template, scope):
        # 409: it runs.
        root, templates = self.deployments_path(scope), self.templates(TEMPLATE_GROUP)
        if template.endswith("/cancel"):
            self.call("PUT", f"{root}/slow", templates.slow(scope == "subscription"), allowed=(409,))
        else:
            self.call("PUT", f"{root}/doomed", templates.empty(scope == "subscription"), allowed=(409,))
            self.finish(f"{root}/doomed")


def _uuid(*names):
    """The same for the same names."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(names)))


def deployment_scope(template):
    """Where the template deployments of a path are: "group" or "subscription"; None for other paths."""
    if "/deployments" not in template or "/onlineEndpoints" in template:
        return None
    return "group" if "{resourceGroupName}" in template else "subscription"
