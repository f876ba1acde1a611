"""The control address of sluice-router, by which its table is replaced while it serves."""

import http.client
import json
import random
import time

from processes import Failed, connect
from sluice import routing_table


class _Connection(http.client.HTTPConnection):
    def __init__(self, address):
        super().__init__("router")
        self._address = address

    def connect(self):
        self.sock = connect(self._address)


class Control:
    """What a control plane asks of a router; the address is there once the router is."""

    def __init__(self, scratch):
        self.address = f"unix:{scratch}/control-{random.getrandbits(40):x}.sock"
        # The router begins with the first.
        self._generation = 1

    def _ask(self, method, path, body=None):
        connection = _Connection(self.address)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise Failed(f"{method} {path} on the control address gets {answer.status}: {text.decode()}")
        return json.loads(text)

    def put_table(self, work):
        """Replaces the table; every loop of the router serves the new one then."""
        self._generation += 1
        self._ask("PUT", "/table", routing_table(work, self._generation).encode())

    def report(self):
        return self._ask("GET", "/report")

    def wait_until_drained(self, limit=10):
        """Waits until no replica that left the table has a request inside; returns those that still have."""
        deadline = time.monotonic() + limit
        while leaving := self.report()["leaving"]:
            if time.monotonic() > deadline:
                break
            time.sleep(0.002)
        return leaving
