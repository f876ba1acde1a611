import pytest
import requests
from azure.ai.ml.entities import (
    CodeConfiguration, DataCollector, DefaultScaleSettings, DeploymentCollection, Environment,
    KubernetesOnlineDeployment, KubernetesOnlineEndpoint, Model, OnlineRequestSettings, ProbeSettings, RequestLogging,
    ResourceRequirementsSettings, ResourceSettings, TargetUtilizationScaleSettings)
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from support import CODE, CONDA, IMAGE, MODEL, Scorer, doubler, eventually, finish, set_traffic


@pytest.fixture(scope="module")
def endpoint(make_endpoint):
    return make_endpoint("deployments").name


@pytest.fixture(scope="module")
def full(ml, endpoint, environment, model):
    """A deployment with every property of the published snippets."""
    created = finish(ml.online_deployments.begin_create_or_update(doubler(
        endpoint, "full", environment,
        description="Everything at once",
        tags={"release": "7"},
        properties={"owner": "somebody"},
        instance_count=2,
        app_insights_enabled=True,
        egress_public_network_access="disabled",
        scale_settings=DefaultScaleSettings(),
        request_settings=OnlineRequestSettings(
            request_timeout_ms=90000, max_concurrent_requests_per_instance=3, max_queue_wait_ms=2000),
        liveness_probe=ProbeSettings(initial_delay=10, period=9, timeout=2, failure_threshold=3, success_threshold=1),
        readiness_probe=ProbeSettings(initial_delay=1, period=2, timeout=3, failure_threshold=4, success_threshold=2),
        environment_variables={"LABEL": "full", "MODEL_VERSION": "1.2.0", "LOG_LEVEL": "INFO"})))
    assert created.provisioning_state == "Succeeded"
    return ml.online_deployments.get("full", endpoint)


def test_plain_properties_are_kept(full, endpoint):
    assert (full.name, full.endpoint_name) == ("full", endpoint)
    assert full.description == "Everything at once"
    assert full.tags == {"release": "7"}
    assert full.properties["owner"] == "somebody"
    assert full.instance_count == 2
    assert full.instance_type == "Standard_DS3_v2"
    assert full.app_insights_enabled is True
    assert full.egress_public_network_access.lower() == "disabled"
    assert full.scale_settings == DefaultScaleSettings()
    assert full.environment_variables == {"LABEL": "full", "MODEL_VERSION": "1.2.0", "LOG_LEVEL": "INFO"}


def test_assets_are_full_ids(full, workspace_path):
    assert full.model.lower() == (workspace_path + "/models/doubler/versions/1").lower()
    assert full.environment.lower() == (workspace_path + "/environments/scoring/versions/1").lower()
    assert full.code_configuration.code.lower().startswith((workspace_path + "/codes/").lower())
    assert full.code_configuration.scoring_script == "score.py"


def test_request_settings_are_kept(full):
    settings = full.request_settings
    assert settings.request_timeout_ms == 90000
    assert settings.max_concurrent_requests_per_instance == 3
    assert settings.max_queue_wait_ms == 2000


def test_probes_are_kept(full):
    def values(probe):
        return probe.initial_delay, probe.period, probe.timeout, probe.failure_threshold, probe.success_threshold

    assert values(full.liveness_probe) == (10, 9, 2, 3, 1)
    assert values(full.readiness_probe) == (1, 2, 3, 4, 2)


def test_data_collector_is_kept(ml, endpoint, environment, model):
    # In a deployment of its own: the client can't PUT back a data collector that it got.
    finish(ml.online_deployments.begin_create_or_update(doubler(
        endpoint, "collected", environment, data_collector=DataCollector(
            collections={
                "model_inputs": DeploymentCollection(enabled="true"),
                "model_outputs": DeploymentCollection(enabled="false")},
            rolling_rate="day", sampling_rate=0.5, request_logging=RequestLogging(capture_headers=["x-trace"])))))
    collector = ml.online_deployments.get("collected", endpoint).data_collector
    assert collector.rolling_rate.lower() == "day"
    assert collector.sampling_rate == 0.5
    assert collector.request_logging.capture_headers == ["x-trace"]
    assert {name: each.enabled for name, each in collector.collections.items()} == {
        "model_inputs": "true", "model_outputs": "false"}
    data = collector.collections["model_inputs"].data
    assert data.endswith("/data/%s-collected-model_inputs/versions/1" % endpoint)
    assert ml.data.get("%s-collected-model_inputs" % endpoint, "1").type == "uri_folder"


