"""ARM templates end to end with real replicas: examples/arm, and those of azureml-examples where they are."""
import json

import pytest
import requests
from azure.storage.blob import ContainerClient

from installed_sluice import REPOSITORY
from originals import find_originals
from support import CODE, CONDA, MODEL, Scorer
from templates import outputs

EXAMPLES = REPOSITORY / "examples"
# What azureml-examples asks for.
VERSION = {"api-version": "2022-05-01"}


@pytest.fixture(scope="module")
def datastore(arm, workspace_path):
    """The workspace's default datastore as the scripts look it up: over REST."""
    (store,) = arm.get(workspace_path + "/datastores", params={**VERSION, "isDefault": "true"}).json()["value"]
    return {"name": store["name"], "account": store["properties"]["accountName"],
            "container": store["properties"]["containerName"]}


@pytest.fixture(scope="module")
def upload(datastore, credential):
    """Uploads a folder, as `az storage blob upload-batch --auth-mode login` does."""
    address = "https://%(account)s.blob.core.windows.net" % datastore

    def run(folder, prefix):
        with ContainerClient(address, datastore["container"], credential) as container:
            for path in folder.iterdir():
                if path.is_file():
                    container.upload_blob("%s/%s" % (prefix, path.name), path.read_bytes(), overwrite=True)
        return "%s/%s/%s" % (address, datastore["container"], prefix)

    return run


def test_examples_arm(deployer, upload, ml):
    upload(EXAMPLES / "iris" / "model", "iris-arm/model")
    upload(EXAMPLES / "iris" / "code", "iris-arm/code")
    document = json.loads((EXAMPLES / "arm" / "endpoint.json").read_text())
    parameters = json.loads((EXAMPLES / "arm" / "endpoint.parameters.json").read_text())["parameters"]
    given = {name: each["value"] for name, each in parameters.items()}
    done = deployer.create("iris-arm", document, given)
    answer = Scorer(ml, "iris-arm")(json.loads((EXAMPLES / "iris" / "request.json").read_text()))
    assert [flower["species"] for flower in answer.json()] == ["setosa", "versicolor", "virginica"]
    assert outputs(done)["scoringUri"] == ml.online_endpoints.get("iris-arm").scoring_uri
    assert {each.change_type for name, each in deployer.what_if("iris-arm", document, given).items()
            if "iris-arm" in name} == {"NoChange"}


@pytest.mark.skipif(find_originals() is None, reason="no azureml-examples/arm-templates: set SLUICE_FIXTURES")
def test_azureml_examples(deployer, upload, datastore, ml, arm, workspace_path, workspace, settings):
    """The steps of deploy-arm-templates-az-cli.sh, with its parameters, in its order."""
    def deploy(name, **parameters):
        document = json.loads((find_originals() / ("%s.json" % name)).read_text())
        return deployer.create(name, document, {"workspaceName": workspace, **parameters})

    code = upload(CODE, "score")
    deploy("code-version", codeAssetName="score-sklearn", codeUri=code)
    upload(MODEL, "model")
    deploy("model-version", modelAssetName="sklearn", modelAssetVersion="17", modelUri=(
        "azureml://subscriptions/%s/resourceGroups/%s/workspaces/%s/datastores/%s/paths/model" % (
            settings["SLUICE_SUBSCRIPTION_ID"], settings["SLUICE_RESOURCE_GROUP"], workspace, datastore["name"])))
    deploy("environment-version", environmentAssetName="sklearn-env", environmentAssetVersion="17",
           dockerImage="mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04:latest", condaFile=CONDA.read_text())
    words = {"onlineEndpointName": "endpoint-17", "identityType": "SystemAssigned", "authMode": "AMLToken",
             "location": "local"}
    deploy("online-endpoint", **words)
    deploy("online-endpoint-deployment", location="local", onlineEndpointName="endpoint-17",
           onlineDeploymentName="blue", codeId=workspace_path + "/codes/score-sklearn/versions/1",
           scoringScript="score.py", environmentId=workspace_path + "/environments/sklearn-env/versions/17",
           model=workspace_path + "/models/sklearn/versions/17", endpointComputeType="Managed",
           skuName="Standard_DS2_v2", skuCapacity=1)
    # The script gives the template `traffic`, which this version of it does not have.
    document = json.loads((find_originals() / "online-endpoint.json").read_text())
    document["parameters"].setdefault("traffic", {"type": "object", "defaultValue": {}})
    document["resources"][0]["properties"].setdefault("traffic", "[parameters('traffic')]")
    deployer.create("online-endpoint", document, {"workspaceName": workspace, **words, "traffic": {"blue": 100}})

    path = workspace_path + "/onlineEndpoints/endpoint-17"
    got = arm.get(path, params=VERSION).json()["properties"]
    caller = {"Authorization": arm.headers["Authorization"]}
    operation = requests.get(got["properties"]["AzureAsyncOperationUri"], headers=caller, timeout=60)
    assert operation.json()["status"] == "Succeeded"
    token = arm.post(path + "/token", params=VERSION).json()["accessToken"]
    answer = requests.post(
        got["scoringUri"], json={"values": [17]}, headers={"Authorization": "Bearer " + token}, timeout=60)
    assert (answer.status_code, answer.json()["values"]) == (200, [34])
    logs = arm.post(path + "/deployments/blue/getLogs", params=VERSION, json={"tail": 100})
    assert "doubler started" in logs.json()["content"]
    assert arm.delete(path, params=VERSION).status_code == 202
