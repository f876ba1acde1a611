import pytest
import requests
from azure.ai.ml.constants import ListViewType
from azure.ai.ml.entities import BuildContext, Data, Environment, Model
from azure.ai.ml.entities._assets import Code
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.blob import ContainerClient

from support import CONDA, IMAGE

# What the client compares with to raise its AssetPathException; azure-core adds more to it since.
ASSET_PATHS = r"^\(UserError\) Asset paths cannot be updated\."


@pytest.fixture
def folder(tmp_path):
    """A folder with names and contents that a careless server would spoil."""
    root = tmp_path / "weights"
    (root / "layers" / "deep").mkdir(parents=True)
    (root / "config.json").write_text('{"kind": "test"}')
    (root / "layers" / "one & two.bin").write_bytes(bytes(range(256)) * 40)
    (root / "layers" / "deep" / "grün #1 +50%.txt").write_text("äöü")
    (root / "empty.txt").write_bytes(b"")
    return root


def tree(root):
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def default_container(ml):
    datastore = ml.datastores.get_default(include_secrets=True)
    address = "https://%s.blob.%s/%s" % (datastore.account_name, datastore.endpoint, datastore.container_name)
    with ContainerClient.from_container_url(address + "?" + datastore.credentials.sas_token) as client:
        yield client


def stored(container, asset):
    """Name and ETag of the blobs of an asset whose path is a datastore URI."""
    prefix = asset.path.split("/paths/")[1]
    return {blob.name[len(prefix):].lstrip("/"): blob.etag for blob in container.list_blobs(name_starts_with=prefix)}


