"""Resident memory of the router."""

import resource
from dataclasses import replace

import lineup
from work import Work, request

BUSY, IDLE = 256, 10_000
# Every idle connection has had one request: a router may then keep buffers for it, and must not.
IDLE_RATE = 5000


def measure(bench, report):
    report.heading("Memory")
    with bench.processes() as processes:
        work = Work(bench.start_stub(processes).replicas)
        busy = bench.measure(lineup.sluice(bench, processes, work), bench.load(BUSY, request()))
        what = f"{BUSY} busy connections, {work.endpoints} endpoints, resident memory"
        report.at_most(what, busy["resident_mib"], 40, " MiB")
        if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < IDLE + 500:
            return report.note(f"{IDLE} idle connections are left out: the limit of open files is too low.")
        # A router of its own: the first one's memory has been touched already.
        load = bench.load(IDLE, request(), IDLE_RATE)
        idle = bench.measure(
            lineup.sluice(bench, processes, work), replace(load, seconds=1.2 * IDLE / IDLE_RATE))
        report.at_most(f"{IDLE} idle connections, resident memory", idle["resident_mib"], 100, " MiB")
        report.at_most(f"{IDLE} idle connections, requests without a 200", idle["failed"], 0)
        if idle["answered"] < IDLE:
            report.missing(f"{IDLE} idle connections", f"only {idle['answered']} had a request")

