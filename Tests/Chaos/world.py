"""What is deployed for the load: an endpoint and its deployment of the chaos model."""
import json
import time
import urllib.request

from installation import HERE

ENDPOINT, DEPLOYMENT = "chaos", "blue"
REPLICAS = 3
# A user's settings who wants broken replicas noticed soon; Azure's defaults look every 10 s, and 30 times.
PROBE = {"period": "PT1S", "timeout": "PT2S", "failureThreshold": 3, "successThreshold": 1, "initialDelay": "PT1S"}
REQUEST_TIMEOUT = 5


class World:
    def __init__(self, installation, api):
        self.installation, self.api = installation, api
        self.endpoint = api.workspace + "/onlineEndpoints/" + ENDPOINT
        self.deployment = self.endpoint + "/deployments/" + DEPLOYMENT
        self.location = api.get(api.workspace)["location"]

    def build(self):
        """Assets, endpoint, deployment, traffic; what is there already stays."""
        api = self.api
        container = api.get(api.workspace + "/datastores/workspaceblobstore")["properties"]["containerName"]
        api.put_blob(container + "/chaos/score.py", (HERE / "model/code/score.py").read_text())
        api.call("PUT", api.workspace + "/codes/chaos/versions/1", {"properties": {
            "codeUri": "%s/sluice/%s/chaos" % (api.url, container)}})
        api.call("PUT", api.workspace + "/environments/chaos/versions/1", {"properties": {
            "image": "mcr.microsoft.com/azureml/minimal-py311-inference:latest",
            "condaFile": "dependencies: [python]"}})
        api.perform("PUT", self.endpoint, self.endpoint_body())
        api.perform("PUT", self.deployment, self.deployment_body(), deadline=180)
        api.perform("PUT", self.endpoint, self.endpoint_body({DEPLOYMENT: 100}))
        self.key = api.call("POST", self.endpoint + "/listKeys", {})[2]["primaryKey"]
        self.scoring_uri = api.get(self.endpoint)["properties"]["scoringUri"]

    def endpoint_body(self, traffic=None):
        return {"location": self.location, "properties": {"authMode": "Key", "traffic": traffic or {}}}

    def deployment_body(self, label="first", count=REPLICAS):
        return {
            "location": self.location, "sku": {"name": "Default", "capacity": count}, "properties": {
                "endpointComputeType": "Managed", "instanceType": "Standard_DS3_v2",
                "environmentId": "azureml:chaos:1",
                "codeConfiguration": {"codeId": "azureml:chaos:1", "scoringScript": "score.py"},
                "environmentVariables": {"LABEL": label},
                "requestSettings": {
                    "maxConcurrentRequestsPerInstance": 2, "requestTimeout": "PT%dS" % REQUEST_TIMEOUT},
                "livenessProbe": PROBE, "readinessProbe": PROBE}}

    def score(self, request, timeout=10, context=None):
        """One scoring request of its own; answers the document."""
        call = urllib.request.Request(self.scoring_uri, json.dumps(request).encode(), {
            "Authorization": "Bearer " + self.key, "Content-Type": "application/json"})
        with urllib.request.urlopen(call, timeout=timeout, context=context) as answer:
            return json.load(answer)

    def wait_until_whole(self, deadline=60):
        """Until control plane, routers and replicas are all there; answers what is missing, empty if nothing."""
        end = time.monotonic() + deadline
        while True:
            missing = self._missing()
            if not missing or time.monotonic() > end:
                return missing
            time.sleep(0.1)

    def _missing(self):
        installation = self.installation
        missing = [] if installation.control_plane else ["control plane"]
        if installation.router_count != 3 or len(installation.routers) != 3:
            missing.append("%d routers instead of 3" % installation.router_count)
        if installation.ready_replicas() != REPLICAS:
            missing.append("%d of %d replicas ready" % (installation.ready_replicas(), REPLICAS))
        try:
            state = self.api.get(self.deployment)["properties"]["provisioningState"]
            if state != "Succeeded":
                missing.append("deployment is %s" % state)
        except Exception as error:
            missing.append("API: %s" % str(error)[:200])
        return missing
