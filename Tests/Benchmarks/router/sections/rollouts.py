"""Rollouts under a steady load: all replicas are replaced by new ones, and no caller may notice."""

import time
from dataclasses import dataclass, field

from control import Control
from measuring import Load, Subject, say
from report import figure
from work import Work, request

RATE = 2000
CONNECTIONS = 256
BLUE, GREEN = 2, 1
# A replica is out of the table when the last of them has the new one.
LOOPS = 2
ANSWER = 1000
# Of a rollout to the next. The load lasts for as many of these as there are rollouts, and some more.
PACE_S, SPARE = 0.35, 6
KINDS = {
    "plain": {"delay_us": 5000},
    "streaming": {"delay_us": 8000, "chunks": 4},
}


@dataclass
class _Counts:
    rollouts: int = 0
    answered: int = 0
    #: Requests inside replicas whose processes were about to end.
    cut_off: int = 0
    #: Replicas that were replaced without ever having had a request.
    idle: int = 0
    drains: list[float] = field(default_factory=list)
    durations: list[float] = field(default_factory=list)


class _Rollouts:
    """A router whose replicas are replaced again and again, each time by a process of its own."""

    def __init__(self, bench, processes, options):
        self._bench, self._processes, self._options = bench, processes, options
        self._number = 0
        self.counts = _Counts()
        self._stub = self._start_stub()
        self._control = Control(bench.scratch)
        self._router, self._address = bench.router.start(
            processes, self._work(self._stub), control=self._control, loops=LOOPS)

    def _start_stub(self):
        self._number += 1
        return self._bench.start_stub(
            self._processes, BLUE + GREEN, answer=ANSWER, unix=self._number % 2 == 0, **self._options)

    def _work(self, *stubs):
        blue = [replica for stub in stubs for replica in stub.replicas[:BLUE]]
        green = [replica for stub in stubs for replica in stub.replicas[BLUE:]]
        return Work((*blue, *green), green_count=len(green), endpoints=100)

    def subject(self):
        return Subject("sluice", [self._address], [self._router])

    def roll(self):
        """New replicas beside the old ones, then instead of them; the old ones end when they have no request left."""
        begin = time.monotonic()
        old, self._stub = self._stub, self._start_stub()
        self._control.put_table(self._work(old, self._stub))
        self._control.put_table(self._work(self._stub))
        taken_out = time.monotonic()
        self._control.wait_until_drained()
        self.counts.drains.append(time.monotonic() - taken_out)
        self._end(old)
        self.counts.durations.append(time.monotonic() - begin)
        self.counts.rollouts += 1

    def _end(self, stub):
        rows = stub.statistics()
        self.counts.answered += sum(row["answered"] for row in rows)
        self.counts.idle += sum(not row["answered"] for row in rows)
        # Since the first look: what is inside now, or came meanwhile.
        self.counts.cut_off += sum(row["most_inside"] for row in stub.statistics())
        stub.process.stop()

    def finish(self):
        self.counts.answered += sum(row["answered"] for row in self._stub.statistics())


def _measure_kind(bench, rollouts, count):
    load = Load(CONNECTIONS, request(), (count + SPARE) * PACE_S, warmup=0, rate=RATE, answer=ANSWER)
    with bench.running(rollouts.subject(), load) as run:
        run.begin()
        begin = time.monotonic()
        for number in range(count):
            time.sleep(max(0, begin + (number + 0.5) * PACE_S - time.monotonic()))
            if time.monotonic() > begin + load.seconds - PACE_S:
                break
            rollouts.roll()
        figures = run.result()
    rollouts.finish()
    return figures


def measure(bench, report):
    count = 20 if bench.is_quick else 100
    report.heading(f"{count} rollouts of {BLUE + GREEN} replicas under {RATE} requests/s")
    measured = {}
    for what, options in KINDS.items():
        with bench.processes() as processes:
            rollouts = _Rollouts(bench, processes, options)
            measured[what] = _measure_kind(bench, rollouts, count), rollouts.counts
            say(f"  {what}: {rollouts.counts.rollouts} rollouts")
    _print(report, measured)
    for what, (figures, counts) in measured.items():
        report.at_least(f"{what}, rollouts under load", counts.rollouts, count)
        report.at_most(f"{what}, answers other than 200", figures["other_status"], 0)
        report.at_most(f"{what}, answers cut off", figures["lost"], 0)
        report.at_most(f"{what}, answers with another body", figures["broken"], 0)
        report.at_most(f"{what}, requests inside replicas that were ended", counts.cut_off, 0)
        report.at_most(f"{what}, replicas that never got a request", counts.idle, 0)
        what = f"{what}, answers of replicas beyond those that arrived"
        report.at_most(what, abs(counts.answered - figures["answered"]), 0)


def _print(report, measured):
    columns = [
        "answers", "rollouts", "requests", "not 200", "cut off", "another body", "unsent", "p50 ms", "p99 ms",
        "longest drain ms", "longest rollout ms",
    ]
    rows = []
    for what, (figures, counts) in measured.items():
        rows.append([
            what, str(counts.rollouts), figure(figures["answered"], 0),
            *(str(figures[key]) for key in ("other_status", "lost", "broken", "unsent")),
            *(figure(figures[key] / 1e3) for key in ("p50_us", "p99_us")),
            *(figure(max(values) * 1e3, 0) for values in (counts.drains, counts.durations)),
        ])
    report.table(columns, rows)
