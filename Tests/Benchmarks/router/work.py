"""What every router of the benchmark is asked to do, and the request that asks for it."""

import hashlib
from dataclasses import dataclass

KEY = "house-key-5f0c9a7be1d24c36a80e"
HOST = "house.example"
PATH = "/score"
PINNING_HEADER = "azureml-model-deployment"
# All replicas but the last are blue's, the last is green's, or as many of the last as `Work` says.
BLUE_PERCENT = 90
# More than any section without a limit of its own has connections, so nothing waits for a replica there.
AMPLE_CAP = 512


@dataclass(frozen=True)
class Work:
    """The replicas behind a router, and the limits that it keeps."""

    replicas: tuple[str, ...]
    cap: int = AMPLE_CAP
    #: Endpoints in the routing table of sluice-router.
    endpoints: int = 1000
    request_timeout_ms: int = 60_000
    green_count: int = 1

    @property
    def blue(self):
        return self.replicas[:len(self.replicas) - self.green_count]

    @property
    def green(self):
        return self.replicas[len(self.replicas) - self.green_count:]


@dataclass(frozen=True)
class TLSFiles:
    certificate: str
    key: str
    #: Both in one file, as HAProxy wants them.
    combined: str


def key_digest():
    return hashlib.sha256(KEY.encode()).hexdigest()


def authorization():
    return f"Bearer {KEY}"


def json_body(size):
    start, end = b'{"data":[[5.1,3.5,1.4,0.2]],"text":"', b'"}'
    return start + b"a" * (size - len(start) - len(end)) + end


def request(body_size=200, path=PATH, fields=None, closes=False):
    """A scoring request as bytes; `fields` replace those of the head, None leaves one out."""
    body = json_body(body_size)
    head = {
        "host": HOST, "user-agent": "bench/1", "accept": "*/*", "authorization": authorization(),
        "content-type": "application/json", "content-length": str(len(body)),
    } | (fields or {}) | ({"connection": "close"} if closes else {})
    lines = [f"POST {path} HTTP/1.1"] + [f"{name}: {value}" for name, value in head.items() if value is not None]
    return "\r\n".join(lines + ["", ""]).encode() + body