class TestModels:
    @pytest.mark.parametrize("kind", ["custom_model", "mlflow_model", "triton_model"])
    def test_folder_of_each_type(self, ml, tmp_path, kind):
        root = tmp_path / "model"
        root.mkdir()
        (root / "MLmodel").write_text("flavors: {python_function: {loader_module: mlflow.sklearn}}")
        (root / "config.pbtxt").write_text("name: 'net'")
        created = ml.models.create_or_update(Model(
            name="of-" + kind.replace("_", "-"), path=str(root), type=kind, description="Something",
            tags={"stage": "dev"}, properties={"origin": "test"}))
        model = ml.models.get(created.name, created.version)
        assert (model.type, model.description, model.tags) == (kind, "Something", {"stage": "dev"})
        assert model.properties["origin"] == "test"
        assert model.path.startswith("azureml://subscriptions/") and model.path.endswith("/model")

    def test_downloaded_folder_equals_the_uploaded_one(self, ml, folder, tmp_path):
        ml.models.create_or_update(Model(name="round-trip", version="1", path=str(folder)))
        ml.models.download("round-trip", "1", download_path=str(tmp_path / "out"))
        assert tree(tmp_path / "out" / "round-trip" / "weights") == tree(folder)

    def test_downloaded_file_equals_the_uploaded_one(self, ml, tmp_path):
        path = tmp_path / "weights.bin"
        path.write_bytes(bytes(range(256)) * 3000)
        ml.models.create_or_update(Model(name="one-file", version="1", path=str(path)))
        ml.models.download("one-file", "1", download_path=str(tmp_path / "out"))
        (found,) = (tmp_path / "out").rglob("weights.bin")
        assert found.read_bytes() == path.read_bytes()

    def test_versions_are_numbered_by_themselves(self, ml, tmp_path):
        for number in (1, 2, 3):
            path = tmp_path / ("v%d.txt" % number)
            path.write_text(str(number))
            assert ml.models.create_or_update(Model(name="counted", path=str(path))).version == str(number)
        assert sorted(model.version for model in ml.models.list("counted")) == ["1", "2", "3"]
        latest = ml.models.get("counted", label="latest")
        assert (latest.version, latest.path.endswith("/v3.txt")) == ("3", True)

    def test_version_name_may_be_a_word(self, ml, tmp_path):
        path = tmp_path / "m.txt"
        path.write_text("x")
        ml.models.create_or_update(Model(name="versions-1", version="release-2024.1", path=str(path)))
        assert ml.models.get("versions-1", "release-2024.1").version == "release-2024.1"

    def test_models_are_listed_by_container(self, ml, tmp_path):
        path = tmp_path / "m.txt"
        path.write_text("x")
        ml.models.create_or_update(Model(name="listed", version="4", path=str(path)))
        listed = {model.name: model for model in ml.models.list()}
        assert listed["listed"].latest_version == "4"

    def test_tags_and_description_of_a_version_change(self, ml, tmp_path):
        path = tmp_path / "m.txt"
        path.write_text("x")
        model = ml.models.create_or_update(Model(name="tagged", version="1", path=str(path), tags={"a": "1"}))
        model.tags, model.description = {"b": "2"}, "changed"
        ml.models.create_or_update(model)
        after = ml.models.get("tagged", "1")
        assert (after.tags, after.description, after.path) == ({"b": "2"}, "changed", model.path)

    def test_path_of_a_version_can_not_change(self, ml, tmp_path):
        for text in ("one", "two"):
            (tmp_path / text).write_text(text)
        ml.models.create_or_update(Model(name="fixed", version="1", path=str(tmp_path / "one")))
        with pytest.raises(HttpResponseError, match=ASSET_PATHS) as caught:
            ml.models.create_or_update(Model(name="fixed", version="1", path=str(tmp_path / "two")))
        assert caught.value.status_code == 400
        assert ml.models.get("fixed", "1").path.endswith("/one")

    def test_same_folder_is_not_uploaded_again(self, ml, folder, default_container):
        first = ml.models.create_or_update(Model(name="dedupe-a", version="1", path=str(folder)))
        before = stored(default_container, first)
        second = ml.models.create_or_update(Model(name="dedupe-b", version="1", path=str(folder)))
        assert second.path == first.path
        assert len(before) == 4
        assert stored(default_container, second) == before

    def test_amlignore_keeps_files_out(self, ml, folder, default_container):
        (folder / ".amlignore").write_text("*.bin\nlayers/deep/\n")
        model = ml.models.create_or_update(Model(name="ignoring", version="1", path=str(folder)))
        assert set(stored(default_container, model)) - {".amlignore"} == {"config.json", "empty.txt"}

    def test_model_from_a_datastore_path(self, ml, folder):
        uploaded = ml.models.create_or_update(Model(name="by-path", version="1", path=str(folder)))
        short = "azureml://datastores/workspaceblobstore/paths/" + uploaded.path.split("/paths/")[1]
        again = ml.models.create_or_update(Model(name="by-path", version="2", path=short))
        assert again.path == uploaded.path

    def test_absent_model_and_version_are_not_found(self, ml, tmp_path):
        path = tmp_path / "m.txt"
        path.write_text("x")
        ml.models.create_or_update(Model(name="present", version="1", path=str(path)))
        with pytest.raises(ResourceNotFoundError, match="absent"):
            ml.models.get("absent", "1")
        with pytest.raises(ResourceNotFoundError, match="9"):
            ml.models.get("present", "9")


class TestArchive:
    @pytest.fixture
    def name(self, ml, tmp_path, request):
        name = request.node.name.replace("_", "-")[:60]
        for version in ("1", "2"):
            path = tmp_path / ("v" + version)
            path.write_text(version)
            ml.models.create_or_update(Model(name=name, version=version, path=str(path)))
        return name

    @staticmethod
    def versions(ml, name, view):
        return sorted(model.version for model in ml.models.list(name, list_view_type=view))

    @staticmethod
    def names(ml, view):
        return [model.name for model in ml.models.list(list_view_type=view)]

    def test_archived_version_is_hidden_until_restored(self, ml, name):
        ml.models.archive(name, version="1")
        assert self.versions(ml, name, ListViewType.ACTIVE_ONLY) == ["2"]
        assert self.versions(ml, name, ListViewType.ARCHIVED_ONLY) == ["1"]
        assert self.versions(ml, name, ListViewType.ALL) == ["1", "2"]
        ml.models.restore(name, version="1")
        assert self.versions(ml, name, ListViewType.ACTIVE_ONLY) == ["1", "2"]

    def test_archived_container_is_hidden_until_restored(self, ml, name):
        ml.models.archive(name)
        assert name not in self.names(ml, ListViewType.ACTIVE_ONLY)
        assert name in self.names(ml, ListViewType.ARCHIVED_ONLY)
        assert name in self.names(ml, ListViewType.ALL)
        ml.models.restore(name)
        assert name in self.names(ml, ListViewType.ACTIVE_ONLY)

    @pytest.mark.parametrize("kind", ["environments", "data"])
    def test_environments_and_data_too(self, ml, tmp_path, kind):
        if kind == "environments":
            asset, operations = Environment(name="filed", version="1", image=IMAGE), ml.environments
        else:
            path = tmp_path / "d.csv"
            path.write_text("1")
            asset, operations = Data(name="filed", version="1", path=str(path), type="uri_file"), ml.data
        operations.create_or_update(asset)
        operations.archive("filed", version="1")
        assert list(operations.list("filed")) == []
        operations.restore("filed", version="1")
        assert [each.version for each in operations.list("filed")] == ["1"]
        operations.archive("filed")
        assert "filed" not in [each.name for each in operations.list()]
        operations.restore("filed")
        assert "filed" in [each.name for each in operations.list()]