def test_environment_variables_reach_the_script(full, ml, endpoint):
    answer = Scorer(ml, endpoint)({"variable": "MODEL_VERSION"}, deployment="full")
    assert (answer.status_code, answer.json()) == (200, {"value": "1.2.0"})


def test_put_of_what_get_answered_keeps_everything(full, ml, endpoint, arm, workspace_path):
    path = workspace_path + "/onlineEndpoints/%s/deployments/full" % endpoint
    before = arm.get(path).json()
    finish(ml.online_deployments.begin_create_or_update(ml.online_deployments.get("full", endpoint)))
    after = arm.get(path).json()

    def written_by_the_caller(body):
        kept = dict(body["properties"])
        kept["properties"] = {"owner": kept["properties"]["owner"]}
        return body["tags"], body["sku"], kept

    assert written_by_the_caller(after) == written_by_the_caller(before)


def test_instance_count_changes(full, ml, endpoint):
    entity = ml.online_deployments.get("full", endpoint)
    entity.instance_count = 1
    assert finish(ml.online_deployments.begin_create_or_update(entity)).instance_count == 1
    assert ml.online_deployments.get("full", endpoint).instance_count == 1
    assert Scorer(ml, endpoint)({"values": [1]}, deployment="full").status_code == 200


def test_update_of_variables_replaces_the_running_script(ml, make_endpoint, environment, model):
    make_endpoint("changing")
    finish(ml.online_deployments.begin_create_or_update(doubler("changing", "blue", environment)))
    set_traffic(ml, "changing", {"blue": 100})
    entity = ml.online_deployments.get("blue", "changing")
    entity.environment_variables = {"LABEL": "navy"}
    finish(ml.online_deployments.begin_create_or_update(entity))
    assert Scorer(ml, "changing")({"values": [1]}).json()["label"] == "navy"


@pytest.fixture(scope="module")
def inline(ml, endpoint):
    return finish(ml.online_deployments.begin_create_or_update(doubler(
        endpoint, "inline", Environment(image=IMAGE, conda_file=str(CONDA)), model=Model(path=str(MODEL)))))


def test_inline_model_environment_and_code_score(inline, ml, endpoint):
    answer = Scorer(ml, endpoint)({"values": [1, 2.5]}, deployment="inline")
    assert (answer.status_code, answer.json()) == (200, {"label": "inline", "values": [2, 5.0]})


def test_inline_environment_is_registered_under_its_anonymous_name(inline):
    assert "/environments/CliV2AnonymousEnvironment/versions/" in inline.environment


def test_registered_code_is_used_again(full, ml, endpoint, environment, model):
    code = full.code_configuration.code
    again = finish(ml.online_deployments.begin_create_or_update(doubler(
        endpoint, "recode", environment,
        code_configuration=CodeConfiguration(code="azureml:" + code, scoring_script="score.py"))))
    assert again.code_configuration.code.lower() == code.lower()
    assert Scorer(ml, endpoint)({"values": [3]}, deployment="recode").json() == {"label": "recode", "values": [6]}


def test_same_code_folder_is_registered_once(inline, full):
    assert inline.code_configuration.code.lower() == full.code_configuration.code.lower()


def test_deployments_are_listed(full, inline, ml, endpoint):
    listed = {deployment.name: deployment for deployment in ml.online_deployments.list(endpoint)}
    assert {"full", "inline"} <= set(listed)
    assert listed["full"].tags == {"release": "7"}
    assert all(deployment.endpoint_name == endpoint for deployment in listed.values())


def test_inference_server_logs_have_what_the_script_prints(inline, ml, endpoint):
    Scorer(ml, endpoint)({"values": [41, 43]}, deployment="inline")
    logs = eventually(lambda: [
        text for text in [ml.online_deployments.get_logs("inline", endpoint, lines=200)] if "[41, 43]" in text])
    assert "doubler started as inline" in logs[0]


