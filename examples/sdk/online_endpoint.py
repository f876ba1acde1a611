"""An online endpoint from first to last with the Azure ML SDK: deployments, traffic, mirroring, rollout, logs, keys.

    eval "$(sluice env)"; sluice workspace write-config; python online_endpoint.py

Only the credential and the connection differ from a script for Azure: nothing at all, once the variables are set and
config.json is there.
"""
import json
import os
import subprocess
import time
from pathlib import Path

import requests
from azure.ai.ml import MLClient
from azure.ai.ml.entities import (
    CodeConfiguration, Environment, ManagedOnlineDeployment, ManagedOnlineEndpoint, Model, OnlineRequestSettings,
    ProbeSettings,
)
from azure.identity import DefaultAzureCredential

os.chdir(Path(__file__).parent)
ENDPOINT = os.environ.get("ENDPOINT_NAME", "fraud-detection-api")
# How long each phase of the rollout is watched; an hour would be usual.
MONITOR_SECONDS = float(os.environ.get("MONITOR_SECONDS", "0"))

ml_client = MLClient.from_config(DefaultAzureCredential())


def deployment(name, version, **settings):
    return ManagedOnlineDeployment(
        name=name,
        endpoint_name=ENDPOINT,
        model=Model(path="model/model.pkl"),
        code_configuration=CodeConfiguration(code="src", scoring_script="score.py"),
        environment=Environment(
            image="mcr.microsoft.com/azureml/minimal-ubuntu22.04-py310-cpu-inference:latest",
            conda_file="environment/conda.yml"),
        instance_type="Standard_DS3_v2",
        environment_variables={"MODEL_VERSION": version, "LOG_LEVEL": "INFO"},
        **settings)


print("== endpoint")
endpoint = ManagedOnlineEndpoint(
    name=ENDPOINT,
    description="Real-time fraud detection endpoint",
    auth_mode="key",
    tags={"environment": "production", "team": "ml-ops", "cost-center": "engineering"})
endpoint = ml_client.online_endpoints.begin_create_or_update(endpoint).result()
print("Endpoint URI:", endpoint.scoring_uri)

print("== deployment blue")
blue = deployment(
    "blue", "1.2.0",
    instance_count=2,
    request_settings=OnlineRequestSettings(request_timeout_ms=90000, max_concurrent_requests_per_instance=3),
    liveness_probe=ProbeSettings(initial_delay=10, period=10, timeout=2, failure_threshold=3),
    readiness_probe=ProbeSettings(
        initial_delay=1, period=2, timeout=2, failure_threshold=30, success_threshold=1))
ml_client.online_deployments.begin_create_or_update(blue).result()

print("== all traffic to blue")
endpoint.traffic = {"blue": 100}
endpoint = ml_client.online_endpoints.begin_create_or_update(endpoint).result()

print("== invoke with the SDK")
print(ml_client.online_endpoints.invoke(endpoint_name=ENDPOINT, request_file="request.json"))
print(ml_client.online_endpoints.invoke(
    endpoint_name=ENDPOINT, request_file="request.json", deployment_name="blue"))

print("== invoke with requests")
keys = ml_client.online_endpoints.get_keys(ENDPOINT)
headers = {"Authorization": "Bearer " + keys.primary_key, "Content-Type": "application/json"}
sample = json.loads(Path("request.json").read_text())
response = requests.post(endpoint.scoring_uri, headers=headers, json=sample, timeout=90)
response.raise_for_status()
print("Predictions:", response.json()["predictions"])

print("== invoke with curl")
print(subprocess.run(
    ["curl", "-s", "-X", "POST", endpoint.scoring_uri, "-H", "Authorization: Bearer " + keys.primary_key,
     "-H", "Content-Type: application/json", "-d", '{"features": [[5.1, 3.5, 1.4, 0.2]]}'],
    check=True, capture_output=True, text=True).stdout)

print("== deployment green, with a copy of 10 % of the traffic")
ml_client.online_deployments.begin_create_or_update(deployment("green", "1.3.0", instance_count=1)).result()
endpoint.mirror_traffic = {"green": 10}
endpoint = ml_client.online_endpoints.begin_create_or_update(endpoint).result()
print("mirror traffic:", endpoint.mirror_traffic)

print("== gradual rollout")
endpoint.mirror_traffic = {}
for split in ({"blue": 90, "green": 10}, {"blue": 50, "green": 50}, {"green": 100}):
    endpoint.traffic = split
    endpoint = ml_client.online_endpoints.begin_create_or_update(endpoint).result()
    time.sleep(MONITOR_SECONDS)
    versions = [
        requests.post(endpoint.scoring_uri, headers=headers, json=sample, timeout=90).json()["model_version"]
        for _ in range(20)]
    print(split, "->", {version: versions.count(version) for version in sorted(set(versions))})
ml_client.online_deployments.begin_delete(name="blue", endpoint_name=ENDPOINT).result()

print("== logs")
for container in ("inference-server", "storage-initializer"):
    logs = ml_client.online_deployments.get_logs(
        name="green", endpoint_name=ENDPOINT, lines=500, container_type=container)
    print(container + ":", len(logs.splitlines()), "lines, the last:", logs.splitlines()[-1])

print("== a new primary key")
ml_client.online_endpoints.begin_regenerate_keys(name=ENDPOINT, key_type="primary").result()
fresh = ml_client.online_endpoints.get_keys(ENDPOINT)
headers["Authorization"] = "Bearer " + fresh.primary_key
print("changed:", fresh.primary_key != keys.primary_key, "works:",
      requests.post(endpoint.scoring_uri, headers=headers, json=sample, timeout=90).status_code)

print("== the end")
ml_client.online_endpoints.begin_delete(ENDPOINT).result()
