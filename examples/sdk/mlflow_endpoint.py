"""An MLflow model behind an endpoint, without a scoring script and without an environment.

    eval "$(sluice env)"; sluice workspace write-config; python mlflow_endpoint.py
"""
import os
from pathlib import Path

from azure.ai.ml import MLClient
from azure.ai.ml.entities import ManagedOnlineDeployment, ManagedOnlineEndpoint, Model
from azure.identity import DefaultAzureCredential

os.chdir(Path(__file__).parent)
ENDPOINT = os.environ.get("ENDPOINT_NAME", "mlflow-sample")

ml_client = MLClient.from_config(DefaultAzureCredential())
ml_client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name=ENDPOINT, auth_mode="key")).result()
ml_client.online_deployments.begin_create_or_update(ManagedOnlineDeployment(
    name="blue",
    endpoint_name=ENDPOINT,
    model=Model(path="mlflow-model", type="mlflow_model"),
    instance_type="Standard_DS3_v2",
    instance_count=1)).result()
endpoint = ml_client.online_endpoints.get(ENDPOINT)
endpoint.traffic = {"blue": 100}
ml_client.online_endpoints.begin_create_or_update(endpoint).result()

print(ml_client.online_endpoints.invoke(endpoint_name=ENDPOINT, request_file="mlflow-request.json"))
ml_client.online_endpoints.begin_delete(ENDPOINT).result()
