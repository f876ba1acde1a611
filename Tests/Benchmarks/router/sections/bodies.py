"""Large bodies of requests and of answers."""

import lineup
from work import Work, request

SMALL = 200
SMALL_ANSWER = 100
# Name, bytes of the request's body, bytes of the answer's, connections.
KINDS = (
    ("60 KB request", 60_000, SMALL_ANSWER, 64),
    ("60 KB answer", SMALL, 60_000, 64),
    ("10 MB request", 10_000_000, SMALL_ANSWER, 8),
    ("10 MB answer", SMALL, 10_000_000, 8),
)
# nginx holds a whole request before it goes on; with less than this it would write the largest to a file.
NGINX_BODY_BUFFER = "11m"


def measure(bench, report):
    for what, request_size, answer_size, connections in KINDS:
        with bench.processes() as processes:
            work = Work(bench.start_stub(processes, answer=answer_size).replicas)
            subjects = [
                lineup.sluice(bench, processes, work),
                *lineup.rivals(bench, processes, work, body_buffer=NGINX_BODY_BUFFER),
            ]
            results = bench.interleave(subjects, bench.load(connections, request(request_size)))
        report.heading(f"{what}, {connections} connections")
        lineup.print_cpu(report, results, ("nginx", "haproxy", "envoy"))
        lineup.gate_ratio(report, results, what, "nginx", 0.80)
        lineup.gate_failures(report, results, what)
