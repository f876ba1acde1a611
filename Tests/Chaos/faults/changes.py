import time

from scenario import Bound, scenario


@scenario("rollout", "rollouts of a changed deployment", Bound(inside=0, recovery=30))
def rollout(stage):
    for number in range(stage.times):
        _change(stage, stage.world.deployment_body("rollout %d" % number))
    stage.did("PUT with another environment variable, %d times" % stage.times)


@scenario("scaling", "4 → 2 → 4 replicas", Bound(inside=0, recovery=30))
def scaling(stage):
    _scale(stage, 4)
    for _ in range(stage.times):
        _scale(stage, 2)
        _scale(stage, 4)
    _scale(stage, 3)
    stage.did("PATCH of sku.capacity, %d times each way" % stage.times)


def _change(stage, body):
    began = time.monotonic()
    operation = stage.api.start("PUT", stage.world.deployment, body)
    _finish(stage, operation, began)


def _scale(stage, count):
    began = time.monotonic()
    operation = stage.api.start("PATCH", stage.world.deployment, {"sku": {"name": "Default", "capacity": count}})
    _finish(stage, operation, began)


def _finish(stage, operation, began):
    if operation is None:
        return
    stage.writer.note_operation(operation)
    document = stage.api.finish(operation)
    stage.recovered("operation", began)
    if document["status"] != "Succeeded":
        stage.blame("the operation ended as %s: %s" % (document["status"], document.get("error")))
