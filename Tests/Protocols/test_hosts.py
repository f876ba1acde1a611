"""Routers of two hosts, each in a network namespace of its own, before the same replica: its limit holds over both."""

import http.client
import os
import shutil
import socket
import subprocess
import threading
import time
import uuid

import pytest

from router import KEY, Router, inside, table

LIMIT = 4
LEASES = 7000

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("ip") is None, reason="network namespaces need root and iproute2"
)


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


class Network:
    """Namespaces `a`, `b` and `model`, at 10.77.0.1 to 3, on one bridge."""

    names = ["a", "b", "model"]

    def __init__(self):
        self.prefix = "sluice-" + uuid.uuid4().hex[:6]
        self.lan = self.of("lan")
        ip("netns", "add", self.lan)
        ip("-n", self.lan, "link", "add", "lan", "type", "bridge")
        ip("-n", self.lan, "link", "set", "lan", "up")
        for number, name in enumerate(self.names):
            namespace = self.of(name)
            ip("netns", "add", namespace)
            ip("-n", namespace, "link", "add", "eth", "type", "veth", "peer", "name", f"to-{name}", "netns", self.lan)
            ip("-n", self.lan, "link", "set", f"to-{name}", "master", "lan", "up")
            ip("-n", namespace, "addr", "add", f"10.77.0.{number + 1}/24", "dev", "eth")
            ip("-n", namespace, "link", "set", "eth", "up")
            ip("-n", namespace, "link", "set", "lo", "up")

    def of(self, name):
        return f"{self.prefix}-{name}"

    def address(self, name):
        return f"10.77.0.{self.names.index(name) + 1}"

    def remove(self):
        for name in [*self.names, "lan"]:
            subprocess.run(["ip", "netns", "delete", self.of(name)], capture_output=True)


@pytest.fixture(scope="module")
def network():
    made = Network()
    yield made
    made.remove()


class Model:
    """Answers every request after `seconds`, and counts how many are inside."""

    def __init__(self, network, seconds=0.005):
        self.seconds = seconds
        self.lock = threading.Lock()
        self.now = self.most = 0
        with inside(network.of("model")):
            self.listener = socket.create_server((network.address("model"), 0), backlog=512)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=[connection], daemon=True).start()

    def serve(self, connection):
        with connection:
            while True:
                head = b""
                while b"\r\n\r\n" not in head:
                    try:
                        piece = connection.recv(65536)
                    except OSError:
                        return
                    if not piece:
                        return
                    head += piece
                with self.lock:
                    self.now += 1
                    self.most = max(self.most, self.now)
                time.sleep(self.seconds)
                with self.lock:
                    self.now -= 1
                try:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                except OSError:
                    return

    def close(self):
        self.listener.close()


class Load:
    """Threads that ask a router, one request after the other, until they are told to stop."""

    def __init__(self, router, threads=8):
        self.router = router
        self.answers = []
        self.going = True
        self.threads = [threading.Thread(target=self.ask, daemon=True) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def ask(self):
        with inside(self.router.namespace):
            connection = http.client.HTTPConnection(self.router.address, self.router.port, timeout=30)
            while self.going:
                try:
                    connection.request("GET", "/", headers={"Host": "localhost", "Authorization": f"Bearer {KEY}"})
                    answer = connection.getresponse()
                    answer.read()
                    self.answers.append((time.monotonic(), answer.status))
                except (OSError, http.client.HTTPException) as error:
                    self.answers.append((time.monotonic(), repr(error)))
                    connection.close()

    def stop(self):
        self.going = False
        for thread in self.threads:
            thread.join(60)
        return self

    @property
    def failures(self):
        return [status for _, status in self.answers if status != 200]


@pytest.fixture
def model(network):
    made = Model(network)
    yield made
    made.close()


@pytest.fixture
def start(network, model, tmp_path):
    """Starts routers on the two hosts."""
    running = []

    def run(host, *arguments, limit=LIMIT):
        slots = tmp_path / f"slots-{host}"
        router = Router(
            tmp_path,
            text(network, model, limit=limit),
            *("--host-id", host, "--slots", slots, "--router-id", f"{host}{len(running)}", *arguments),
            address=network.address(host),
            namespace=network.of(host),
            environment={"SLUICE_ROUTER_HOST_TOKEN": "between-hosts"},
        )
        running.append(router)
        return router

    yield run
    for router in running:
        router.__exit__()


def text(network, model, *, limit=LIMIT, generation=1, coordinator="a", gone=()):
    hosts = [
        {
            "id": host,
            "address": f"tcp:{network.address(host)}:{LEASES}",
            "coordinates": host == coordinator,
            "isGone": host in gone,
        }
        for host in ["a", "b"]
    ]
    return table(
        [model.port], address=network.address("model"), slots=limit, queue=1000, timeout_ms=1000, hosts=hosts,
        generation=generation,
    )


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


def test_a_host_that_is_gone_leaves_its_slots_when_they_are_certainly_free(start, network, model, tmp_path):
    control = tmp_path / "control.sock"
    a, b = start("a"), start("b", "--control", f"unix:{control}")
    loads = [Load(a), Load(b)]
    enough(*loads)
    loads[0].going = False
    a.kill()
    # What the control plane would do: another host coordinates, and the dead one is gone.
    lines = text(network, model, generation=2, coordinator="b", gone=["a"]).encode()
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
