import pytest
from azure.ai.ml.entities import AzureBlobDatastore, Model, SasTokenConfiguration
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.blob import ContainerClient


@pytest.fixture(scope="module")
def default(ml):
    return ml.datastores.get_default(include_secrets=True)


def second_store(default, name, container):
    return AzureBlobDatastore(
        name=name, account_name=default.account_name, container_name=container, description="A second place",
        tags={"kind": "extra"}, credentials=SasTokenConfiguration(sas_token="unused"))


@pytest.fixture(scope="module")
def extra(ml, default):
    return ml.datastores.create_or_update(second_store(default, "extra", "extra-files"))


def open_container(datastore):
    return ContainerClient.from_container_url("https://%s.blob.%s/%s?%s" % (
        datastore.account_name, datastore.endpoint, datastore.container_name, datastore.credentials.sas_token))


def test_default_store_is_the_workspaces(ml, default):
    assert default.name == "workspaceblobstore"
    assert isinstance(default, AzureBlobDatastore)
    assert default.account_name and default.container_name
    assert ml.datastores.get("workspaceblobstore").container_name == default.container_name


def test_secrets_come_only_when_asked_for(ml, default):
    assert default.credentials.sas_token
    assert not getattr(ml.datastores.get_default().credentials, "sas_token", None)


def test_created_store_reads_back(ml, extra, default):
    datastore = ml.datastores.get("extra")
    assert (datastore.container_name, datastore.account_name) == ("extra-files", default.account_name)
    assert (datastore.description, datastore.tags) == ("A second place", {"kind": "extra"})


def test_stores_are_listed(ml, extra):
    assert {"workspaceblobstore", "extra"} <= {datastore.name for datastore in ml.datastores.list()}


def test_created_store_holds_files_apart_from_the_default(ml, extra, default):
    with open_container(ml.datastores.get("extra", include_secrets=True)) as container:
        container.upload_blob("notes/one.txt", b"1")
        assert [blob.name for blob in container.list_blobs()] == ["notes/one.txt"]
    with open_container(default) as container:
        assert list(container.list_blobs(name_starts_with="notes/")) == []


def test_model_lies_in_the_store_that_was_chosen(ml, extra, tmp_path):
    path = tmp_path / "m.txt"
    path.write_text("in the second place")
    model = ml.models.create_or_update(Model(name="placed", version="1", path=str(path), datastore="extra"))
    assert "/datastores/extra/paths/" in model.path
    ml.models.download("placed", "1", download_path=str(tmp_path / "out"))
    assert [found.read_text() for found in (tmp_path / "out").rglob("m.txt")] == ["in the second place"]


def test_deleted_store_is_gone(ml, default):
    ml.datastores.create_or_update(second_store(default, "passing", "passing-files"))
    ml.datastores.delete("passing")
    with pytest.raises(ResourceNotFoundError, match="passing"):
        ml.datastores.get("passing")


def test_default_store_can_not_be_deleted(ml):
    with pytest.raises(HttpResponseError, match="default datastore") as caught:
        ml.datastores.delete("workspaceblobstore")
    assert caught.value.status_code == 409
    assert ml.datastores.get_default().name == "workspaceblobstore"


def test_foreign_account_is_refused(ml, default):
    store = second_store(default, "foreign", "files")
    store.account_name = "somebodyelse"
    with pytest.raises(HttpResponseError, match="somebodyelse") as caught:
        ml.datastores.create_or_update(store)
    assert caught.value.status_code == 400
    with pytest.raises(ResourceNotFoundError):
        ml.datastores.get("foreign")


def test_container_of_another_workspace_is_refused(sluice, ml, client_of, default):
    sluice.command("workspace", "create", "neighbour")
    container = client_of(workspace="neighbour").datastores.get_default().container_name
    assert container != default.container_name
    with pytest.raises(HttpResponseError, match="does not belong to this workspace"):
        ml.datastores.create_or_update(second_store(default, "thief", container))
