import signal

import processes
from scenario import Bound, scenario
from world import REPLICAS


@scenario("replica-killed", "a replica killed: its server, then with its workers", Bound(recovery=10))
def killed(stage):
    for kill in (_first, _first, _first, processes.tree, processes.tree):
        stage.settle(1.5)
        replica = next(iter(stage.installation.replicas.values()))
        with stage.inside() as began:
            victims = kill(replica)
            for process in victims:
                process.send(signal.SIGKILL)
            for process in victims:
                process.wait()
        await_replicas(stage, began)
    stage.did("kill -9 of a replica's first process, three times; of a replica's whole tree, twice")


@scenario("replica-stopped", "a replica stopped (SIGSTOP)", Bound(inside=8, recovery=45))
def stopped(stage):
    """Requests inside it end with the request timeout (5 s); it has 2 slots and is probed once a second."""
    stage.settle(1.5)
    replica = next(iter(stage.installation.replicas.values()))
    with stage.inside() as began:
        for process in reversed(processes.tree(replica)):
            process.send(signal.SIGSTOP)
        stage.until(lambda: stage.installation.ready_replicas() < REPLICAS, "the stopped replica leaves routing", 60)
        stage.recovered("out of routing", began)
        stage.settle(0.2)
    stage.until(lambda: not replica.is_alive, "the stopped replica is ended", 60)
    stage.recovered("ended", began)
    await_replicas(stage, began)
    stage.did("SIGSTOP of all its processes; probes each second, three failures count")


def _first(replica):
    """Its workers would end by themselves, each after the request that it is at."""
    return [replica]


def await_replicas(stage, began, deadline=60):
    if stage.until(lambda: stage.installation.ready_replicas() == REPLICAS, "all replicas ready again", deadline, 0.05):
        stage.recovered("replica", began)
