import json
import urllib.error

import processes
from faults.replicas import await_replicas
from scenario import Bound, scenario

TIMES = 5


@scenario(
    "poison-worker", "poison requests that end the process that runs them", Bound(recovery=10))
def worker(stage):
    _poison(stage, "die")


@scenario(
    "poison-replica", "poison requests that kill their whole replica", Bound(recovery=15))
def replica(stage):
    _poison(stage, "die with the server")


def _poison(stage, word):
    lost, answers = [], []
    for _ in range(TIMES):
        stage.settle(1)
        before = stage.installation.replicas
        workers = {name: set(processes.tree(each)) for name, each in before.items()}
        with stage.inside() as began:
            answers.append(_ask(stage, word))
            stage.settle(0.1)
        hit = {name for name, members in workers.items() if any(not each.is_alive for each in members)}
        lost.append(len(hit))
        await_replicas(stage, began)
    if max(lost) > 1:
        stage.blame("a poison request ended processes of %d replicas" % max(lost))
    if set(answers) - {"502 replica-unreachable"}:
        stage.blame("a poison request was answered %s" % ", ".join(sorted(set(answers))))
    stage.saw("replicas hit per poison request: %s; answered %s" % (
        ", ".join(map(str, lost)), ", ".join(sorted(set(answers)))))
    stage.did("%d requests that run `%s`, each when all replicas are ready" % (TIMES, word))


def _ask(stage, word):
    try:
        return "200 %s" % json.dumps(stage.world.score({"n": 0, "do": word}))
    except urllib.error.HTTPError as error:
        return "%d %s" % (error.code, error.headers.get("x-sluice-cause", ""))
    except OSError as error:
        return type(error).__name__
