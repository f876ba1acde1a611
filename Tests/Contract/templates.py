"""Template deployments for the run: templates that are valid, and some that are not."""

API_VERSION = "2024-04-01"
_SCHEMAS = "https://schema.management.azure.com/schemas"
_LEARNING = "Microsoft.MachineLearningServices/workspaces"
_DEPLOYMENTS = "Microsoft.Resources/deployments"


def template(**sections):
    return {
        "$schema": f"{_SCHEMAS}/2019-04-01/deploymentTemplate.json#", "contentVersion": "1.0.0.0", "resources": [],
        **sections}


def for_subscription(**sections):
    return template(**sections) | {"$schema": f"{_SCHEMAS}/2018-05-01/subscriptionDeploymentTemplate.json#"}


def deployment(template, parameters=None, mode="Incremental", **others):
    return {"properties": {"mode": mode, "template": template, "parameters": parameters or {}}, **others}


# One of each kind

_VALUES = {
    "parameters": {
        "text": {"type": "string", "defaultValue": "a", "allowedValues": ["a", "b"]},
        "secret": {"type": "secureString", "defaultValue": "[newGuid()]"},
        "count": {"type": "int", "defaultValue": 2, "minValue": 1}, "flag": {"type": "bool", "defaultValue": True},
        "object": {"type": "object", "defaultValue": {"a": [1, {"b": None}]}},
        "array": {"type": "array", "defaultValue": [1, "b", {}]}},
    "variables": {"joined": "[concat(parameters('text'), string(parameters('count')))]"},
    "outputs": {
        "text": {"type": "string", "value": "[variables('joined')]"},
        "secret": {"type": "secureString", "value": "[parameters('secret')]"},
        "count": {"type": "int", "value": "[add(parameters('count'), 1)]"},
        "flag": {"type": "bool", "value": "[not(parameters('flag'))]"},
        "object": {"type": "object", "value": "[union(parameters('object'), createObject('c', null()))]"},
        "array": {"type": "array", "copy": {"count": 3, "input": "[copyIndex()]"}}}}

# Found out only when it runs.
_FAILING = {
    "outputs": {"missing": {
        "type": "string", "value": f"[reference(resourceId('{_LEARNING}', 'missing'), '{API_VERSION}').workspaceId]"}}}


