"""The generated management client, azure-mgmt-machinelearningservices."""
import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.machinelearningservices import MachineLearningServicesMgmtClient, models
from azure.storage.blob import ContainerClient

from support import CODE, IMAGE, MODEL, Scorer, eventually, finish


@pytest.fixture(scope="module")
def client(settings, url, credential):
    with MachineLearningServicesMgmtClient(
            credential, settings["SLUICE_SUBSCRIPTION_ID"], base_url=url,
            credential_scopes=[url + "/.default"]) as client:
        yield client


@pytest.fixture(scope="module")
def place(settings):
    return settings["SLUICE_RESOURCE_GROUP"], settings["SLUICE_WORKSPACE"]


def upload(pending, folder, prefix=""):
    """Uploads a folder to where startPendingUpload says, and answers its address."""
    reference = pending.blob_reference_for_consumption
    with ContainerClient.from_container_url(reference.credential.sas_uri) as container:
        for path in folder.iterdir():
            if path.is_file():
                container.upload_blob(prefix + path.name, path.read_bytes())
    return reference.blob_uri


@pytest.fixture(scope="module")
def code_id(client, place):
    request = models.PendingUploadRequestDto(pending_upload_type="TemporaryBlobReference")
    pending = client.code_versions.create_or_get_start_pending_upload(*place, "mgmt-code", "1", request)
    address = upload(pending, CODE)
    return client.code_versions.create_or_update(*place, "mgmt-code", "1", models.CodeVersion(
        properties=models.CodeVersionProperties(code_uri=address, description="Doubles"))).id


@pytest.fixture(scope="module")
def model_id(client, place):
    # This client can ask for a place for code, but not for models.
    request = models.PendingUploadRequestDto(pending_upload_type="TemporaryBlobReference")
    pending = client.code_versions.create_or_get_start_pending_upload(*place, "mgmt-model", "1", request)
    address = upload(pending, MODEL, "model/")
    return client.model_versions.create_or_update(*place, "mgmt-model", "1", models.ModelVersion(
        properties=models.ModelVersionProperties(
            model_uri=address + "/model", model_type="custom_model", tags={"a": "b"}))).id


@pytest.fixture(scope="module")
def environment_id(client, place):
    return client.environment_versions.create_or_update(*place, "mgmt-environment", "1", models.EnvironmentVersion(
        properties=models.EnvironmentVersionProperties(
            image=IMAGE, conda_file="name: scoring\ndependencies:\n  - python=3.11\n"))).id


@pytest.fixture(scope="module")
def location(client, place):
    return client.workspaces.get(*place).location


@pytest.fixture(scope="module")
def endpoint(client, place, location):
    made = finish(client.online_endpoints.begin_create_or_update(*place, "managed", models.OnlineEndpoint(
        location=location, tags={"stage": "one"}, identity=models.ManagedServiceIdentity(type="SystemAssigned"),
        properties=models.OnlineEndpointProperties(auth_mode="Key", description="By the management client"))))
    assert made.properties.provisioning_state == "Succeeded"
    return "managed"


@pytest.fixture(scope="module")
def deployment(client, place, endpoint, location, code_id, model_id, environment_id):
    made = finish(client.online_deployments.begin_create_or_update(*place, endpoint, "blue", models.OnlineDeployment(
        location=location, sku=models.Sku(name="Default", capacity=1), tags={"stage": "one"},
        properties=models.ManagedOnlineDeployment(
            model=model_id, environment_id=environment_id, instance_type="Standard_DS3_v2",
            environment_variables={"LABEL": "blue"},
            code_configuration=models.CodeConfiguration(code_id=code_id, scoring_script="score.py")))))
    assert made.properties.provisioning_state == "Succeeded"
    return "blue"


class TestWorkspaces:
    def test_get_and_list(self, client, place):
        group, name = place
        workspace = client.workspaces.get(group, name)
        assert (workspace.name, workspace.provisioning_state) == (name, "Succeeded")
        assert name in [each.name for each in client.workspaces.list_by_resource_group(group)]
        assert name in [each.name for each in client.workspaces.list_by_subscription()]

    def test_create_and_delete(self, client, place, location):
        group, _ = place
        made = finish(client.workspaces.begin_create_or_update(
            group, "by-client", models.Workspace(location=location, friendly_name="Made by a client", tags={"a": "b"})))
        assert (made.friendly_name, made.tags) == ("Made by a client", {"a": "b"})
        finish(client.workspaces.begin_delete(group, "by-client"))
        with pytest.raises(ResourceNotFoundError):
            client.workspaces.get(group, "by-client")


