"""All routers do the same work: otherwise no ratio means anything."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import lineup
from processes import Failed, connect
from work import BLUE_PERCENT, PINNING_HEADER, Work, request

SHARE_REQUESTS = 300
# Five standard deviations of a share that is drawn anew for each request.
SHARE_TOLERANCE = 9


class _Echo(BaseHTTPRequestHandler):
    """A replica that answers with the header fields of the request."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def _ask(address, **changes):
    """The status of the answer, its header fields, and the header fields that the replica got."""
    with connect(address) as connection:
        connection.sendall(request(closes=True, **changes))
        answer = b""
        while part := connection.recv(65536):
            answer += part
    if not answer.startswith(b"HTTP/1.1 "):
        raise Failed(f"{address} closes a connection without an answer")
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    status = int(lines[0].split()[1])
    fields = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    return status, fields, json.loads(body) if status == 200 else {}


def _faults(address):
    """What a router answers otherwise than it should."""
    faults = []

    def expect(what, is_right):
        if not is_right:
            faults.append(what)

    status, _, sent = _ask(address)
    expect(f"a request with its key gets {status}", status == 200)
    expect("the replica gets no request id", sent.get("x-request-id"))
    for value in (None, "Bearer another-key"):
        status, _, _ = _ask(address, fields={"authorization": value})
        expect(f"the authorization {value} gets {status}", status == 401)
    status, _, _ = _ask(address, path="/api/v1/endpoint/nobody/score")
    expect(f"an unknown endpoint gets {status}", status == 404)
    for deployment in ("blue", "green"):
        served = {_ask(address, fields={PINNING_HEADER: deployment})[1].get(PINNING_HEADER) for _ in range(20)}
        expect(f"requests for {deployment} are answered by {served}", served == {deployment})
    served = [_ask(address)[1].get(PINNING_HEADER) for _ in range(SHARE_REQUESTS)]
    share = 100 * served.count("blue") / SHARE_REQUESTS
    expect(f"blue has {share:.0f} % of the traffic", abs(share - BLUE_PERCENT) <= SHARE_TOLERANCE)
    return faults


def measure(bench, report):
    report.heading("What every router must answer")
    with bench.processes() as processes, ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as replica:
        replica.daemon_threads = True
        replica.block_on_close = False
        work = Work((f"tcp:127.0.0.1:{replica.server_port}",) * 4)
        subjects = [lineup.sluice(bench, processes, work), *lineup.rivals(bench, processes, work)]
        # Not before: no process is started beside a second thread.
        threading.Thread(target=replica.serve_forever, daemon=True).start()
        try:
            for subject in subjects:
                what = f"{subject.name}: key, 401, 404, request id, pinning, shares of traffic"
                faults = _faults(subject.targets[0])
                report.missing(what, "; ".join(faults)) if faults else report.at_most(f"{what}, wrong answers", 0, 0)
        finally:
            replica.shutdown()
