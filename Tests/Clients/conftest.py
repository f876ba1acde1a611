import os

import pytest
import requests

from installed_sluice import InstalledSluice, find_uv, workspace_id


@pytest.fixture(scope="session")
def sluice():
    with InstalledSluice({"compute.uv": find_uv()}) as running:
        yield running


@pytest.fixture(scope="session", autouse=True)
def settings(sluice):
    """The variables of `sluice env`, in force for the whole session."""
    variables = sluice.variables()
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("AZURE", "ARM_", "IDENTITY_", "MSI_")):
                patch.delenv(name)
        for name, value in variables.items():
            patch.setenv(name, value)
        yield variables
        # azure-ai-ml writes this one itself.
        patch.delenv("AZUREML_CURRENT_CLOUD", raising=False)


@pytest.fixture(scope="session")
def url(settings):
    return settings["SLUICE_URL"]


@pytest.fixture(scope="session")
def credential(settings):
    from azure.identity import DefaultAzureCredential

    return DefaultAzureCredential()


@pytest.fixture(scope="session")
def client_of(settings, credential):
    """Makes an MLClient, by default for the workspace of `sluice env`."""
    from azure.ai.ml import MLClient

    def make(credential=credential, group=settings["SLUICE_RESOURCE_GROUP"], workspace=settings["SLUICE_WORKSPACE"]):
        return MLClient(credential, settings["SLUICE_SUBSCRIPTION_ID"], group, workspace, show_progress=True)

    return make


@pytest.fixture(scope="session")
def ml(client_of):
    return client_of()


@pytest.fixture(scope="session")
def arm(settings, url, credential):
    """A requests session that speaks to the API as the principal of `sluice env`."""

    class Session(requests.Session):
        def request(self, method, path, *args, **kwargs):
            return super().request(method, url + path, *args, **kwargs)

    with Session() as session:
        session.headers["Authorization"] = "Bearer " + credential.get_token(url + "/.default").token
        session.params["api-version"] = "2024-04-01"
        yield session


@pytest.fixture(scope="session")
def workspace(settings):
    return settings["SLUICE_WORKSPACE"]


@pytest.fixture(scope="session")
def workspace_path(settings):
    return workspace_id(settings)


@pytest.fixture(scope="session")
def rest(arm, workspace_path):
    """Calls the API about something in the workspace, such as `computes/small`."""
    return lambda method, path, body=None: arm.request(method, "%s/%s" % (workspace_path, path), json=body)


@pytest.fixture(scope="session")
def arm_clients(settings, url, credential):
    """The deployments client and the resources client of azure-mgmt-resource."""
    from azure.mgmt.resource.deployments import DeploymentsMgmtClient
    from azure.mgmt.resource.resources import ResourceManagementClient

    words = {"base_url": url, "credential_scopes": [url + "/.default"]}
    with DeploymentsMgmtClient(credential, settings["SLUICE_SUBSCRIPTION_ID"], **words) as deployments, \
            ResourceManagementClient(credential, settings["SLUICE_SUBSCRIPTION_ID"], **words) as resources:
        yield deployments, resources


@pytest.fixture(scope="session")
def deployer(arm_clients, settings):
    """Deploys templates to the group of `sluice env`."""
    from templates import Deployer

    return Deployer(arm_clients[0], settings["SLUICE_RESOURCE_GROUP"])


@pytest.fixture(scope="session")
def autoscale_settings(settings, url, credential):
    """The autoscale settings of azure-mgmt-monitor."""
    from azure.mgmt.monitor import MonitorManagementClient

    with MonitorManagementClient(
            credential, settings["SLUICE_SUBSCRIPTION_ID"], base_url=url,
            credential_scopes=[url + "/.default"]) as client:
        yield client.autoscale_settings


@pytest.fixture(scope="session")
def group(settings):
    return settings["SLUICE_RESOURCE_GROUP"]


@pytest.fixture(scope="session")
def environment(ml):
    """The registered environment that all deployments use, so that it is built once."""
    from azure.ai.ml.entities import Environment

    from support import CONDA, IMAGE

    ml.environments.create_or_update(Environment(name="scoring", version="1", image=IMAGE, conda_file=str(CONDA)))
    return "azureml:scoring:1"


@pytest.fixture(scope="session")
def model(ml):
    """The registered model that `support.doubler` refers to."""
    from azure.ai.ml.entities import Model

    from support import MODEL

    return ml.models.create_or_update(Model(name="doubler", version="1", path=str(MODEL)))


@pytest.fixture(scope="session")
def make_endpoint(ml):
    from azure.ai.ml.entities import ManagedOnlineEndpoint

    from support import finish

    def make(name, **properties):
        return finish(ml.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name=name, **properties)))

    return make


@pytest.fixture(autouse=True)
def fresh_invoke_headers():
    """azure-ai-ml sends the deployment name of one `invoke()` with all later ones of the process."""
    from azure.ai.ml.constants._endpoint import EndpointInvokeFields

    EndpointInvokeFields.DEFAULT_HEADER.clear()
    EndpointInvokeFields.DEFAULT_HEADER["Content-Type"] = "application/json"