class TestEndpoints:
    def test_get_and_list(self, client, place, endpoint):
        got = client.online_endpoints.get(*place, endpoint)
        assert (got.name, got.tags, got.properties.auth_mode) == (endpoint, {"stage": "one"}, "Key")
        assert got.properties.scoring_uri.endswith("/score")
        assert got.properties.keys is None
        assert got.identity.principal_id
        assert got.system_data.created_at
        assert endpoint in [each.name for each in client.online_endpoints.list(*place)]
        assert [each.name for each in client.online_endpoints.list(*place, name=endpoint)] == [endpoint]

    def test_patch_replaces_tags_and_nothing_else(self, client, place, location):
        finish(client.online_endpoints.begin_create_or_update(*place, "patched", models.OnlineEndpoint(
            location=location, tags={"a": "1"},
            properties=models.OnlineEndpointProperties(auth_mode="AMLToken", description="kept"))))
        patched = finish(client.online_endpoints.begin_update(
            *place, "patched", models.PartialMinimalTrackedResourceWithIdentity(tags={"b": "2"})))
        assert patched.tags == {"b": "2"}
        got = client.online_endpoints.get(*place, "patched")
        assert (got.tags, got.properties.description, got.properties.auth_mode) == ({"b": "2"}, "kept", "AMLToken")
        assert client.online_endpoints.get_token(*place, "patched").access_token

    def test_keys_and_their_regeneration(self, client, place, endpoint):
        old = client.online_endpoints.list_keys(*place, endpoint)
        finish(client.online_endpoints.begin_regenerate_keys(
            *place, endpoint, models.RegenerateEndpointKeysRequest(key_type="Secondary")))
        new = client.online_endpoints.list_keys(*place, endpoint)
        assert new.primary_key == old.primary_key and new.secondary_key != old.secondary_key

    def test_key_that_the_caller_chooses(self, client, place, endpoint):
        finish(client.online_endpoints.begin_regenerate_keys(*place, endpoint, models.RegenerateEndpointKeysRequest(
            key_type="Secondary", key_value="a-key-of-my-own-choice")))
        assert client.online_endpoints.list_keys(*place, endpoint).secondary_key == "a-key-of-my-own-choice"

    def test_delete(self, client, place, location):
        finish(client.online_endpoints.begin_create_or_update(*place, "passing", models.OnlineEndpoint(
            location=location, properties=models.OnlineEndpointProperties(auth_mode="Key"))))
        finish(client.online_endpoints.begin_delete(*place, "passing"))
        with pytest.raises(ResourceNotFoundError):
            client.online_endpoints.get(*place, "passing")


class TestDeployments:
    def test_get_and_list(self, client, place, endpoint, deployment):
        got = client.online_deployments.get(*place, endpoint, deployment)
        assert isinstance(got.properties, models.ManagedOnlineDeployment)
        assert (got.sku.capacity, got.properties.instance_type) == (1, "Standard_DS3_v2")
        assert isinstance(got.properties.scale_settings, models.DefaultScaleSettings)
        assert [each.name for each in client.online_deployments.list(*place, endpoint)] == [deployment]

    def test_deployment_scores(self, ml, endpoint, deployment):
        answer = Scorer(ml, endpoint)({"values": [8]}, deployment=deployment)
        assert (answer.status_code, answer.json()) == (200, {"label": "blue", "values": [16]})

    def test_patch_of_tags(self, client, place, endpoint, deployment):
        patched = finish(client.online_deployments.begin_update(
            *place, endpoint, deployment, models.PartialMinimalTrackedResourceWithSku(tags={"stage": "two"})))
        assert (patched.tags, patched.sku.capacity) == ({"stage": "two"}, 1)

    def test_scaling_by_patch_of_the_sku(self, client, place, endpoint, deployment):
        for capacity in (2, 1):
            patched = finish(client.online_deployments.begin_update(
                *place, endpoint, deployment,
                models.PartialMinimalTrackedResourceWithSku(sku=models.PartialSku(capacity=capacity))))
            assert patched.sku.capacity == capacity
            assert patched.properties.provisioning_state == "Succeeded"

    def test_scaling_beyond_the_limit_is_refused(self, client, place, endpoint, deployment):
        with pytest.raises(HttpResponseError, match="50") as caught:
            finish(client.online_deployments.begin_update(
                *place, endpoint, deployment,
                models.PartialMinimalTrackedResourceWithSku(sku=models.PartialSku(capacity=51))))
        assert caught.value.status_code == 400

    def test_skus(self, client, place, endpoint, deployment):
        skus = list(client.online_deployments.list_skus(*place, endpoint, deployment))
        assert skus and all(each.capacity.minimum <= each.capacity.maximum == 50 for each in skus)

    def test_logs(self, client, place, endpoint, deployment):
        request = models.DeploymentLogsRequest(container_type="InferenceServer", tail=100)
        eventually(lambda: "doubler started as blue" in client.online_deployments.get_logs(
            *place, endpoint, deployment, request).content)
        request = models.DeploymentLogsRequest(container_type="StorageInitializer", tail=100)
        assert client.online_deployments.get_logs(*place, endpoint, deployment, request).content

    def test_traffic_and_delete(self, client, place, endpoint, location, deployment):
        def set_traffic(traffic):
            body = client.online_endpoints.get(*place, endpoint)
            body.properties.traffic = traffic
            return finish(client.online_endpoints.begin_create_or_update(*place, endpoint, body))

        assert set_traffic({"blue": 100}).properties.traffic == {"blue": 100}
        with pytest.raises(HttpResponseError, match="traffic"):
            finish(client.online_deployments.begin_delete(*place, endpoint, deployment))
        set_traffic({"blue": 0})
        finish(client.online_deployments.begin_delete(*place, endpoint, deployment))
        assert list(client.online_deployments.list(*place, endpoint)) == []


