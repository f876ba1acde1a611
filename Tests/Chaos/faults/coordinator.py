import contextlib
import pathlib
import tempfile
import time

from hosts import Hosts, Load, Model, Network, missing
from load import Request
from scenario import Bound, Skipped, scenario

SLOTS = 4
# More than there are slots, so that somebody waits on both hosts.
CLIENTS = 6
TIMES = 3


@scenario(
    "coordinator-killed", "the router that coordinates the slots of two hosts killed",
    Bound(gap=1, recovery=2))
def killed(stage):
    """Only a table by hand names several hosts: these stand beside the installation, and their requests count too."""
    reason = missing()
    if reason:
        raise Skipped(reason)
    for _ in range(TIMES):
        with _two_hosts(stage.installation.binaries) as hosts:
            _kill(stage, hosts)
    stage.did("two hosts in network namespaces, %d clients each; kill -9 of the router that coordinates, %d times" % (
        CLIENTS, TIMES))
    stage.saw("%d of the requests were to the two hosts" % len(stage.further))


def _kill(stage, hosts):
    # The first router of the host that coordinates is the one that the other asks. It has no clients: this shows what
    # becomes of the requests that other routers have.
    coordinator = hosts.start("a", limit=SLOTS)
    loads = [Load(hosts.start(host, limit=SLOTS), CLIENTS) for host in ("a", "b")]
    stage.settle(2)
    coordinator.kill()
    killed = time.monotonic()
    # Nobody asks on the one host any more: its slots reach the other only through a new coordinator.
    loads[0].stop()
    hosts.model.most = 0
    if stage.until(lambda: hosts.model.most == SLOTS, "all slots are with the host that needs them"):
        stage.recovered("slots went from host to host", killed)
    stage.settle(1)
    loads[1].stop()
    stage.count([_request(*answer) for load in loads for answer in load.answers])
    if hosts.model.most_ever > SLOTS:
        stage.blame("%d requests at once in a replica of %d slots" % (hosts.model.most_ever, SLOTS))


@contextlib.contextmanager
def _two_hosts(binaries):
    with contextlib.ExitStack() as stack:
        directory = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sluice-chaos-hosts-")))
        network = Network()
        stack.callback(network.remove)
        model = Model(network, seconds=0.02)
        stack.callback(model.close)
        hosts = Hosts(network, model, directory, binaries / "sluice-router")
        stack.callback(hosts.close)
        yield hosts


def _request(start, end, outcome):
    is_answer = isinstance(outcome, int)
    return Request(
        start, end, status=outcome if is_answer else 0, error="" if is_answer else outcome, cause="", retries=False,
        kept=True, attempts=1, broke=not is_answer)