class TestEnvironments:
    def test_image_alone(self, ml):
        ml.environments.create_or_update(Environment(
            name="plain", version="1", image=IMAGE, description="Plain", tags={"a": "b"}))
        environment = ml.environments.get("plain", "1")
        assert (environment.image, environment.description, environment.tags) == (IMAGE, "Plain", {"a": "b"})
        assert environment.conda_file is None
        assert environment.os_type.lower() == "linux"

    def test_conda_file_reads_back(self, ml):
        ml.environments.create_or_update(Environment(
            name="with-conda", version="1", image=IMAGE, conda_file=str(CONDA)))
        environment = ml.environments.get("with-conda", "1")
        assert environment.conda_file["dependencies"] == ["python=3.11"]
        assert environment.conda_file["channels"] == ["conda-forge"]

    def test_inference_config_reads_back(self, ml):
        routes = {
            "liveness_route": {"port": 8080, "path": "/live"}, "readiness_route": {"port": 8080, "path": "/ready"},
            "scoring_route": {"port": 8080, "path": "/predict"}}
        ml.environments.create_or_update(Environment(
            name="routed", version="1", image="docker.io/library/server:1", inference_config=routes))
        config = ml.environments.get("routed", "1").inference_config
        assert (config.scoring_route.port, config.scoring_route.path) == (8080, "/predict")
        assert (config.liveness_route.path, config.readiness_route.path) == ("/live", "/ready")

    def test_build_context_is_uploaded(self, ml, tmp_path, default_container):
        root = tmp_path / "context"
        root.mkdir()
        (root / "Dockerfile").write_text("FROM scratch\n")
        (root / "requirements.txt").write_text("requests\n")
        ml.environments.create_or_update(Environment(name="built", version="1", build=BuildContext(path=str(root))))
        environment = ml.environments.get("built", "1")
        assert environment.build.dockerfile_path == "Dockerfile"
        assert environment.build.path.startswith("https://")
        prefix = environment.build.path.split("/LocalUpload/")[1].rstrip("/")
        names = [blob.name for blob in default_container.list_blobs(name_starts_with="LocalUpload/" + prefix)]
        assert sorted(name.rsplit("/", 1)[1] for name in names) == ["Dockerfile", "requirements.txt"]

    def test_versions_are_numbered_by_themselves(self, ml):
        first = ml.environments.create_or_update(Environment(name="growing", image=IMAGE))
        second = ml.environments.create_or_update(Environment(name="growing", image=IMAGE, conda_file=str(CONDA)))
        assert (first.version, second.version) == ("1", "2")
        assert ml.environments.get("growing", label="latest").version == "2"
        assert sorted(each.version for each in ml.environments.list("growing")) == ["1", "2"]

    def test_unchanged_environment_keeps_its_version(self, ml):
        for _ in range(2):
            created = ml.environments.create_or_update(Environment(name="steady", image=IMAGE))
        assert created.version == "1"

    def test_content_of_a_version_can_not_change(self, ml):
        ml.environments.create_or_update(Environment(name="frozen", version="1", image=IMAGE))
        with pytest.raises(HttpResponseError) as caught:
            ml.environments.create_or_update(Environment(name="frozen", version="1", image="docker.io/library/other:1"))
        assert caught.value.status_code in (400, 409)
        assert ml.environments.get("frozen", "1").image == IMAGE