class TestAssets:
    def test_model_versions_and_containers(self, client, place, model_id):
        version = client.model_versions.get(*place, "mgmt-model", "1")
        assert version.id.lower() == model_id.lower()
        assert (version.properties.model_type, version.properties.tags) == ("custom_model", {"a": "b"})
        container = client.model_containers.get(*place, "mgmt-model")
        assert (container.properties.latest_version, container.properties.next_version) == ("1", "2")
        assert "mgmt-model" in [each.name for each in client.model_containers.list(*place)]
        assert [each.name for each in client.model_versions.list(*place, "mgmt-model")] == ["1"]

    def test_environment_versions_and_containers(self, client, place, environment_id):
        version = client.environment_versions.get(*place, "mgmt-environment", "1")
        assert version.id.lower() == environment_id.lower()
        assert version.properties.image == IMAGE
        assert "python=3.11" in version.properties.conda_file
        assert client.environment_containers.get(*place, "mgmt-environment").properties.latest_version == "1"
        assert "mgmt-environment" in [each.name for each in client.environment_containers.list(*place)]

    def test_code_versions_and_containers(self, client, place, code_id):
        version = client.code_versions.get(*place, "mgmt-code", "1")
        assert version.id.lower() == code_id.lower()
        assert version.properties.description == "Doubles"
        assert "mgmt-code" in [each.name for each in client.code_containers.list(*place)]

    def test_data_versions_and_containers(self, client, place):
        made = client.data_versions.create_or_update(*place, "mgmt-data", "1", models.DataVersionBase(
            properties=models.UriFileDataVersion(data_uri="https://example.org/data.csv", description="Rows")))
        assert isinstance(made.properties, models.UriFileDataVersion)
        assert client.data_versions.get(*place, "mgmt-data", "1").properties.data_uri == "https://example.org/data.csv"
        assert client.data_containers.get(*place, "mgmt-data").properties.data_type == "uri_file"
        client.data_versions.delete(*place, "mgmt-data", "1")
        with pytest.raises(ResourceNotFoundError):
            client.data_versions.get(*place, "mgmt-data", "1")

    def test_container_made_before_its_versions(self, client, place):
        made = client.model_containers.create_or_update(*place, "empty-model", models.ModelContainer(
            properties=models.ModelContainerProperties(description="Still empty", tags={"a": "b"})))
        assert (made.properties.description, made.properties.next_version) == ("Still empty", "1")
        assert list(client.model_versions.list(*place, "empty-model")) == []

    def test_lists_have_order_and_limit(self, client, place):
        for number in range(1, 4):
            client.environment_versions.create_or_update(*place, "ordered", str(number), models.EnvironmentVersion(
                properties=models.EnvironmentVersionProperties(image=IMAGE)))
        page = next(client.environment_versions.list(*place, "ordered", order_by="createdtime desc", top=1).by_page())
        assert [each.name for each in page] == ["3"]

    def test_deleted_model_is_gone(self, client, place):
        client.model_versions.create_or_update(*place, "gone", "1", models.ModelVersion(
            properties=models.ModelVersionProperties(
                model_uri="azureml://datastores/workspaceblobstore/paths/somewhere", model_type="custom_model")))
        client.model_containers.delete(*place, "gone")
        with pytest.raises(ResourceNotFoundError):
            client.model_containers.get(*place, "gone")


class TestDatastores:
    def test_get_list_and_secrets(self, client, place):
        store = client.datastores.get(*place, "workspaceblobstore")
        assert isinstance(store.properties, models.AzureBlobDatastore)
        assert store.properties.is_default
        assert "workspaceblobstore" in [each.name for each in client.datastores.list(*place)]
        assert [each.name for each in client.datastores.list(*place, is_default=True)] == ["workspaceblobstore"]
        secrets = client.datastores.list_secrets(*place, "workspaceblobstore")
        assert isinstance(secrets, models.SasDatastoreSecrets) and "sig=" in secrets.sas_token
