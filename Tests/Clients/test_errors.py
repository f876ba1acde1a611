"""What a user reads in an exception when something is wrong with what was deployed."""
import pytest
from azure.ai.ml.entities import CodeConfiguration, Environment
from azure.ai.ml.entities._assets import Code
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from support import CODE, IMAGE, Scorer, doubler, finish, set_traffic

GOOD_RUN = "\n\ndef run(raw_data):\n    return []\n"


@pytest.fixture(scope="module")
def endpoint(ml, make_endpoint, environment, model):
    make_endpoint("mistakes")
    finish(ml.online_deployments.begin_create_or_update(doubler("mistakes", "good", environment)))
    return "mistakes"


@pytest.fixture
def failure(ml, endpoint, environment):
    """Deploys something wrong and answers the exception that the client raises."""
    made = []

    def deploy(name, environment=environment, skip_script_validation=False, **overrides):
        made.append(name)
        with pytest.raises(HttpResponseError) as caught:
            finish(ml.online_deployments.begin_create_or_update(
                doubler(endpoint, name, environment, **overrides), skip_script_validation=skip_script_validation))
        return caught.value

    yield deploy
    for name in made:
        finish(ml.online_deployments.begin_delete(name, endpoint))


@pytest.fixture
def script(tmp_path):
    def make(text):
        root = tmp_path / "code"
        root.mkdir()
        (root / "score.py").write_text(text)
        return CodeConfiguration(code=str(root), scoring_script="score.py")

    return make


def test_exception_in_init(failure, script, ml, endpoint):
    error = failure("init", code_configuration=script(
        "def init():\n    raise ValueError('no weights for you')" + GOOD_RUN))
    assert "ValueError: no weights for you" in str(error)
    assert "line 2, in init" in str(error)
    assert "raise ValueError('no weights for you')" in str(error)
    assert error.error.code
    assert ml.online_deployments.get("init", endpoint).provisioning_state == "Failed"
    assert "no weights for you" in ml.online_deployments.get_logs("init", endpoint, lines=200)


def test_import_of_a_missing_module(failure, script):
    error = failure("imports", code_configuration=script("import not_there\n\n\ndef init():\n    pass" + GOOD_RUN))
    assert "No module named 'not_there'" in str(error)
    assert "line 1" in str(error)


def test_syntax_error(failure, script):
    # The client would parse the script itself and stop there.
    error = failure(
        "syntax", skip_script_validation=True, code_configuration=script("def init(:\n    pass" + GOOD_RUN))
    assert "SyntaxError" in str(error)
    assert "def init(:" in str(error)


def test_script_without_run(failure, script):
    error = failure("runless", skip_script_validation=True, code_configuration=script("def init():\n    pass\n"))
    assert "run" in str(error)
    assert "score.py" in str(error)


def test_missing_scoring_script(failure, ml):
    code = ml._code.create_or_update(Code(path=str(CODE)))
    error = failure("scriptless", code_configuration=CodeConfiguration(
        code="azureml:" + code.id, scoring_script="absent.py"))
    assert "absent.py" in str(error)
    assert error.error.code


def test_package_that_does_not_exist(failure):
    error = failure("packages", environment=Environment(image=IMAGE, conda_file={
        "name": "wrong", "dependencies": ["python=3.11", {"pip": ["sluice-no-such-package==1.0"]}]}))
    assert "sluice-no-such-package" in str(error)
    assert error.error.code == "ImageBuildFailure"


def test_unknown_instance_type(failure):
    error = failure("nonsense", instance_type="Standard_Nonsense_v9")
    assert error.status_code == 400
    assert "Standard_Nonsense_v9" in str(error)


def test_too_many_instances(failure):
    error = failure("crowd", instance_count=51)
    assert error.status_code == 400
    assert "50" in str(error)


def test_unknown_model_version(failure):
    error = failure("modelless", model="azureml:doubler:99")
    assert 400 <= error.status_code < 500
    assert "doubler" in str(error) and "99" in str(error)


def test_unknown_environment(failure):
    error = failure("roofless", environment="azureml:nowhere:1")
    assert 400 <= error.status_code < 500
    assert "nowhere" in str(error)


def test_all_mistakes_of_a_request_are_named_at_once(arm, workspace_path, endpoint):
    answer = arm.put(workspace_path + "/onlineEndpoints/%s/deployments/wrong" % endpoint, json={
        "location": "local", "sku": {"name": "Default", "capacity": 99},
        "properties": {"endpointComputeType": "Managed", "requestSettings": {"requestTimeout": "soon"}}})
    assert answer.status_code == 400
    text = answer.text
    assert "capacity" in text and "requestTimeout" in text


def test_traffic_to_an_unknown_deployment(ml, endpoint):
    with pytest.raises(HttpResponseError, match="purple") as caught:
        set_traffic(ml, endpoint, {"purple": 100})
    assert 400 <= caught.value.status_code < 500
    assert ml.online_endpoints.get(endpoint).traffic == {"good": 0}


def test_traffic_that_does_not_sum_to_100(ml, endpoint):
    with pytest.raises(HttpResponseError, match="100.*70") as caught:
        set_traffic(ml, endpoint, {"good": 70})
    assert caught.value.status_code == 400


def test_mirror_to_an_unknown_deployment(ml, endpoint):
    with pytest.raises(HttpResponseError, match="purple"):
        set_traffic(ml, endpoint, {"good": 100}, mirror={"purple": 10})


def test_failed_update_leaves_the_old_deployment_serving(ml, make_endpoint, environment, script, model):
    make_endpoint("steadfast")
    finish(ml.online_deployments.begin_create_or_update(doubler("steadfast", "blue", environment)))
    set_traffic(ml, "steadfast", {"blue": 100})
    broken = doubler("steadfast", "blue", environment, code_configuration=script(
        "def init():\n    raise ValueError('second try')" + GOOD_RUN))
    with pytest.raises(HttpResponseError, match="second try"):
        finish(ml.online_deployments.begin_create_or_update(broken))
    assert Scorer(ml, "steadfast")({"values": [1]}).status_code == 200


def test_mistakes_are_corrected_by_another_put(ml, endpoint, environment, script):
    with pytest.raises(HttpResponseError):
        finish(ml.online_deployments.begin_create_or_update(doubler(
            endpoint, "mended", environment, code_configuration=script(
                "def init():\n    raise ValueError('at first')" + GOOD_RUN))))
    mended = finish(ml.online_deployments.begin_create_or_update(doubler(endpoint, "mended", environment)))
    assert mended.provisioning_state == "Succeeded"


def test_absent_deployment(ml, endpoint):
    with pytest.raises(ResourceNotFoundError, match="absent"):
        ml.online_deployments.get("absent", endpoint)
