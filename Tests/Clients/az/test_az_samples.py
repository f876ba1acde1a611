"""ARM templates from the upload to a prediction, with azure-cli alone: examples/arm, and those of azureml-examples."""
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

from conftest import ASSETS, AzureCLI
from installed_sluice import REPOSITORY, find_binary
from originals import find_originals

ARM = REPOSITORY / "examples" / "arm"


def test_examples_arm(sluice):
    """What its README says for az, pasted."""
    home = sluice.directory / "home"
    home.mkdir()
    az = AzureCLI(home / ".azure-sluice", {})
    az.environment.pop("AZURE_CONFIG_DIR")
    path = [pathlib.Path(sys.executable).parent, pathlib.Path(find_binary("sluice")).parent, os.environ["PATH"]]
    blocks = re.findall("```sh\n(.*?)```", (ARM / "README.md").read_text(), re.DOTALL)
    done = subprocess.run(
        ["bash", "-e"], input="\n".join(blocks), cwd=REPOSITORY, capture_output=True, text=True, timeout=300,
        env={**az.environment, "HOME": str(home), "PATH": ":".join(map(str, path)),
             "SLUICE_CREDENTIALS": str(sluice.credentials_file)})
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "Resource changes: 5 to create" in said
    assert "/iris-arm/score" in said
    assert "~ sku.capacity: 1 => 2" in said and "Resource changes: 1 to modify, 4 no change" in said
    assert '"species": "setosa"' in said.replace('":"', '": "')


@pytest.mark.skipif(find_originals() is None, reason="no azureml-examples/arm-templates: set SLUICE_FIXTURES")
def test_azureml_examples(az, upload, rest, score, settings, write):
    """The steps of deploy-arm-templates-az-cli.sh, with its parameters, in its order."""
    group, workspace = settings["SLUICE_RESOURCE_GROUP"], settings["SLUICE_WORKSPACE"]
    scope = "/subscriptions/%s/resourceGroups/%s/providers/Microsoft.MachineLearningServices/workspaces/%s" % (
        settings["SLUICE_SUBSCRIPTION_ID"], group, workspace)

    def create(name, *parameters, file=None):
        return az("deployment", "group", "create", "-g", group,
                  "--template-file", file or find_originals() / ("%s.json" % name),
                  "--parameters", "workspaceName=" + workspace, *parameters)

    create("code-version", "codeAssetName=score-sklearn", "codeUri=" + upload(ASSETS / "doubler" / "code", "score"))
    upload(ASSETS / "doubler" / "model", "model")
    create("model-version", "modelAssetName=sklearn", "modelAssetVersion=17", "modelUri=azureml://%s/datastores/"
           "workspaceblobstore/paths/model" % scope[1:].replace("providers/Microsoft.MachineLearningServices/", ""))
    create("environment-version", "environmentAssetName=sklearn-env", "environmentAssetVersion=17",
           "dockerImage=mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04:latest",
           "condaFile=" + (ASSETS / "conda.yml").read_text())
    endpoint = ["onlineEndpointName=endpoint-17", "identityType=SystemAssigned", "authMode=AMLToken", "location=local"]
    create("online-endpoint", *endpoint)
    create("online-endpoint-deployment", "location=local", "onlineEndpointName=endpoint-17",
           "onlineDeploymentName=blue", "codeId=%s/codes/score-sklearn/versions/1" % scope, "scoringScript=score.py",
           "environmentId=%s/environments/sklearn-env/versions/17" % scope,
           "model=%s/models/sklearn/versions/17" % scope, "endpointComputeType=Managed", "skuName=Standard_DS2_v2",
           "skuCapacity=1")
    # The script gives the template `traffic`, which this version of it does not have.
    document = json.loads((find_originals() / "online-endpoint.json").read_text())
    document["parameters"].setdefault("traffic", {"type": "object", "defaultValue": {}})
    document["resources"][0]["properties"].setdefault("traffic", "[parameters('traffic')]")
    create("online-endpoint", *endpoint, 'traffic={"blue":100}', file=write("online-endpoint.json", document))
    assert score("endpoint-17", {"values": [17]})["values"] == [34]
    rest("delete", "/onlineEndpoints/endpoint-17")
