import signal
import time

from scenario import Bound, scenario

DOWN_SECONDS = 3


@scenario(
    "control-plane-killed", "control plane killed, started again 3 s later",
    Bound(outage=DOWN_SECONDS + 5, recovery=5))
def killed(stage):
    stage.settle()
    stage.installation.control_plane.kill()
    stage.settle(DOWN_SECONDS)
    began = time.monotonic()
    stage.installation.up()
    stage.recovered("API", began)
    stage.did("kill -9, `sluice up` after %d s" % DOWN_SECONDS)


@scenario("control-plane-stopped", "control plane stopped for 10 s", Bound(outage=11.5, recovery=1.5))
def stopped(stage):
    stage.settle()
    process = stage.installation.control_plane
    process.send(signal.SIGSTOP)
    stage.settle(10)
    began = time.monotonic()
    process.send(signal.SIGCONT)
    stage.watch.wait_for_answer(began)
    stage.recovered("API", began)
    stage.did("SIGSTOP, SIGCONT after 10 s")


@scenario(
    "control-plane-killed-in-rollout", "control plane killed in the middle of a rollout",
    Bound(outage=5, recovery=20))
def killed_in_rollout(stage):
    """At several moments after the change was accepted, from its first step to its last."""
    moments = (0.02, 0.15, 0.4, 0.8, 1.2)
    for moment in moments:
        label = "killed after %g s" % moment
        operation = stage.api.start("PUT", stage.world.deployment, stage.world.deployment_body(label))
        stage.writer.note_operation(operation)
        stage.settle(moment)
        _kill_and_finish(stage, operation)
        served = {stage.world.score({"n": 1})["label"] for _ in range(20)}
        if served != {label}:
            stage.blame("after a rollout that succeeded, answers come from %s" % sorted(served))
    stage.did("PUT of another environment variable, kill -9 after %s s, `sluice up`" % _joined(moments))


@scenario(
    "control-plane-killed-in-deletion", "control plane killed in the middle of a deletion",
    Bound(outage=5, recovery=20))
def killed_in_deletion(stage):
    moments = (0.0, 0.05, 0.3)
    path = stage.world.endpoint + "/deployments/doomed"
    for moment in moments:
        stage.api.perform("PUT", path, stage.world.deployment_body("doomed", 1))
        operation = stage.api.start("DELETE", path)
        stage.writer.note_operation(operation)
        stage.settle(moment)
        _kill_and_finish(stage, operation)
        names = [each["name"] for each in stage.api.get(stage.world.endpoint + "/deployments")["value"]]
        if "doomed" in names:
            stage.blame("the deployment is there after its deletion succeeded")
    stage.until(lambda: len(stage.installation.replicas) == 3, "the deleted deployment's processes end")
    stage.did("DELETE of a deployment, kill -9 after %s s, `sluice up`" % _joined(moments))


def _kill_and_finish(stage, operation):
    began, _ = stage.installation.control_plane.kill()
    stage.installation.up()
    document = stage.api.finish(operation)
    stage.recovered("operation", began)
    if document["status"] != "Succeeded":
        stage.blame("the operation ended as %s: %s" % (document["status"], document.get("error")))


def _joined(numbers):
    return ", ".join("%g" % number for number in numbers)
