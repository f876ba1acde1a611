"""MLflow models without a scoring script."""
import json
import shutil

import pytest
from azure.ai.ml.entities import ManagedOnlineDeployment, Model
from azure.core.exceptions import HttpResponseError

from support import ASSETS, Scorer, eventually, finish

FOLDER = ASSETS / "mlflow-sum"


def deployment(name, model):
    return ManagedOnlineDeployment(
        name=name, endpoint_name="no-code", model=model, instance_type="Standard_DS3_v2", instance_count=1)


@pytest.fixture(scope="module")
def score(ml, make_endpoint):
    """Scores a model that adds its columns a and b."""
    make_endpoint("no-code")
    finish(ml.online_deployments.begin_create_or_update(
        deployment("blue", Model(path=str(FOLDER), type="mlflow_model"))))
    scorer = Scorer(ml, "no-code")
    return lambda payload: scorer(payload, deployment="blue")


@pytest.mark.parametrize("data", [
    {"columns": ["a", "b"], "index": [0, 1], "data": [[1, 2], [3, 4]]},
    {"columns": ["b", "a"], "data": [[2, 1], [4, 3]]},
    [[1, 2], [3, 4]],
    [{"a": 1, "b": 2}, {"a": 3, "b": 4}],
    {"a": [1, 3], "b": [2, 4]},
])
def test_azures_formats_get_bare_predictions(score, data):
    answer = score({"input_data": data})
    assert (answer.status_code, answer.json()) == (200, [3, 7])


@pytest.mark.parametrize("payload", [
    {"dataframe_split": {"columns": ["a", "b"], "data": [[1, 2], [3, 4]]}},
    {"dataframe_records": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]},
    {"inputs": {"a": [1, 3], "b": [2, 4]}},
    {"instances": [{"a": 1, "b": 2}, {"a": 3, "b": 4}]},
])
def test_mlflows_formats_get_mlflows_answer(score, payload):
    answer = score(payload)
    assert (answer.status_code, answer.json()) == (200, {"predictions": [3, 7]})


@pytest.mark.parametrize("payload, reason", [
    ({"input_data": {"columns": ["a"], "data": [[1]]}}, "missing inputs"),
    ({"input_data": [["x", "y"]]}, "input_data does not fit the model"),
    ({"rows": [1]}, "in the field input_data"),
    ({"instances": [[1, 2]], "inputs": [[1, 2]]}, "in the field input_data"),
    ([], "in the field input_data"),
])
def test_input_that_does_not_fit_is_refused_with_mlflows_reason(score, payload, reason):
    answer = score(payload)
    assert answer.status_code == 424
    assert answer.headers["ms-azureml-model-error-statuscode"] == "400"
    assert reason in answer.text


def test_what_the_model_raises_is_the_models_fault_and_in_the_log(ml, score, tmp_path):
    broken = tmp_path / "raising"
    shutil.copytree(FOLDER, broken)
    (broken / "code" / "sum_loader.py").write_text(
        "import json\n\n\nclass Model:\n    def predict(self, frame):\n        raise ValueError('bad weights')\n\n\n"
        "def _load_pyfunc(path):\n    return Model()\n")
    finish(ml.online_deployments.begin_create_or_update(
        deployment("raising", Model(path=str(broken), type="mlflow_model"))))
    answer = Scorer(ml, "no-code")({"input_data": [[1, 2]]}, deployment="raising")
    assert answer.status_code == 424
    assert answer.headers["ms-azureml-model-error-statuscode"] == "500"
    logs = eventually(lambda: [
        text for text in [ml.online_deployments.get_logs("raising", "no-code", lines=200)] if "bad weights" in text])
    assert "Traceback" in logs[0] and "sum_loader.py" in logs[0]


@pytest.mark.parametrize("kind", ["mlflow_model", "custom_model"])
def test_model_in_a_folder_of_its_path_is_refused_with_the_folder(ml, score, tmp_path, kind):
    shutil.copytree(FOLDER, tmp_path / "parent" / "run" / "model")
    with pytest.raises(HttpResponseError, match="its MLmodel is in the folder 'run/model'.*register a version"):
        finish(ml.online_deployments.begin_create_or_update(
            deployment("nested", Model(path=str(tmp_path / "parent"), type=kind))))


def test_model_is_recognised_without_its_type(ml, score):
    created = finish(ml.online_deployments.begin_create_or_update(deployment("untyped", Model(path=str(FOLDER)))))
    assert created.provisioning_state == "Succeeded"
    assert Scorer(ml, "no-code")({"input_data": [[1, 1]]}, deployment="untyped").json() == [2]


def test_model_that_is_none_of_mlflows_is_refused(ml, score, tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights.json").write_text(json.dumps([1, 2]))
    with pytest.raises(HttpResponseError, match="hold no MLmodel"):
        finish(ml.online_deployments.begin_create_or_update(
            deployment("wrong", Model(path=str(tmp_path / "model"), type="mlflow_model"))))


def test_model_that_can_not_be_loaded_shows_its_traceback(ml, score, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(FOLDER, broken)
    (broken / "code" / "sum_loader.py").write_text("raise RuntimeError('weights are corrupt')\n")
    with pytest.raises(HttpResponseError, match="weights are corrupt"):
        finish(ml.online_deployments.begin_create_or_update(
            deployment("broken", Model(path=str(broken), type="mlflow_model"))))