class Templates:
    """Templates that deploy to a group, or to the subscription and a group of it."""

    def __init__(self, location, base_url, group):
        self._location = location
        self._base_url = base_url
        self._group = group

    def _learning(self, kind, name, properties, **others):
        parents = name.count("/")
        types = "/".join([_LEARNING, *kind.split("/")]) if kind else _LEARNING
        above = [] if not parents else [f"[resourceId('{_LEARNING}', '{name.split('/')[0]}')]"]
        return {
            "type": types, "apiVersion": API_VERSION, "name": name, "properties": properties, "dependsOn": above,
            **others}

    def _workspace(self, tags=None):
        return self._learning(
            "", "house", {}, location=self._location, identity={"type": "SystemAssigned"}, tags=tags or {})

    def _models(self, count, mode):
        model = {"modelUri": "azureml://datastores/workspaceblobstore/paths/model", "modelType": "custom_model"}
        return self._learning(
            "models/versions", "[concat('house/loop/', copyIndex(1))]", model,
            copy={"name": "loop", "count": count, "mode": mode}) | {
                "dependsOn": [f"[resourceId('{_LEARNING}', 'house')]"]}

    @property
    def _resources(self):
        house = f"resourceId('{_LEARNING}', 'house')"
        return template(
            resources=[
                self._workspace(),
                self._learning("datastores", "house/files", {
                    "datastoreType": "AzureBlob", "accountName": "sluice", "containerName": f"contract-{self._group}",
                    "credentials": {"credentialsType": "None"}}),
                self._learning("environments/versions", "house/base/1", {"image": "mcr.example/base:1"}),
                self._learning("data/versions", "house/rows/1", {
                    "dataUri": f"{self._base_url}/data", "dataType": "uri_folder"}, condition=False),
                self._models(2, "Parallel")],
            outputs={
                "id": {"type": "string", "value": f"[{house}]"},
                "state": {"type": "object", "value": f"[reference({house}, '{API_VERSION}', 'Full')]"}})

    @property
    def _symbolic(self):
        return template(languageVersion="2.0", resources={
            "house": self._workspace({"changed": "yes"}),
            "inner": self._nested("within", template(**_VALUES))})

    def _nested(self, name, inner, **others):
        return {
            "type": _DEPLOYMENTS, "apiVersion": "2022-09-01", "name": name, **others,
            "properties": {"mode": "Incremental", "expressionEvaluationOptions": {"scope": "inner"}, "template": inner}}

    def empty(self, is_subscription):
        return deployment(for_subscription(), location=self._location) if is_subscription else deployment(template())

    def slow(self, is_subscription):
        """A deployment that runs until it is cancelled."""
        body = deployment(template(resources=[self._workspace(), self._models(200, "Serial")]))
        return self._lifted(body, "slow") if is_subscription else body

    def _lifted(self, body, name):
        """The same at subscription scope, within a nested deployment to the group."""
        properties = body["properties"]
        group = {
            "type": "Microsoft.Resources/resourceGroups", "apiVersion": "2022-09-01", "name": self._group,
            "location": self._location, "properties": {}}
        # In the group it has a name of its own.
        nested = self._nested(f"within-{name}", properties["template"], resourceGroup=self._group)
        nested["dependsOn"] = [f"[subscriptionResourceId('Microsoft.Resources/resourceGroups', '{self._group}')]"]
        return deployment(for_subscription(resources=[group, nested]), location=self._location)

    def valid(self, is_subscription):
        """Deployments by name; each ends well, but for `failing`."""
        bodies = {
            "values": deployment(template(**_VALUES), {"text": {"value": "b"}, "COUNT": {"value": 5}}),
            "resources": deployment(self._resources, tags={"a": "b"}),
            "nested": deployment(template(resources=[
                self._nested("inner", template(**_VALUES)),
                self._nested("after", template(), dependsOn=[f"[resourceId('{_DEPLOYMENTS}', 'inner')]"])])),
            "symbolic": deployment(self._symbolic),
            "failing": deployment(template(**_FAILING)),
            "linked": {"properties": {
                "mode": "Incremental", "parametersLink": {"uri": f"{self._base_url}/parameters.json"},
                "templateLink": {"uri": f"{self._base_url}/template.json", "contentVersion": "1.0.0.0"}}}}
        if not is_subscription:
            return bodies
        return {
            "values": deployment(for_subscription(**_VALUES), location=self._location),
            "failing": deployment(for_subscription(**_FAILING), location=self._location),
            **{name: self._lifted(bodies[name], name) for name in ("resources", "nested", "symbolic")}}

    def invalid(self, is_subscription):
        """Templates with problems, in their places."""
        make = for_subscription if is_subscription else template
        value = {"type": "string", "value": "[nothing(1]"}
        circle = [self._nested(name, template(), dependsOn=[other]) for name, other in [("one", "two"), ("two", "one")]]
        return [
            make(outputs={"one": value, "two": value}), make(resources=circle), {"contentVersion": "1.0.0.0"},
            make(parameters={"needed": {"type": "int"}}), make(resources=[{"type": "Else.Where/things", "name": "a"}]),
            template(resources=[self._learning("onlineEndpoints", "house/a", {"authMode": "None"})])]

    @property
    def files(self):
        """Documents behind links, by their names."""
        return {
            "template.json": template(**_VALUES), "parameters.json": {
                "$schema": f"{_SCHEMAS}/2019-04-01/deploymentParameters.json#", "contentVersion": "1.0.0.0",
                "parameters": {"text": {"value": "b"}}}}