class TestData:
    def test_file_and_folder(self, ml, folder, default_container):
        ml.data.create_or_update(Data(name="table", version="1", path=str(folder / "config.json"), type="uri_file"))
        ml.data.create_or_update(Data(name="tables", version="1", path=str(folder), type="uri_folder"))
        table, tables = ml.data.get("table", "1"), ml.data.get("tables", "1")
        assert (table.type, tables.type) == ("uri_file", "uri_folder")
        assert list(stored(default_container, table).keys()) == [""]
        assert set(stored(default_container, tables)) == set(tree(folder))

    def test_path_elsewhere_is_kept_as_it_is(self, ml):
        ml.data.create_or_update(Data(
            name="elsewhere", version="1", type="uri_file", path="https://example.org/data.csv", tags={"a": "1"}))
        data = ml.data.get("elsewhere", "1")
        assert (data.path, data.tags) == ("https://example.org/data.csv", {"a": "1"})

    def test_versions_are_numbered_by_themselves(self, ml, tmp_path):
        for number in (1, 2):
            path = tmp_path / ("d%d.csv" % number)
            path.write_text(str(number))
            created = ml.data.create_or_update(Data(name="rows", path=str(path), type="uri_file"))
            assert created.version == str(number)
        assert ml.data.get("rows", label="latest").version == "2"
        assert sorted(each.version for each in ml.data.list("rows")) == ["1", "2"]

    def test_path_of_a_version_can_not_change(self, ml, tmp_path):
        for text in ("one", "two"):
            (tmp_path / text).write_text(text)
        ml.data.create_or_update(Data(name="fixed", version="1", path=str(tmp_path / "one"), type="uri_file"))
        with pytest.raises(HttpResponseError, match=ASSET_PATHS) as caught:
            ml.data.create_or_update(Data(name="fixed", version="1", path=str(tmp_path / "two"), type="uri_file"))
        assert caught.value.status_code == 400
        assert ml.data.get("fixed", "1").path.endswith("/one")



class TestCode:
    def test_code_found_by_its_hash_is_not_registered_twice(self, ml, folder):
        first = ml._code.create_or_update(Code(path=str(folder)))
        second = ml._code.create_or_update(Code(path=str(folder)))
        assert first.id == second.id
        (folder / "config.json").write_text("changed")
        assert ml._code.create_or_update(Code(path=str(folder))).id != first.id

    def test_files_at_the_codes_address_equal_the_uploaded(self, ml, folder, credential):
        code = ml._code.create_or_update(Code(path=str(folder)))
        container, _, prefix = code.path.rpartition("/")
        with ContainerClient.from_container_url(container, credential=credential) as client:
            files = {
                blob.name[len(prefix) + 1:]: client.download_blob(blob).readall()
                for blob in client.list_blobs(name_starts_with=prefix + "/")}
        assert files == tree(folder)


class TestPaging:
    COUNT = 120

    @pytest.fixture(scope="class")
    def names(self, ml, arm, workspace_path):
        names = ["page-%03d" % number for number in range(self.COUNT)]
        for name in names:
            answer = arm.put(
                workspace_path + "/environments/%s/versions/1" % name, json={"properties": {"image": IMAGE}})
            assert answer.status_code == 201
        return names

    def test_client_follows_all_pages(self, ml, names):
        listed = [environment.name for environment in ml.environments.list()]
        assert len(listed) == len(set(listed))
        assert set(names) <= set(listed)

    def test_pages_are_smaller_than_the_list(self, arm, names, workspace_path):
        seen, pages, path = [], 0, workspace_path + "/environments"
        answer = arm.get(path).json()
        while True:
            pages += 1
            seen += [item["name"] for item in answer["value"]]
            link = answer.get("nextLink")
            if not link:
                break
            answer = requests.get(link, headers={"Authorization": arm.headers["Authorization"]}, timeout=30).json()
        assert pages > 1
        assert len(seen) == len(set(seen)) and set(names) <= set(seen)

    def test_versions_are_paged_too(self, ml, arm, workspace_path):
        for number in range(self.COUNT):
            arm.put(workspace_path + "/environments/many/versions/%d" % number, json={"properties": {"image": IMAGE}})
        assert len({each.version for each in ml.environments.list("many")}) == self.COUNT
