"""A router of its own for a test, and the table it serves."""

import hashlib
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

BINARY = Path(os.environ.get("SLUICE_ROUTER", Path(__file__).parents[2] / ".build/debug/sluice-router"))
KEY = "secret"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def table(ports, *, slots=8, queue=100, timeout_ms=20_000, protocol=None):
    """A table with one endpoint, its deployment `blue`, and a replica on each of the ports."""
    deployment = {
        "name": "blue",
        "scoringPath": "/score",
        "requestTimeoutMs": timeout_ms,
        "maxConcurrentRequestsPerReplica": slots,
        "maxQueueWaitMs": 5_000,
        "queueLimit": queue,
        "replicas": [{"id": f"replica-{port}", "address": f"tcp:127.0.0.1:{port}"} for port in ports],
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
    header = {"format": 1, "generation": 1, "routeCount": 1, "tokenKeys": []}
    return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in [header, route])


class Router:
    """`sluice-router` on a free port; ends with its `with`."""

    def __init__(self, directory, text, *arguments):
        self.port = free_port()
        path = Path(directory) / "table.jsonl"
        path.write_text(text)
        self.process = subprocess.Popen(
            [BINARY, "--listen", f"127.0.0.1:{self.port}", "--table", path, "--log-level", "warning", *arguments]
        )
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.process.kill()
                    raise
                time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            assert self.process.wait(timeout=40) == 0
        finally:
            self.process.kill()