def test_logs_are_cut_to_the_last_lines(inline, ml, endpoint):
    whole = ml.online_deployments.get_logs("inline", endpoint, lines=500, container_type="inference-server")
    tail = ml.online_deployments.get_logs("inline", endpoint, lines=2, container_type="inference-server")
    assert len(tail.strip().splitlines()) <= 2 < len(whole.strip().splitlines())


def test_storage_initializer_logs_name_the_model(full, ml, endpoint):
    logs = ml.online_deployments.get_logs("full", endpoint, lines=200, container_type="storage-initializer")
    assert "doubler" in logs


def test_logs_of_an_absent_deployment_are_not_found(ml, endpoint):
    with pytest.raises(ResourceNotFoundError, match="absent"):
        ml.online_deployments.get_logs("absent", endpoint, lines=10)


def test_deployment_with_traffic_is_not_deleted(ml, make_endpoint, environment, model):
    make_endpoint("guarded")
    finish(ml.online_deployments.begin_create_or_update(doubler("guarded", "blue", environment)))
    set_traffic(ml, "guarded", {"blue": 100})
    with pytest.raises(HttpResponseError, match="traffic") as caught:
        finish(ml.online_deployments.begin_delete("blue", "guarded"))
    assert 400 <= caught.value.status_code < 500
    assert Scorer(ml, "guarded")({"values": [1]}).status_code == 200

    set_traffic(ml, "guarded", {"blue": 0})
    finish(ml.online_deployments.begin_delete("blue", "guarded"))
    with pytest.raises(ResourceNotFoundError, match="blue"):
        ml.online_deployments.get("blue", "guarded")
    assert list(ml.online_deployments.list("guarded")) == []


def test_deployment_of_an_absent_endpoint_is_not_found(ml, environment, model):
    with pytest.raises(ResourceNotFoundError, match="never-was"):
        finish(ml.online_deployments.begin_create_or_update(doubler("never-was", "blue", environment)))


def test_kubernetes_deployment(ml, workspace_path, environment, model):
    finish(ml.online_endpoints.begin_create_or_update(KubernetesOnlineEndpoint(
        name="kube", compute=workspace_path + "/computes/cluster")))
    finish(ml.online_deployments.begin_create_or_update(KubernetesOnlineDeployment(
        name="blue", endpoint_name="kube", model="azureml:doubler:1", environment=environment,
        code_configuration=CodeConfiguration(code=str(CODE), scoring_script="score.py"),
        instance_type="defaultinstancetype", environment_variables={"LABEL": "blue"},
        scale_settings=TargetUtilizationScaleSettings(
            min_instances=1, max_instances=2, polling_interval=10, target_utilization_percentage=70),
        resources=ResourceRequirementsSettings(
            requests=ResourceSettings(cpu="0.1", memory="200Mi"), limits=ResourceSettings(cpu="0.5", memory="500Mi")))))

    deployment = ml.online_deployments.get("blue", "kube")
    assert isinstance(deployment, KubernetesOnlineDeployment)
    assert deployment.provisioning_state == "Succeeded"
    scale = deployment.scale_settings
    assert isinstance(scale, TargetUtilizationScaleSettings)
    assert (scale.min_instances, scale.max_instances, scale.target_utilization_percentage) == (1, 2, 70)
    assert scale.polling_interval == 10
    assert (deployment.resources.requests.cpu, deployment.resources.requests.memory) == ("0.1", "200Mi")
    assert (deployment.resources.limits.cpu, deployment.resources.limits.memory) == ("0.5", "500Mi")

    set_traffic(ml, "kube", {"blue": 100})
    assert Scorer(ml, "kube")({"values": [2]}).json()["values"] == [4]


def test_swagger_uri_answers(full, ml, endpoint):
    score = Scorer(ml, endpoint)
    answer = requests.get(
        ml.online_endpoints.get(endpoint).openapi_uri, timeout=30,
        headers={"Authorization": "Bearer " + score.key, "azureml-model-deployment": "full"})
    assert answer.status_code == 200
    assert answer.json()["swagger"] or answer.json()["openapi"]
