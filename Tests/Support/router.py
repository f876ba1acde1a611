"""A router of its own for a test, and the table it serves."""

import contextlib
import ctypes
import hashlib
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

BINARY = Path(os.environ.get("SLUICE_ROUTER", Path(__file__).resolve().parents[2] / ".build/debug/sluice-router"))
KEY = "secret"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def table(
    ports, *, slots=8, queue=100, timeout_ms=20_000, protocol=None, address="127.0.0.1", hosts=None, generation=1
):
    """A table with one endpoint, its deployment `blue`, and a replica on each of the ports."""
    deployment = {
        "name": "blue",
        "scoringPath": "/score",
        "requestTimeoutMs": timeout_ms,
        "maxConcurrentRequestsPerReplica": slots,
        "maxQueueWaitMs": 5_000,
        "queueLimit": queue,
        "replicas": [{"id": f"replica-{port}", "address": f"tcp:{address}:{port}"} for port in ports],
    }
    if protocol:
        deployment["replicaProtocol"] = protocol
    route = {
        "endpoint": "fraud",
        "endpointID": "fraud-id",
        "hosts": ["localhost", "127.0.0.1"],
        "kind": "managed",
        "authentication": {
            "mode": "key",
            "keyDigests": [hashlib.sha256(KEY.encode()).hexdigest()],
            "tokenIssuer": "",
            "tokenAudience": "",
        },
        "traffic": [{"deployment": "blue", "percent": 100}],
        "deployments": [deployment],
    }
    header = {"format": 1, "generation": generation, "routeCount": 1, "tokenKeys": []}
    if hosts:
        header["hosts"] = hosts
    return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in [header, route])


class Router:
    """`sluice-router` on a free port, or on an address of a network namespace; ends with its `with`."""

    def __init__(
        self, directory, text, *arguments, address="127.0.0.1", namespace=None, environment=None, binary=None
    ):
        self.address = address
        self.port = free_port()
        self.namespace = namespace
        path = Path(directory) / f"table-{self.port}.jsonl"
        path.write_text(text)
        enter = ["ip", "netns", "exec", namespace] if namespace else []
        self.process = subprocess.Popen(
            [
                *(*enter, binary or BINARY, "--listen", f"{address}:{self.port}", "--table", path),
                *("--log-level", "warning", *arguments),
            ],
            env={**os.environ, **(environment or {})},
        )
        deadline = time.monotonic() + 20
        while True:
            try:
                self.connect().close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.process.kill()
                    raise
                time.sleep(0.02)

    def connect(self):
        with inside(self.namespace):
            return socket.create_connection((self.address, self.port), timeout=20)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.returncode is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            assert self.process.wait(timeout=40) == 0
        finally:
            self.process.kill()


@contextlib.contextmanager
def inside(namespace):
    """Sockets that this thread makes meanwhile belong to a network namespace."""
    if namespace is None:
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    other = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        if libc.setns(other, 0x40000000) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        try:
            yield
        finally:
            if libc.setns(own, 0x40000000) != 0:
                raise OSError(ctypes.get_errno(), "setns")
    finally:
        os.close(own)
        os.close(other)
