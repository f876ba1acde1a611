"""What environments hold, and what is said of those that can't be built."""
import json

import pytest
from azure.ai.ml.entities import CodeConfiguration, DataCollector, DeploymentCollection, Environment
from azure.core.exceptions import HttpResponseError

from support import IMAGE, Scorer, doubler, eventually, finish


@pytest.fixture(scope="module")
def endpoint(make_endpoint):
    return make_endpoint("environments").name


@pytest.fixture
def deploy(ml, endpoint, model, tmp_path):
    """Deploys a scoring script in an environment of its own."""
    def run(name, dependencies, script, image=IMAGE, **properties):
        (tmp_path / "code").mkdir()
        (tmp_path / "code" / "score.py").write_text(script)
        conda = tmp_path / "conda.yml"
        conda.write_text("channels: [conda-forge]\ndependencies: %s\n" % json.dumps(dependencies))
        environment = Environment(image=image, conda_file=str(conda) if dependencies else None)
        return finish(ml.online_deployments.begin_create_or_update(doubler(
            endpoint, name, environment,
            code_configuration=CodeConfiguration(code=str(tmp_path / "code"), scoring_script="score.py"),
            **properties)))

    return run


def test_conda_packages_come_from_pypi_and_the_log_says_so(ml, endpoint, deploy):
    deploy("conda", ["six=1.16.0", "openssl"], "import six\ndef init(): pass\ndef run(data): return six.__version__\n")
    assert Scorer(ml, endpoint)({}, deployment="conda").json() == "1.16.0"
    log = ml.online_deployments.get_logs("conda", endpoint, lines=50, container_type="storage-initializer")
    assert "from PyPI instead of conda: six==1.16.0.*" in log
    assert "left out, as part of this host or of every environment: openssl" in log


def test_all_conda_packages_that_can_not_be_had_are_named_at_once(deploy):
    with pytest.raises(HttpResponseError) as caught:
        deploy("absent", ["cudatoolkit=11.3", "six=1.16.0", "libsndfile", "sluice-no-such-package=1"],
               "def init(): pass\ndef run(data): return 1\n")
    for name in ("cudatoolkit=11.3", "libsndfile", "sluice-no-such-package=1"):
        assert '"%s"' % name in str(caught.value)
    assert "six" not in str(caught.value)


def test_image_whose_packages_are_not_known_needs_a_conda_file(deploy):
    with pytest.raises(HttpResponseError, match="give the environment a conda file"):
        deploy("image", None, "def init(): pass\ndef run(data): return 1\n",
               image="mcr.microsoft.com/azureml/curated/acpt-pytorch-2.2-cuda12.1:latest")


def test_collected_data_stays_with_the_replica(sluice, ml, endpoint, deploy):
    script = """
import json, logging, pandas
from azureml.ai.monitoring import Collector

def init():
    global inputs, outputs
    inputs, outputs = Collector(name="model_inputs"), Collector(name="model_outputs")
    logging.info("both collectors are there")

def run(body):
    table = pandas.DataFrame(json.loads(body)["data"])
    outputs.collect(table * 2, inputs.collect(table))
    return "scored"
"""
    collections = {name: DeploymentCollection(enabled="true") for name in ("model_inputs", "model_outputs")}
    packages = [{"pip": ["azureml-ai-monitoring==1.0.0", "pandas==2.3.3", "numpy==2.2.6"]}]
    deploy("collected", packages, script, data_collector=DataCollector(collections=collections))
    assert Scorer(ml, endpoint)({"data": {"a": [1, 2]}}, deployment="collected").json() == "scored"
    (file,) = eventually(lambda: list(sluice.data.rglob("collected/data.jsonl")))
    lines = eventually(lambda: len(file.read_text().splitlines()) == 2 and file.read_text().splitlines())
    seen = [json.loads(line) for line in lines]
    assert [(line["collection"], line["data"]) for line in seen] == [
        ("model_inputs", [{"a": 1}, {"a": 2}]), ("model_outputs", [{"a": 2}, {"a": 4}])]
    assert seen[0]["correlationid"] == seen[1]["correlationid"]
    log = ml.online_deployments.get_logs("collected", endpoint, lines=200)
    assert "both collectors are there" in log and seen[0]["correlationid"] not in log


def test_collector_without_collections_says_why_it_fails(deploy):
    script = "from azureml.ai.monitoring import Collector\ndef init(): Collector(name='x')\ndef run(data): return 1\n"
    packages = [{"pip": ["azureml-ai-monitoring==1.0.0", "pandas==2.3.3", "numpy==2.2.6"]}]
    with pytest.raises(HttpResponseError, match="custom logging is not enabled"):
        deploy("uncollected", packages, script)
