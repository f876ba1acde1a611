"""sluice-router with a routing table of its own, and no control plane."""

import json
import subprocess

from processes import free_port
from work import BLUE_PERCENT, HOST, key_digest

NO_LIMIT = 100_000


def _deployment(endpoint, name, replicas, cap, timeout_ms):
    return {
        "name": name,
        "scoringPath": "/score",
        "requestTimeoutMs": timeout_ms,
        "maxConcurrentRequestsPerReplica": cap,
        "maxQueueWaitMs": 60_000,
        "queueLimit": NO_LIMIT,
        "replicas": [
            # The same in every table, and distinct where one address stands for several.
            {"id": f"{endpoint}-{name}-{address}-{replicas[:index].count(address)}", "address": address}
            for index, address in enumerate(replicas)
        ],
    }


def _route(endpoint, hosts, digest, deployments):
    return {
        "endpoint": endpoint,
        "endpointID": f"{endpoint}-id",
        "hosts": hosts,
        "kind": "managed",
        "authentication": {"mode": "key", "keyDigests": [digest], "tokenIssuer": "bench", "tokenAudience": endpoint},
        "traffic": [
            {"deployment": "blue", "percent": BLUE_PERCENT},
            {"deployment": "green", "percent": 100 - BLUE_PERCENT},
        ],
        "deployments": deployments,
    }


def routing_table(work, generation=1):
    """The table as JSON lines: the endpoint `house`, and as many others, which nobody calls, as `work` says."""
    house = [
        _deployment("house", "blue", work.blue, work.cap, work.request_timeout_ms),
        _deployment("house", "green", work.green, work.cap, work.request_timeout_ms),
    ]
    routes = [_route("house", [HOST], key_digest(), house)]
    for number in range(1, work.endpoints):
        name = f"endpoint-{number}"
        address = f"tcp:127.0.0.1:{number}"
        others = [_deployment(name, "blue", [address] * 3, 4, 60_000), _deployment(name, "green", [address], 4, 60_000)]
        routes.append(_route(name, [f"{name}.example"], key_digest(), others))
    header = {"format": 1, "generation": generation, "routeCount": len(routes), "tokenKeys": []}
    return "".join(json.dumps(line) + "\n" for line in [header, *routes])


class SluiceRouter:
    name = "sluice"

    def __init__(self, binary):
        self.binary = binary
        answer = subprocess.run([binary, "--help"], capture_output=True, text=True, check=True)
        self._help = answer.stdout

    def has_option(self, option):
        return option in self._help

    def start(
            self, processes, work, slots=None, tls=None, port=None, control=None, loops=1, before=(), limit=20,
            **variables):
        """Starts a router for `work`; returns the process and its address, which it listens on.

        `slots`: the directory that it shares with the other routers of the host. `control`: its ``Control``.
        `before`: a command to run it under. `variables` are added to its environment.
        """
        port = port or free_port()
        table = processes.scratch / f"table-{port}.jsonl"
        table.write_text(routing_table(work))
        address = f"tcp:127.0.0.1:{port}"
        command = [
            *before, self.binary, "--listen", f"127.0.0.1:{port}", "--table", table, "--loops", loops,
            "--log-level", "warning",
        ]
        if slots:
            command += ["--slots", slots]
        if control:
            command += ["--control", control.address]
        if tls:
            command += ["--tls-certificate", tls.certificate, "--tls-key", tls.key]
        process = processes.start(self.name, command, **variables)
        process.wait_for_listener(address, limit)
        if control:
            process.wait_for_listener(control.address, limit)
        return process, address
