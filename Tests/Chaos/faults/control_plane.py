import itertools
import signal
import time

from scenario import Bound, scenario
from world import REPLICAS

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
    stage.until(lambda: len(stage.installation.replicas) == REPLICAS, "the deleted deployment's processes end")
    stage.did("DELETE of a deployment, kill -9 after %s s, `sluice up`" % _joined(moments))


@scenario(
    "worker-killed-at-each-step", "control plane killed at each step of an operation", Bound(outage=5, recovery=20))
def killed_at_each_step(stage):
    """The steps are those that the same operation takes when nobody is killed."""
    path, numbers, hit = stage.world.endpoint + "/deployments/stepwise", itertools.count(), []

    def body():
        return stage.world.deployment_body("step %d" % next(numbers), 1)

    for name, before, method in (("create", "DELETE", "PUT"), ("change", "PUT", "PUT"), ("delete", "PUT", "DELETE")):
        def begin():
            stage.api.perform(before, path, body() if before == "PUT" else None)
            operation = stage.api.start(method, path, body() if method == "PUT" else None)
            stage.writer.note_operation(operation)
            return operation

        steps = [phase["name"] for phase in stage.api.finish(begin())["phases"]]
        for step in steps:
            operation = begin()
            seen = stage.until(lambda: _phase(stage, operation, steps.index(step)), "%s: %s" % (name, step), pause=0)
            _kill_and_finish(stage, operation)
            hit += ["%s: %s" % (name, step)] if seen == step else []
            names = [each["name"] for each in stage.api.get(stage.world.endpoint + "/deployments")["value"]]
            if ("stepwise" in names) == (method == "DELETE"):
                stage.blame("%s, killed at %s: the deployments are %s" % (name, step, names))
    stage.until(lambda: len(stage.installation.replicas) == REPLICAS, "the deleted deployment's processes end")
    stage.saw("killed in %s" % ", ".join(hit))
    stage.did("a deployment created, changed, deleted; for each step of each kill -9 when the operation is in it, "
              "`sluice up`")


def _phase(stage, operation, least):
    """The phase that an operation is in, once it has got to the one of this number."""
    phases = stage.api.get(operation)["phases"]
    return phases[-1]["name"] if len(phases) > least else None


def _kill_and_finish(stage, operation):
    began, _ = stage.installation.control_plane.kill()
    stage.installation.up()
    document = stage.api.finish(operation)
    stage.recovered("operation", began)
    if document["status"] != "Succeeded":
        stage.blame("the operation ended as %s: %s" % (document["status"], document.get("error")))


def _joined(numbers):
    return ", ".join("%g" % number for number in numbers)
