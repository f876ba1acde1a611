"""Words that several test files share."""
import json
import pathlib
import time

import requests
from azure.ai.ml.entities import CodeConfiguration, ManagedOnlineDeployment

ASSETS = pathlib.Path(__file__).resolve().parent / "assets"
CODE = ASSETS / "doubler" / "code"
MODEL = ASSETS / "doubler" / "model"
IMAGE = "mcr.microsoft.com/azureml/minimal-py311-inference:latest"
CONDA = ASSETS / "conda.yml"


def finish(poller, seconds=120):
    """Waits for a long-running operation; raises what it failed with."""
    poller.wait(seconds)
    assert poller.done(), "the operation still runs after %d s" % seconds
    return poller.result()


def eventually(check, seconds=20):
    """Polls until `check` answers something true, and returns that."""
    end = time.monotonic() + seconds
    while True:
        answer = check()
        if answer:
            return answer
        assert time.monotonic() < end, "%s was not reached within %d s" % (check, seconds)
        time.sleep(0.2)


def doubler(endpoint, name, environment, **overrides):
    """A small deployment that works; `overrides` replace or add properties."""
    wanted = dict(
        name=name, endpoint_name=endpoint, environment=environment, model="azureml:doubler:1",
        code_configuration=CodeConfiguration(code=str(CODE), scoring_script="score.py"),
        instance_type="Standard_DS3_v2", instance_count=1, environment_variables={"LABEL": name})
    wanted.update(overrides)
    return ManagedOnlineDeployment(**wanted)


def set_traffic(ml, endpoint, traffic, mirror=None):
    entity = ml.online_endpoints.get(endpoint)
    entity.traffic, entity.mirror_traffic = traffic, mirror or {}
    return finish(ml.online_endpoints.begin_create_or_update(entity))


class Scorer:
    """Scores one endpoint as a plain HTTP client with its primary key."""

    def __init__(self, ml, endpoint):
        self.uri = ml.online_endpoints.get(endpoint).scoring_uri
        self.key = ml.online_endpoints.get_keys(endpoint).primary_key

    def __call__(self, payload, key=None, deployment=None):
        headers = {"Authorization": "Bearer %s" % (key or self.key)}
        if deployment:
            headers["azureml-model-deployment"] = deployment
        return requests.post(self.uri, json=payload, headers=headers, timeout=60)


def request_file(folder, payload):
    path = folder / "request.json"
    path.write_text(json.dumps(payload))
    return str(path)
