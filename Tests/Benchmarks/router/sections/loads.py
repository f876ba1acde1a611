"""Small requests: as many as the routers can, and at a constant rate."""

import lineup
from work import Work, request

RATE = 5000
REPLICA_DELAY_US = 2000
REFERENCES = ("nginx", "haproxy", "envoy", "floor")


def _all(bench, processes, work, is_direct_too=False):
    return [
        *([lineup.direct(work)] if is_direct_too else []),
        bench.start_floor(processes, work),
        lineup.sluice(bench, processes, work),
        *lineup.rivals(bench, processes, work),
    ]


def measure_saturation(bench, report):
    with bench.processes() as processes:
        work = Work(bench.start_stub(processes).replicas)
        subjects = _all(bench, processes, work)
        for connections in (64, 256):
            what = f"{connections} connections"
            results = bench.interleave(subjects, bench.load(connections, request()))
            report.heading(f"Saturation, {what}, sluice-router with {work.endpoints} endpoints")
            lineup.print_cpu(report, results, REFERENCES)
            lineup.gate_ratio(report, results, what, "nginx", 0.70)
            lineup.gate_ratio(report, results, what, "haproxy", 0.70)
            lineup.gate_ratio(report, results, what, "floor", 1.15)
            lineup.gate_failures(report, results, what)


def measure_rate(bench, report):
    what = f"{RATE} requests/s"
    with bench.processes() as processes:
        work = Work(bench.start_stub(processes, delay_us=REPLICA_DELAY_US).replicas)
        results = bench.interleave(_all(bench, processes, work), bench.load(64, request(), RATE))
        report.heading(f"{what}, replicas of 2 ms")
        lineup.print_cpu(report, results, REFERENCES)
        lineup.gate_ratio(report, results, what, "nginx", 0.85)
        lineup.gate_ratio(report, results, what, "haproxy", 0.78)
        lineup.gate_failures(report, results, what)
    with bench.processes() as processes:
        work = Work(bench.start_stub(processes).replicas)
        subjects = _all(bench, processes, work, is_direct_too=True)
        results = bench.interleave(subjects, bench.load(64, request(), RATE))
        report.heading(f"{what}, replicas that answer at once: latency from the time a request was due, in µs")
        _print_latency(report, results)
        for key, limit in (("mean", 100), ("p99", 500)):
            added = results.difference("sluice", "no router", f"{key}_us")
            report.at_most(f"{what}, added latency, {key}", added, limit, " µs")
        lineup.gate_failures(report, results, f"{what}, instant replicas")


def _print_latency(report, results):
    keys = ("mean_us", "p50_us", "p99_us", "p999_us")
    columns = ["", "mean", "p50", "p99", "p99.9", "added mean", "added p99", "unsent"]
    rows = []
    for name in results.names():
        added = [results.difference(name, "no router", key) for key in ("mean_us", "p99_us")]
        rows.append(
            [name, *(f"{results.median(name, key):.0f}" for key in keys), *(f"{value:.0f}" for value in added),
             str(sum(results.values(name, "unsent")))])
    report.table(columns, rows)
