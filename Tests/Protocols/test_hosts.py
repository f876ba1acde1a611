"""Routers of two hosts, each in a network namespace of its own, before the same replica: its limit holds over both."""

import http.client
import socket
import time

import pytest

from hosts import LEASES, Hosts, Load, Model, Network, missing
from router import inside

LIMIT = 4

pytestmark = pytest.mark.skipif(missing() is not None, reason=missing() or "")


@pytest.fixture(scope="module")
def network():
    made = Network()
    yield made
    made.remove()


@pytest.fixture
def model(network):
    made = Model(network)
    yield made
    made.close()


@pytest.fixture
def hosts(network, model, tmp_path):
    made = Hosts(network, model, tmp_path)
    yield made
    made.close()


@pytest.fixture
def start(hosts):
    """Starts routers on the two hosts."""

    def run(host, *arguments, limit=LIMIT):
        return hosts.start(host, *arguments, limit=limit)

    return run


def wait_for(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def enough(*loads, count=300):
    """Waits until each of the loads has that many further answers."""
    marks = [len(load.answers) + count for load in loads]
    wait_for(lambda: all(len(load.answers) >= mark for load, mark in zip(loads, marks)), 60)


@pytest.mark.parametrize("limit", [1, 4, 9])
def test_the_limit_holds_over_both_and_each_gets_its_share(start, model, limit):
    loads = [Load(start("a", limit=limit), 12), Load(start("b", limit=limit), 12)]
    enough(*loads)
    for load in loads:
        load.stop()
        assert load.failures == []
    assert model.most == limit
    first, second = (len(load.answers) for load in loads)
    assert min(first, second) > 0.25 * (first + second)


def test_slots_follow_the_demand(start, model):
    a, b = start("a"), start("b")
    for router in [b, a, b]:
        model.most = 0
        load = Load(router)
        wait_for(lambda: model.most == LIMIT)
        assert load.stop().failures == []
    assert model.most == LIMIT


def test_another_router_of_the_host_coordinates_when_one_is_killed(start, model):
    """The one that answers for its host has no clients of its own here, so nothing at all may fail."""
    coordinator = start("a")
    loads = [Load(start("a")), Load(start("b"))]
    enough(*loads)
    coordinator.kill()
    killed_at = time.monotonic()
    enough(*loads)
    # Where nobody asks any more, the slots go to the others: a coordinator is there.
    loads[0].stop()
    model.most = 0
    wait_for(lambda: model.most == LIMIT, 5)
    replaced_after = time.monotonic() - killed_at
    loads[1].stop()
    assert [load.failures for load in loads] == [[], []]
    print(f"slots went from host to host {replaced_after:.2f} s after the coordinator was killed")


def test_a_host_that_is_gone_leaves_its_slots_when_they_are_certainly_free(start, hosts, model, tmp_path):
    control = tmp_path / "control.sock"
    a, b = start("a"), start("b", "--control", f"unix:{control}")
    loads = [Load(a), Load(b)]
    enough(*loads)
    loads[0].going = False
    a.kill()
    # What the control plane would do: another host coordinates, and the dead one is gone.
    lines = hosts.table(limit=LIMIT, generation=2, coordinator="b", gone=["a"]).encode()
    with socket.socket(socket.AF_UNIX) as push:
        push.connect(str(control))
        push.sendall(b"PUT /table HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(lines))
        push.sendall(lines)
        assert push.recv(65536).startswith(b"HTTP/1.1 200")
    model.most = 0
    wait_for(lambda: model.most == LIMIT, 15)
    enough(loads[1])
    assert loads[1].stop().failures == []
    assert model.most == LIMIT


def test_a_host_that_ends_gives_its_slots_back(start, model):
    a, b = start("a"), start("b")
    loads = [Load(a), Load(b)]
    enough(*loads)
    loads[1].stop()
    b.__exit__()
    model.most = 0
    wait_for(lambda: model.most == LIMIT)
    assert loads[0].stop().failures == []


def test_a_report_without_the_token_is_refused(start, network):
    start("a")
    with inside(network.of("b")):
        connection = http.client.HTTPConnection(network.address("a"), LEASES, timeout=20)
        wait_for(lambda: answers(connection))
        connection.request("POST", "/leases", body=b"{}", headers={"Authorization": "Bearer wrong"})
        assert connection.getresponse().status == 401
        connection.close()


def answers(connection):
    try:
        connection.connect()
        return True
    except OSError:
        return False
