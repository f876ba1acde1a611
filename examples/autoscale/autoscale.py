"""Load rises and falls, and the number of replicas follows.

    eval "$(sluice env)"; sluice workspace write-config; python autoscale.py

Deploys src/score.py with scale settings by utilization, sends it a load in steps, prints a line of a chart for every
second, and at the end how long the decisions took, from the API's own record of them.
"""
import argparse
import os
import threading
import time
from collections import Counter
from datetime import datetime
from pathlib import Path

import requests
from azure.ai.ml import MLClient
from azure.ai.ml.entities import (
    CodeConfiguration, Environment, KubernetesOnlineDeployment, KubernetesOnlineEndpoint, OnlineRequestSettings,
    TargetUtilizationScaleSettings,
)
from azure.identity import DefaultAzureCredential

options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
options.add_argument("--endpoint", default="autoscale")
options.add_argument("--min", type=int, default=1)
options.add_argument("--max", type=int, default=5)
options.add_argument("--target", type=int, default=70, help="target utilization, in percent")
options.add_argument("--steps", default="20:2,40:10,90:2", help="SECONDS:REQUESTS_PER_SECOND, one after another")
options.add_argument("--request-seconds", type=float, default=0.2, help="how long a request keeps a replica busy")
options = options.parse_args()
os.chdir(Path(__file__).parent)

credential = DefaultAzureCredential()
ml_client = MLClient.from_config(credential)

print("== endpoint and deployment")
ml_client.online_endpoints.begin_create_or_update(
    KubernetesOnlineEndpoint(name=options.endpoint, auth_mode="key")).result()
ml_client.online_deployments.begin_create_or_update(KubernetesOnlineDeployment(
    name="blue",
    endpoint_name=options.endpoint,
    code_configuration=CodeConfiguration(code="src", scoring_script="score.py"),
    environment=Environment(
        image="mcr.microsoft.com/azureml/minimal-ubuntu22.04-py310-cpu-inference:latest",
        conda_file="conda.yml"),
    instance_count=options.min,
    scale_settings=TargetUtilizationScaleSettings(
        min_instances=options.min, max_instances=options.max,
        target_utilization_percentage=options.target, polling_interval=1),
    request_settings=OnlineRequestSettings(request_timeout_ms=30000, max_queue_wait_ms=30000))).result()
endpoint = ml_client.online_endpoints.get(options.endpoint)
endpoint.traffic = {"blue": 100}
endpoint = ml_client.online_endpoints.begin_create_or_update(endpoint).result()
key = ml_client.online_endpoints.get_keys(options.endpoint).primary_key

answers = Counter()
inside = Counter()
lock = threading.Lock()


def score():
    with lock:
        inside["now"] += 1
    try:
        status = requests.post(
            endpoint.scoring_uri, headers={"Authorization": "Bearer " + key},
            json={"seconds": options.request_seconds}, timeout=60).status_code
    except requests.RequestException as error:
        status = type(error).__name__
    with lock:
        inside["now"] -= 1
        answers[status] += 1


def load(steps):
    """Sends each step's requests evenly, whether earlier ones are answered or not."""
    for seconds, rate in steps:
        begin = time.monotonic()
        for number in range(int(seconds * rate)):
            time.sleep(max(0, begin + number / rate - time.monotonic()))
            threading.Thread(target=score, daemon=True).start()
        time.sleep(max(0, begin + seconds - time.monotonic()))


def history():
    token = credential.get_token(os.environ["SLUICE_URL"] + "/.default").token
    url = (f"{os.environ['SLUICE_URL']}{endpoint.id}/deployments/blue/scalingHistory?api-version=2024-04-01&count=1000")
    answer = requests.get(url, headers={"Authorization": "Bearer " + token}, timeout=10)
    answer.raise_for_status()
    return list(reversed(answer.json()["value"]))


steps = [tuple(float(part) for part in step.split(":")) for step in options.steps.split(",")]
known = len(history())
begin = time.time()
sender = threading.Thread(target=load, args=(steps,))
sender.start()
print(f"== {len(steps)} steps: " + ", then ".join(f"{rate:g} requests/s for {seconds:g} s" for seconds, rate in steps))
print("second  requests inside or waiting  replicas")
second = 0
while sender.is_alive() or inside["now"]:
    time.sleep(max(0, begin + second - time.time()))
    made = history()
    replicas = made[-1]["to"] if made else options.min
    now = inside["now"]
    change = "".join(
        f"  {record['from']} → {record['to']} ({record['reason']})" for record in made[known:])
    known = len(made)
    print(f"{second:6d}  {now:4d} {'▒' * min(now, 20):20s}  {replicas:4d} {'█' * replicas}{change}", flush=True)
    second += 1

print("== decisions")
starts = [begin + sum(seconds for seconds, _ in steps[:index]) for index in range(len(steps))]
for record in history():
    at = datetime.fromisoformat(record["decidedAt"].replace("Z", "+00:00")).timestamp()
    earlier = [start for start in starts if start <= at]
    if earlier:
        print(f"{record['from']} → {record['to']} {record['reason']}: {at - earlier[-1]:.2f} s after the load changed")
print("== answers")
print(", ".join(f"{status}: {count}" for status, count in sorted(answers.items(), key=str)))
raise SystemExit(0 if set(answers) == {200} else 1)
