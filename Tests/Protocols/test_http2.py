"""HTTP/2 with httpx in front of a replica that speaks HTTP/1.1, as model servers do."""

import asyncio
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from router import KEY, table

HEADERS = {"Authorization": f"Bearer {KEY}"}


class Replica(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(500 if self.path == "/fail" else 200)
        self.send_header("content-length", str(len(body)))
        self.send_header("x-path", self.path)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class ReplicaServer(ThreadingHTTPServer):
    request_queue_size = 128


@pytest.fixture
def replica():
    server = ReplicaServer(("127.0.0.1", 0), Replica)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def url(replica, router, tls_arguments):
    return f"https://localhost:{router(table([replica], slots=16), *tls_arguments).port}"


@pytest.fixture
def context(certificate_files):
    return ssl.create_default_context(cafile=certificate_files / "ca.pem")


def test_many_requests_share_a_connection(url, context):
    async def run():
        limits = httpx.Limits(max_connections=1)
        async with httpx.AsyncClient(
            http1=False, http2=True, verify=context, headers=HEADERS, limits=limits, timeout=20
        ) as client:

            async def one(number):
                answer = await client.post(f"{url}/score?n={number}", content=b"%d" % number * 2000)
                assert answer.http_version == "HTTP/2"
                assert answer.status_code == 200, answer.headers
                assert answer.content == b"%d" % number * 2000
                assert answer.headers["x-path"] == f"/score?n={number}"

            await asyncio.gather(*(one(number) for number in range(90)))
            failed = await client.post(f"{url}/fail", content=b"x")
            assert failed.status_code == 424
            assert failed.headers["ms-azureml-model-error-statuscode"] == "500"

    asyncio.run(run())


def test_who_offers_only_http_1_gets_it(url, context):
    with httpx.Client(http2=False, verify=context, headers=HEADERS, timeout=20) as client:
        answer = client.post(f"{url}/score", content=b"x")
    assert (answer.http_version, answer.status_code, answer.content) == ("HTTP/1.1", 200, b"x")
