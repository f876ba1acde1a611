"""Several routers on one host that share exact slots: what that costs, and whether limits hold whoever is killed."""

import random
import time

import lineup
from fleet import (
    CAP, CONNECTIONS, COPIES, INTERVAL_MS, RECOVERY_S, Fleet, Peak, is_left_out, per_second, slots_directory)
from measuring import Load, say
from report import figure
from work import Work, request

REPLICA_DELAY_US = 5000


def measure_cost(bench, report):
    report.heading(f"{COPIES} routers that share slots, beside {COPIES} that do not, 64 connections in all")
    if is_left_out(bench, report):
        return
    with bench.processes() as processes:
        # Two limits that no load here reaches, so that nothing but the bookkeeping differs.
        work = Work(bench.start_stub(processes).replicas, cap=64)
        subjects = [
            lineup.sluice(bench, processes, work, name="slots of its own", copies=COPIES),
            lineup.sluice(
                bench, processes, work, name="shared slots", copies=COPIES, slots=slots_directory(bench)),
        ]
        results = bench.interleave(subjects, bench.load(64, request()))
    lineup.print_cpu(report, results, ("slots of its own",))
    lineup.gate_ratio(report, results, "shared slots", "slots of its own", 1.05, name="shared slots")
    lineup.gate_failures(report, results, "shared slots", name="shared slots")


def _start_fleet(bench, processes):
    stub = bench.start_stub(processes, delay_us=REPLICA_DELAY_US, cap=CAP)
    return Fleet(bench, processes, stub, stub.replicas)


def _load(seconds):
    return Load(CONNECTIONS, request(), seconds, warmup=0, interval_ms=INTERVAL_MS)


def measure(bench, report):
    report.heading(f"Exactness: {COPIES} routers, {CAP} requests per replica, replicas of 5 ms")
    if is_left_out(bench, report):
        return
    with bench.processes() as processes:
        fleet = _start_fleet(bench, processes)
        _measure_undisturbed(bench, report, fleet)
        _measure_one_kill(bench, report, fleet)
    with bench.processes() as processes:
        _measure_random_kills(bench, report, _start_fleet(bench, processes))


def _gate_limit(report, fleet, what):
    fleet.expect_only_kills()
    Peak().take(fleet.replicas.statistics()).gate(report, what)


def _measure_undisturbed(bench, report, fleet):
    what, seconds = "undisturbed", 2 * bench.seconds
    with bench.running(fleet.subject(), _load(seconds)) as run:
        run.begin()
        figures = run.result()
    _gate_limit(report, fleet, what)
    report.at_most(f"{what}, requests without a 200", figures["other_status"] + figures["lost"], 0)
    shares = per_second(figures, 0, seconds)
    least = min(shares) / (sum(shares) / COPIES) if sum(shares) else 0
    report.at_least(f"{what}, least share of a router, of an even one", least, 0.5)
    _print_shares(report, figures, {"undisturbed": shares})


def _measure_one_kill(bench, report, fleet):
    what, window = "one router killed", 2 * bench.seconds
    with bench.running(fleet.subject(), _load(window + RECOVERY_S + window)) as run:
        run.begin()
        time.sleep(window)
        fleet.kill(random.choice(fleet.running()))
        figures = run.result()
    before = per_second(figures, 0, window)
    after = per_second(figures, window + RECOVERY_S, 2 * window + RECOVERY_S)
    _gate_limit(report, fleet, what)
    report.at_least(
        f"{what}, throughput {RECOVERY_S} s later, of the former", sum(after) / max(1, sum(before)), 0.95)
    report.at_most(f"{what}, requests lost with it", figures["lost"], CONNECTIONS // COPIES)
    _print_shares(report, figures, {"before the kill": before, f"{RECOVERY_S} s after it": after})


def _measure_random_kills(bench, report, fleet):
    what, seconds = "random kills", 4 if bench.is_quick else 10
    kills = 0
    with bench.running(fleet.subject(), _load(seconds)) as run:
        run.begin()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            time.sleep(random.uniform(0.05, 0.4))
            victim = random.choice(range(COPIES))
            if not fleet.copies[victim].is_running():
                fleet.restart(victim)
            elif len(fleet.running()) > 1:
                fleet.kill(victim)
                kills += 1
        figures = run.result()
    say(f"  {kills} kills")
    _gate_limit(report, fleet, f"{what} ({kills} in {seconds} s)")
    report.at_most(f"{what}, answers other than 200", figures["other_status"], 0)
    report.at_most(f"{what}, requests lost with routers", figures["lost"], kills * CONNECTIONS // COPIES)
    _print_shares(report, figures, {what: per_second(figures, 0, seconds)})


def _print_shares(report, figures, periods):
    report.note(
        f"\nLatency p50 {figures['p50_us'] / 1e3:.1f} ms, p99 {figures['p99_us'] / 1e3:.1f} ms; "
        f"{figures['lost']} requests lost")
    report.table(
        ["", "requests/s", *(f"router {number}" for number in range(1, COPIES + 1))],
        [[name, figure(sum(shares), 0), *(figure(share, 0) for share in shares)] for name, shares in periods.items()])
