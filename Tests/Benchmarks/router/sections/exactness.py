"""Several routers on one host that share exact slots: what that costs, and whether limits hold whoever is killed."""

import random
import signal
import time

import lineup
from measuring import Load, Subject, say
from processes import free_port
from report import figure
from work import Work, request

COPIES = 3
CAP = 4
REPLICA_DELAY_US = 5000
# Enough for two of three routers to fill every slot.
CONNECTIONS = 32 * COPIES
INTERVAL_MS = 100
# A killed router's slots may stay closed for as long as its requests could still be inside a replica.
REQUEST_TIMEOUT_MS = 1000
# After a kill, the others have this long to serve what all had served before.
RECOVERY_S = 2


def _left_out(bench, report):
    if bench.router.has_option("--slots"):
        return False
    report.note("Left out: this sluice-router has no option --slots.")
    return True


def _slots_directory(bench):
    directory = bench.scratch / f"slots-{random.getrandbits(40):x}"
    directory.mkdir(mode=0o700)
    return directory


def measure_cost(bench, report):
    report.heading(f"{COPIES} routers that share slots, beside {COPIES} that do not, 64 connections in all")
    if _left_out(bench, report):
        return
    with bench.processes() as processes:
        # Two limits that no load here reaches, so that nothing but the bookkeeping differs.
        work = Work(bench.start_stub(processes).replicas, cap=64)
        subjects = [
            lineup.sluice(bench, processes, work, name="slots of its own", copies=COPIES),
            lineup.sluice(
                bench, processes, work, name="shared slots", copies=COPIES, slots=_slots_directory(bench)),
        ]
        results = bench.interleave(subjects, bench.load(64, request()))
    lineup.print_cpu(report, results, ("slots of its own",))
    lineup.gate_ratio(report, results, "shared slots", "slots of its own", 1.05, name="shared slots")
    lineup.gate_failures(report, results, "shared slots", name="shared slots")


class _Fleet:
    """Copies of the router that share slots in front of stub replicas; each can be killed and started again."""

    def __init__(self, bench, processes):
        self._bench, self._processes = bench, processes
        self.stub = bench.start_stub(processes, delay_us=REPLICA_DELAY_US, cap=CAP)
        # What is measured here is slots, so the table is small and a router is back quickly.
        self._work = Work(self.stub.replicas, cap=CAP, endpoints=1, request_timeout_ms=REQUEST_TIMEOUT_MS)
        self._slots = _slots_directory(bench)
        self._ports = [free_port() for _ in range(COPIES)]
        self.copies = [self._start(index) for index in range(COPIES)]

    def _start(self, index):
        router = self._bench.router
        return router.start(self._processes, self._work, slots=self._slots, port=self._ports[index])[0]

    def subject(self):
        return Subject("sluice", [f"tcp:127.0.0.1:{port}" for port in self._ports], self.copies)

    def running(self):
        return [index for index, copy in enumerate(self.copies) if copy.is_running()]

    def kill(self, index):
        self.copies[index].kill()
        self.copies[index].popen.wait()

    def restart(self, index):
        self.expect_only_kills()
        self.copies[index] = self._start(index)

    def expect_only_kills(self):
        """A router that ended by itself is no part of any plan."""
        for copy in self.copies:
            if not copy.is_running() and copy.popen.returncode != -signal.SIGKILL:
                raise copy.failure(f"ended by itself with status {copy.popen.returncode}")

    def peak(self):
        """Most requests at one replica since it was last asked, and how many came above the limit."""
        rows = self.stub.statistics()
        return max(row["most_inside"] for row in rows), sum(row["above_cap"] for row in rows)


def _load(seconds):
    return Load(CONNECTIONS, request(), seconds, warmup=0, interval_ms=INTERVAL_MS)


def _per_second(figures, begin, end):
    """Requests that each router answered per second between two times, in seconds from the start of the load."""
    slots = slice(round(begin * 1000 / INTERVAL_MS), round(end * 1000 / INTERVAL_MS))
    return [sum(target["series"][slots]) / (end - begin) for target in figures["targets"]]


def measure(bench, report):
    report.heading(f"Exactness: {COPIES} routers, {CAP} requests per replica, replicas of 5 ms")
    if _left_out(bench, report):
        return
    with bench.processes() as processes:
        fleet = _Fleet(bench, processes)
        _measure_undisturbed(bench, report, fleet)
        _measure_one_kill(bench, report, fleet)
    with bench.processes() as processes:
        _measure_random_kills(bench, report, _Fleet(bench, processes))


def _gate_limit(report, fleet, what):
    fleet.expect_only_kills()
    most, above = fleet.peak()
    report.at_most(f"{what}, most requests at one replica at a time", most, CAP)
    report.at_most(f"{what}, requests above the limit", above, 0)


def _measure_undisturbed(bench, report, fleet):
    what, seconds = "undisturbed", 2 * bench.seconds
    with bench.running(fleet.subject(), _load(seconds)) as run:
        run.begin()
        figures = run.result()
    _gate_limit(report, fleet, what)
    report.at_most(f"{what}, requests without a 200", figures["other_status"] + figures["lost"], 0)
    shares = _per_second(figures, 0, seconds)
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
    before = _per_second(figures, 0, window)
    after = _per_second(figures, window + RECOVERY_S, 2 * window + RECOVERY_S)
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
    _print_shares(report, figures, {what: _per_second(figures, 0, seconds)})


def _print_shares(report, figures, periods):
    report.note(
        f"\nLatency p50 {figures['p50_us'] / 1e3:.1f} ms, p99 {figures['p99_us'] / 1e3:.1f} ms; "
        f"{figures['lost']} requests lost")
    report.table(
        ["", "requests/s", *(f"router {number}" for number in range(1, COPIES + 1))],
        [[name, figure(sum(shares), 0), *(figure(share, 0) for share in shares)] for name, shares in periods.items()])
