import json
import subprocess

import pytest
import requests
from azure.ai.ml.exceptions import ValidationException
from azure.core.exceptions import HttpResponseError

from support import Scorer, doubler, eventually, finish, request_file, set_traffic


@pytest.fixture(scope="module")
def endpoint(ml, make_endpoint, environment, model):
    make_endpoint("colours")
    pollers = [
        ml.online_deployments.begin_create_or_update(doubler("colours", name, environment))
        for name in ("blue", "green")]
    for poller in pollers:
        finish(poller)
    return "colours"


@pytest.fixture(autouse=True)
def all_to_blue(ml, endpoint):
    set_traffic(ml, endpoint, {"blue": 100})


@pytest.fixture
def score(ml, endpoint):
    return Scorer(ml, endpoint)


def labels(score, count):
    answers = [score({"values": []}) for _ in range(count)]
    assert {answer.status_code for answer in answers} == {200}
    return [answer.json()["label"] for answer in answers]


def test_traffic_reads_back_with_zero_for_the_rest(ml, endpoint):
    assert ml.online_endpoints.get(endpoint).traffic == {"blue": 100, "green": 0}


def test_split_is_followed(ml, endpoint, score):
    set_traffic(ml, endpoint, {"blue": 70, "green": 30})
    assert 15 <= labels(score, 100).count("green") <= 45


def test_gradual_rollout_loses_no_request(ml, endpoint, score):
    expected = {90: {"blue", "green"}, 50: {"blue", "green"}, 0: {"green"}}
    for blue, seen in expected.items():
        set_traffic(ml, endpoint, {"blue": blue, "green": 100 - blue})
        assert set(labels(score, 60)) == seen


def test_replies_come_from_live_deployments_while_mirroring(ml, endpoint, score):
    endpoint_with_mirror = set_traffic(ml, endpoint, {"blue": 100}, mirror={"green": 20})
    assert endpoint_with_mirror.mirror_traffic == {"green": 20}
    assert ml.online_endpoints.get(endpoint).mirror_traffic == {"green": 20}
    assert set(labels(score, 20)) == {"blue"}


def test_a_mirror_gets_copies_of_live_requests(ml, endpoint, score):
    set_traffic(ml, endpoint, {"blue": 100}, mirror={"green": 100})
    for number in range(10):
        assert score({"values": [number], "mark": "mirrored"}).json()["label"] == "blue"
    copies = lambda: ml.online_deployments.get_logs("green", endpoint, lines=500).count("'mark': 'mirrored'")
    assert eventually(lambda: copies() == 10)


def test_no_traffic_means_not_found(ml, endpoint, score):
    set_traffic(ml, endpoint, {"blue": 0})
    answer = score({"values": []})
    assert answer.status_code == 404
    assert "traffic" in answer.text


def test_invoke_follows_traffic(ml, endpoint, tmp_path):
    reply = ml.online_endpoints.invoke(endpoint, request_file=request_file(tmp_path, {"values": [1, 2.5, -3]}))
    assert json.loads(reply) == {"label": "blue", "values": [2, 5.0, -6]}


def test_invoke_reaches_a_named_deployment_without_traffic(ml, endpoint, tmp_path):
    payload = request_file(tmp_path, {"values": [7]})
    reply = ml.online_endpoints.invoke(endpoint, request_file=payload, deployment_name="green")
    assert json.loads(reply) == {"label": "green", "values": [14]}


def test_invoke_of_an_unknown_deployment_is_refused_by_the_client(ml, endpoint, tmp_path):
    with pytest.raises(ValidationException, match="purple"):
        ml.online_endpoints.invoke(endpoint, request_file=request_file(tmp_path, {}), deployment_name="purple")


def test_unknown_deployment_name_gets_a_clear_answer(score):
    answer = score({"values": []}, deployment="purple")
    assert answer.status_code == 404
    assert "azureml-model-deployment" in answer.json()["error"]["message"]


def test_requests_gets_the_deployments_name_and_a_request_id(score):
    answer = score({"values": [1]})
    assert answer.json() == {"label": "blue", "values": [2]}
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["azureml-model-deployment"] == "blue"
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("result", [[1, [2, "three"]], {"a": [None]}, "text", 4.5, []])
def test_results_arrive_as_json(score, result):
    answer = score({"echo": result})
    assert (answer.status_code, answer.json()) == (200, result)


def test_list_arrives_through_invoke(ml, endpoint, tmp_path):
    reply = ml.online_endpoints.invoke(endpoint, request_file=request_file(tmp_path, {"echo": [0.25, 0.75]}))
    assert json.loads(reply) == [0.25, 0.75]


def test_curl_command_line_of_the_documentation(score):
    done = subprocess.run(
        ["curl", "--silent", "--show-error", "--fail-with-body", "-X", "POST", score.uri,
         "-H", "Authorization: Bearer " + score.key, "-H", "Content-Type: application/json",
         "-d", '{"values": [21]}'],
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr + done.stdout
    assert json.loads(done.stdout) == {"label": "blue", "values": [42]}


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic d3Jvbmc="}])
def test_without_the_right_key_nothing_is_scored(score, headers):
    answer = requests.post(score.uri, json={"values": [1]}, headers=headers, timeout=30)
    assert answer.status_code == 401


def test_exception_of_the_model_is_told_apart_and_explained_in_the_log(ml, endpoint, score):
    answer = score({"raise": "features are missing"})
    assert answer.status_code == 424
    assert answer.headers["ms-azureml-model-error-statuscode"] == "500"
    # The inference server keeps the reason from callers.
    assert "Check the logs" in answer.json()["message"]
    eventually(lambda: "ValueError: features are missing" in ml.online_deployments.get_logs("blue", endpoint, lines=200))
    assert score({"values": [1]}).status_code == 200


def test_exception_of_the_model_through_invoke(ml, endpoint, tmp_path):
    with pytest.raises(HttpResponseError, match="Check the logs") as caught:
        ml.online_endpoints.invoke(endpoint, request_file=request_file(tmp_path, {"raise": "features are missing"}))
    assert caught.value.status_code == 424
