import signal

from scenario import Bound, scenario


@scenario("router-killed", "each router killed in turn", Bound(recovery=2))
def killed(stage):
    for place, process in stage.installation.routers.items():
        stage.settle(1.5)
        with stage.inside() as began:
            process.kill()
        _await_router(stage, place, process, began)
    stage.did("kill -9 of router-0, router-1, router-2")


@scenario("router-stopped", "each router stopped (SIGSTOP)", Bound(gap=1, recovery=6))
def stopped(stage):
    """The kernel goes on giving the stopped router connections, which wait until the supervisor has ended it."""
    for place, process in stage.installation.routers.items():
        stage.settle(1.5)
        with stage.inside() as began:
            process.send(signal.SIGSTOP)
            stage.until(lambda: not process.is_alive, "the stopped %s is replaced" % place, 30)
            # All that waited in it tries again at once, for more places than there are.
            stage.settle(0.3)
        process.send(signal.SIGCONT)
        _await_router(stage, place, process, began)
    stage.did("SIGSTOP of router-0, router-1, router-2; the supervisor replaces them")


@scenario("routers-killed", "all routers killed at once", Bound(gap=2, recovery=2))
def all_killed(stage):
    stage.settle()
    before = stage.installation.routers
    with stage.inside() as began:
        for process in before.values():
            process.send(signal.SIGKILL)
        stage.until(
            lambda: any(stage.installation.router_status(place).get("generation") for place in before),
            "a router serves again")
    for place, process in before.items():
        _await_router(stage, place, process, began)
    stage.did("kill -9 of all three")


def _await_router(stage, place, old, began):
    def serves():
        present = stage.installation.routers.get(place)
        return present and present != old and stage.installation.router_status(place).get("generation")

    if stage.until(serves, "%s serves again" % place):
        stage.recovered("router", began)
