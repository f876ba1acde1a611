"""Loads routers in turn and takes their figures."""

import json
import random
import statistics
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

from processes import Process, Processes, connect, resident_mib, run_time_us

# Beyond the time that a load is to take: to open its connections, and to wait for its last answers.
START_LIMIT, END_LIMIT = 40, 20


@dataclass
class Subject:
    """What is loaded: addresses, and the processes whose CPU time it costs."""

    name: str
    targets: list[str]
    processes: list[Process] = field(default_factory=list)
    uses_tls: bool = False

    def tree(self):
        return [process for root in self.processes for process in root.tree()]


@dataclass(frozen=True)
class Load:
    """`rate` 0: each connection sends again at once; otherwise requests a second, due at fixed times."""

    connections: int
    request: bytes
    seconds: float
    warmup: float = 0.5
    rate: float = 0
    interval_ms: int = 0
    #: Size of the stub's answer, which every body is held against; 0 looks at none.
    answer: int = 0


class Bench:
    """What all sections share."""

    def __init__(self, programs, scratch, router, peers, is_quick, seed):
        self.programs, self.scratch, self.router, self.is_quick = programs, scratch, router, is_quick
        #: By name, the peer with its program.
        self.peers = peers
        #: Of everything that a section does at random and must be able to do again.
        self.seed = seed
        self.repetitions, self.seconds = (2, 1) if is_quick else (7, 2)
        self.warmup = 0.3 if is_quick else 0.5

    def processes(self):
        return Processes(self.scratch)

    def load(self, connections, request, rate=0):
        return Load(connections, request, self.seconds, self.warmup, rate)

    def replica_address(self, unix):
        """An address that a stub replica can listen on; a TCP port is the kernel's choice."""
        return f"unix:{self.scratch}/replica-{random.getrandbits(40):x}.sock" if unix else "tcp:127.0.0.1:0"

    def start_stub(
            self, processes, count=4, delay_us=0, answer=100, cap=None, chunks=0, unix=False, addresses=None):
        """Starts stub replicas, `count` or one at each of `addresses`; returns them.

        `chunks`: their answers come in so many, `delay_us` before each.
        """
        options = ["--delay-us", delay_us, "--answer", answer, "--chunks", chunks]
        options += ["--cap", cap] if cap else []
        addresses = addresses or [self.replica_address(unix) for _ in range(count)]
        statistics_address = f"unix:{self.scratch}/statistics-{random.getrandbits(40):x}.sock"
        listeners = [part for address in addresses for part in ("--listen", address)]
        command = [self.programs["stub"], *options, *listeners, "--statistics", statistics_address]
        process = processes.start("stub", command, is_read=True)
        return Stub(process, tuple(process.read_line(10) for _ in addresses), process.read_line(10))

    def start_floor(self, processes, work):
        replicas = [part for address in work.replicas for part in ("--replica", address)]
        process = processes.start(
            "floor", [self.programs["floor"], "--listen", "tcp:127.0.0.1:0", *replicas], is_read=True)
        return Subject("floor", [process.read_line(10)], [process])

    @contextmanager
    def running(self, subject, load):
        """A load whose connections stand; gives the function that has it begin and returns its figures."""
        file = self.scratch / f"request-{random.getrandbits(40):x}"
        file.write_bytes(load.request)
        command = [
            self.programs["load"], "--request", file, "--connections", load.connections,
            "--measure-ms", round(load.seconds * 1000), "--warmup-ms", round(load.warmup * 1000),
            "--rate", load.rate, "--interval-ms", load.interval_ms,
        ]
        command += ["--answer", load.answer] if load.answer else []
        command += [part for target in subject.targets for part in ("--to", target)]
        command += ["--tls"] if subject.uses_tls else []
        with self.processes() as processes:
            process = processes.start("load", command, is_read=True)
            process.read_line(START_LIMIT)
            file.unlink()
            yield LoadRun(process, load)

    def measure(self, subject, load):
        """The figures of one load, with the CPU time and the memory of the subject's processes."""
        with self.running(subject, load) as run:
            tree = subject.tree()
            before = run_time_us(tree)
            run.begin()
            time.sleep((load.warmup + load.seconds) / 2)
            resident = resident_mib(tree)
            figures = run.result()
            spent = run_time_us(tree) - before
            figures["cpu_us"] = spent / max(1, figures["answered"])
            figures["resident_mib"] = max(resident, resident_mib(tree))
            # Without those that were not sent: the load could not keep its rate, and no router was asked.
            figures["failed"] = figures["other_status"] + figures["lost"]
            return figures

    def interleave(self, subjects, load, repetitions=None):
        """Loads all subjects in every repetition, each time in another order."""
        results = Results(subjects)
        for repetition in range(repetitions or self.repetitions):
            for subject in random.sample(subjects, len(subjects)):
                results.add(subject, self.measure(subject, load))
            say(f"  repetition {repetition + 1} of {repetitions or self.repetitions}")
        return results


class LoadRun:
    def __init__(self, process, load):
        self._process = process
        self._limit = load.warmup + load.seconds + END_LIMIT

    def begin(self):
        self._process.popen.stdin.write(b"go\n")
        self._process.popen.stdin.flush()

    def result(self):
        """The figures, once the load is over; its connections stand until the load is left."""
        return json.loads(self._process.read_line(self._limit))


@dataclass(frozen=True)
class Stub:
    process: Process
    replicas: tuple[str, ...]
    statistics_address: str

    def statistics(self):
        """What each replica has counted; its peaks start anew."""
        with connect(self.statistics_address) as connection, connection.makefile() as text:
            return json.loads(text.read())


class Results:
    """Figures of several subjects, one of each per repetition."""

    def __init__(self, subjects):
        self._rows = {subject.name: [] for subject in subjects}

    def add(self, subject, figures):
        self._rows[subject.name].append(figures)

    def names(self):
        return list(self._rows)

    def values(self, name, key):
        return [row[key] for row in self._rows[name]]

    def median(self, name, key):
        return statistics.median(self.values(name, key))

    def ratio(self, name, reference, key="cpu_us"):
        """The median of the ratios inside each repetition; None when the reference was not measured."""
        return self._compare(name, reference, key, lambda ours, theirs: ours / theirs if theirs else float("inf"))

    def difference(self, name, reference, key):
        return self._compare(name, reference, key, lambda ours, theirs: ours - theirs)

    def _compare(self, name, reference, key, compare):
        if reference not in self._rows:
            return None
        return statistics.median(map(compare, self.values(name, key), self.values(reference, key)))


def say(text):
    print(text, file=sys.stderr, flush=True)
