"""Starts everything that one table compares."""

import peers
from measuring import Subject
from report import figure


def direct(work):
    """The replicas without a router."""
    return Subject("no router", list(work.replicas))


def sluice(bench, processes, work, name="sluice", copies=1, **options):
    started = [bench.router.start(processes, work, **options) for _ in range(copies)]
    return Subject(
        name, [address for _, address in started], [process for process, _ in started],
        uses_tls=options.get("tls") is not None)


def rivals(bench, processes, work, names=("nginx", "haproxy", "envoy"), **options):
    """The peers that are installed, of those named."""
    subjects = []
    for name in names:
        if name in bench.peers:
            peer, program = bench.peers[name]
            process, address = peers.start(peer, program, processes, work, **options)
            subjects.append(Subject(name, [address], [process], uses_tls=options.get("tls") is not None))
    return subjects


def print_cpu(report, results, references):
    """The table that most sections have: CPU time with its ratios, then throughput, latency, memory and failures."""
    present = [reference for reference in references if reference in results.names()]
    columns = [
        "", "CPU µs/request", "least–most", *(f"of {reference}" for reference in present), "requests/s", "p50 µs",
        "p99 µs", "MiB", "failed",
    ]
    rows = []
    for name in results.names():
        spent = results.values(name, "cpu_us")
        rows.append([
            name, figure(results.median(name, "cpu_us"), 2), f"{min(spent):.2f}–{max(spent):.2f}",
            *(figure(results.ratio(name, reference), 2) for reference in present),
            *(figure(results.median(name, key), 0) for key in ("per_second", "p50_us", "p99_us")),
            figure(results.median(name, "resident_mib")), str(sum(results.values(name, "failed"))),
        ])
    report.table(columns, rows)


def gate_ratio(report, results, what, reference, limit, name="sluice"):
    what = f"{what}, CPU per request beside {reference}"
    if reference not in results.names():
        return report.missing(what, f"{reference} is not installed")
    report.at_most(what, results.ratio(name, reference), limit)


def gate_failures(report, results, what, name="sluice"):
    report.at_most(f"{what}, requests without a 200", sum(results.values(name, "failed")), 0)
