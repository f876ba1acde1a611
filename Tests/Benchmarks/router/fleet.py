"""Routers that share slots in front of stub replicas; each can be killed, stopped and started again."""

import random
import signal
from dataclasses import dataclass, replace
from pathlib import Path

from control import Control
from measuring import Subject
from processes import Failed, free_port
from work import Work

COPIES = 3
CAP = 4
# Enough for two of three routers to fill every slot.
CONNECTIONS = 32 * COPIES
INTERVAL_MS = 100
# A killed router's slots may stay closed for as long as its requests could still be inside a replica.
REQUEST_TIMEOUT_MS = 1000
# After a kill, the others have this long to serve what all had served before.
RECOVERY_S = 2


def is_left_out(bench, report):
    if bench.router.has_option("--slots"):
        return False
    report.note("Left out: this sluice-router has no option --slots.")
    return True


def slots_directory(bench):
    directory = bench.scratch / f"slots-{random.getrandbits(40):x}"
    directory.mkdir(mode=0o700)
    return directory


def per_second(figures, begin, end):
    """Requests that each router answered per second between two times, in seconds from the start of the load."""
    slots = slice(round(begin * 1000 / INTERVAL_MS), round(end * 1000 / INTERVAL_MS))
    return [sum(target["series"][slots]) / (end - begin) for target in figures["targets"]]


def end_at_once(process):
    process.kill()
    process.popen.wait()


@dataclass
class Peak:
    """The most requests that were at one replica at a time, and how many came above the limit."""

    most: int = 0
    above: int = 0

    def take(self, rows):
        self.most = max([self.most, *(row["most_inside"] for row in rows)])
        self.above += sum(row["above_cap"] for row in rows)
        return self

    def gate(self, report, what):
        report.at_most(f"{what}, most requests at one replica at a time", self.most, CAP)
        report.at_most(f"{what}, requests above the limit", self.above, 0)


class Replicas:
    """Stub processes with one replica each, at addresses that stay theirs when they are killed."""

    def __init__(self, bench, processes, count, **options):
        self._bench, self._processes, self._options = bench, processes, options
        # Sockets of both kinds. A port of the kernel's choice could be an outgoing connection's by the next start.
        self.addresses = [
            bench.replica_address(unix=True) if index % 2 == 0 else f"tcp:127.0.0.1:{free_port()}"
            for index in range(count)
        ]
        self._peak = Peak()
        self._stubs = [self._start(index) for index in range(count)]

    def _start(self, index):
        return self._bench.start_stub(self._processes, addresses=[self.addresses[index]], **self._options)

    def is_running(self, index):
        return self._stubs[index].process.is_running()

    def kill(self, index):
        # What it has counted ends with it.
        self._peak.take(self._stubs[index].statistics())
        end_at_once(self._stubs[index].process)

    def restart(self, index):
        kind, _, path = self.addresses[index].partition(":")
        if kind == "unix":
            Path(path).unlink(missing_ok=True)
        self._stubs[index] = self._start(index)

    def statistics(self):
        """Of those that run; their peaks start anew."""
        rows = [row for stub in self._stubs if stub.process.is_running() for row in stub.statistics()]
        self._peak.take(rows)
        return rows

    def take_peak(self):
        self.statistics()
        peak, self._peak = self._peak, Peak()
        return peak


class Fleet:
    def __init__(self, bench, processes, replicas, addresses, green_count=1):
        """`replicas`: what `addresses` are of, with the function `statistics`."""
        self._bench, self._processes = bench, processes
        self.replicas = replicas
        # What is measured here is slots, so the table is small and a router is back quickly.
        self._work = Work(
            tuple(addresses), cap=CAP, endpoints=1, request_timeout_ms=REQUEST_TIMEOUT_MS, green_count=green_count)
        self._slots = slots_directory(bench)
        self._ports = [free_port() for _ in range(COPIES)]
        self._controls = [None] * COPIES
        self.copies = [self._start(index) for index in range(COPIES)]
        self.stopped = set()

    def _start(self, index):
        self._controls[index] = Control(self._bench.scratch)
        return self._bench.router.start(
            self._processes, self._work, slots=self._slots, port=self._ports[index],
            control=self._controls[index])[0]

    def subject(self):
        return Subject("sluice", [f"tcp:127.0.0.1:{port}" for port in self._ports], self.copies)

    def running(self):
        """Those that are there, stopped or not."""
        return [index for index, copy in enumerate(self.copies) if copy.is_running()]

    def kill(self, index):
        self.stopped.discard(index)
        end_at_once(self.copies[index])

    def restart(self, index):
        self.expect_only_kills()
        self.copies[index] = self._start(index)

    def stop(self, index):
        self.copies[index].popen.send_signal(signal.SIGSTOP)
        self.stopped.add(index)

    def go_on(self, index):
        self.copies[index].popen.send_signal(signal.SIGCONT)
        self.stopped.discard(index)

    def expect_only_kills(self):
        """A router that ended by itself is no part of any plan."""
        for copy in self.copies:
            if not copy.is_running() and copy.popen.returncode != -signal.SIGKILL:
                raise copy.failure(f"ended by itself with status {copy.popen.returncode}")

    def slots_taken_without_load(self):
        """The slots that are not free, as each router counts them once its table has no replica any more."""
        counts = []
        for index, control in enumerate(self._controls):
            if not self.copies[index].is_running():
                raise Failed("a router is missing at the end")
            control.put_table(replace(self._work, replicas=(), green_count=0))
            counts.append(sum(replica["inFlight"] for replica in control.wait_until_drained(limit=5)))
        return counts
