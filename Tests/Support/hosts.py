"""Two hosts, network namespaces of this one, with routers before the same replica."""

import http.client
import os
import shutil
import socket
import subprocess
import threading
import time
import uuid

from router import KEY, Router, inside, table

LEASES = 7000


def missing():
    """Why there can be no hosts here; None if there can."""
    if os.geteuid() == 0 and shutil.which("ip"):
        return None
    return "network namespaces need root and iproute2"


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


class Model:
    """Answers every request after `seconds`, and counts how many are inside."""

    def __init__(self, network, seconds=0.005):
        self.seconds = seconds
        self.lock = threading.Lock()
        # Inside now, at most since somebody set it back, and at most ever.
        self.now = self.most = self.most_ever = 0
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
                    self.most_ever = max(self.most_ever, self.now)
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
    """Threads that ask a router, one request after the other, until they are told to stop.

    `answers` has a tuple for each request: its start and end by CLOCK_MONOTONIC, and its status or what broke.
    """

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
                start = time.monotonic()
                try:
                    connection.request("GET", "/", headers={"Host": "localhost", "Authorization": f"Bearer {KEY}"})
                    answer = connection.getresponse()
                    answer.read()
                    self.answers.append((start, time.monotonic(), answer.status))
                except (OSError, http.client.HTTPException) as error:
                    self.answers.append((start, time.monotonic(), repr(error)))
                    connection.close()

    def stop(self):
        self.going = False
        for thread in self.threads:
            thread.join(60)
        return self

    @property
    def failures(self):
        return [status for *_, status in self.answers if status != 200]


class Hosts:
    """Routers on the hosts `a` and `b` of a network, before one replica of `limit` slots."""

    def __init__(self, network, model, directory, binary=None):
        self.network, self.model, self.directory, self.binary = network, model, directory, binary
        self.running = []

    def start(self, host, *arguments, limit):
        router = Router(
            self.directory,
            self.table(limit=limit),
            *("--host-id", host, "--slots", self.directory / f"slots-{host}"),
            *("--router-id", f"{host}{len(self.running)}", *arguments),
            address=self.network.address(host),
            namespace=self.network.of(host),
            environment={"SLUICE_ROUTER_HOST_TOKEN": "between-hosts"},
            binary=self.binary,
        )
        self.running.append(router)
        return router

    def table(self, *, limit, generation=1, coordinator="a", gone=()):
        hosts = [
            {
                "id": host,
                "address": f"tcp:{self.network.address(host)}:{LEASES}",
                "coordinates": host == coordinator,
                "isGone": host in gone,
            }
            for host in ["a", "b"]
        ]
        return table(
            [self.model.port], address=self.network.address("model"), slots=limit, queue=1000, timeout_ms=1000,
            hosts=hosts, generation=generation,
        )

    def close(self):
        for router in self.running:
            router.__exit__()
