"""Storms: routers and replicas are killed, stopped and started again at random moments, under load.

Every storm ends with one more router killed and everything else in order. From some time after that on, the routers
that are left must be able to use every slot.
"""

import random
import statistics
import time
from dataclasses import dataclass, field

from fleet import CAP, CONNECTIONS, COPIES, INTERVAL_MS, RECOVERY_S, Fleet, Replicas, is_left_out, per_second
from measuring import Load, say
from report import figure
from work import PINNING_HEADER, request

REPLICAS = 4
# Of the first, many requests show how much is served. Of the second, the requests of a killed router are still inside
# when its end is noticed.
REPLICA_DELAYS_MS = (10, 250)
ANSWER = 100
BASELINE_S, STORM_S, WINDOW_S = 2, 2, 1
# Longest time that events of a storm take beyond their moments: processes start.
STORM_DELAY_S = 2
SHARE = 0.95


@dataclass
class _Storm:
    events: list[str] = field(default_factory=list)
    #: Begin and end, in seconds from the begin of the load, of the time in which capacity is looked at.
    window: tuple[float, float] = (0, 0)
    most_inside: list[int] = field(default_factory=list)

    def slots(self):
        """The share of all slots that was taken at a time, replica by replica."""
        return sum(self.most_inside) / (CAP * REPLICAS)

    def count(self, verb):
        return sum(event.startswith(verb) for event in self.events)


class _Weather:
    """What happens to a fleet, by a source of random numbers."""

    def __init__(self, fleet, seed):
        self._fleet = fleet
        self._replicas = fleet.replicas
        self._chance = random.Random(seed)

    def _possible(self):
        """What can happen to whom now: text, and function with its argument."""
        fleet, replicas = self._fleet, self._replicas
        events = []
        for index in range(COPIES):
            name = f"router {index + 1}"
            if index not in fleet.running():
                events.append((f"start {name}", fleet.restart, index))
                continue
            events.append((f"kill {name}", fleet.kill, index))
            if index in fleet.stopped:
                events.append((f"continue {name}", fleet.go_on, index))
            else:
                events.append((f"stop {name}", fleet.stop, index))
        running = [index for index in range(REPLICAS) if replicas.is_running(index)]
        for index in range(REPLICAS):
            if index in running and len(running) == 1:
                continue  # Without any, requests are refused as fast as they come.
            if index in running:
                events.append((f"end replica {index + 1}", replicas.kill, index))
            else:
                events.append((f"begin replica {index + 1}", replicas.restart, index))
        return events

    def _happen(self, storm, event):
        text, function, index = event
        function(index)
        storm.events.append(text)

    def storm(self):
        storm = _Storm()
        moments = sorted(self._chance.uniform(0, STORM_S) for _ in range(self._chance.randint(3, 10)))
        begin = time.monotonic()
        for moment in moments:
            time.sleep(max(0, begin + moment - time.monotonic()))
            self._happen(storm, self._chance.choice(self._possible()))
        self.clear()
        victim = self._chance.choice(self._fleet.running())
        self._happen(storm, (f"kill router {victim + 1}", self._fleet.kill, victim))
        return storm

    def clear(self):
        """Has everything run again."""
        for text, function, index in self._possible():
            if text.startswith(("start", "continue", "begin")):
                function(index)


def _measure_storms(run, fleet, weather, seconds):
    begin = time.monotonic()
    run.begin()
    time.sleep(BASELINE_S)
    storms = []
    longest = STORM_S + STORM_DELAY_S + RECOVERY_S + WINDOW_S
    while time.monotonic() + longest < begin + seconds:
        storm = weather.storm()
        time.sleep(RECOVERY_S)
        fleet.replicas.statistics()
        start = time.monotonic() - begin
        time.sleep(WINDOW_S)
        storm.window = start, start + WINDOW_S
        storm.most_inside = [row["most_inside"] for row in fleet.replicas.statistics()]
        storms.append(storm)
        say(f"  storm {len(storms)}: {', '.join(storm.events)}")
    weather.clear()
    return storms, run.result()


def measure(bench, report):
    report.heading(f"Kills: {COPIES} routers, {REPLICAS} replicas of {CAP} requests, seed {bench.seed}")
    if is_left_out(bench, report):
        return
    for number, delay_ms in enumerate(REPLICA_DELAYS_MS):
        with bench.processes() as processes:
            _measure_delay(bench, report, processes, delay_ms, bench.seed + number)


def _measure_delay(bench, report, processes, delay_ms, seed):
    what, seconds = f"replicas of {delay_ms} ms", 10 if bench.is_quick else 80
    say(f"  {what}")
    replicas = Replicas(bench, processes, REPLICAS, delay_us=delay_ms * 1000, answer=ANSWER, cap=CAP)
    fleet = Fleet(bench, processes, replicas, replicas.addresses, green_count=0)
    weather = _Weather(fleet, seed)
    with bench.running(fleet.subject(), _load(seconds)) as run:
        storms, figures = _measure_storms(run, fleet, weather, seconds)
    fleet.expect_only_kills()
    peak = replicas.take_peak()
    with bench.running(fleet.subject(), _load(2)) as run:
        run.begin()
        calm = run.result()
    calm_peaks = [row["most_inside"] for row in replicas.statistics()]
    taken = fleet.slots_taken_without_load()
    shares = _print(report, what, storms, figures)
    peak.gate(report, what)
    _gate_answers(report, what, storms, figures)
    slots = min((storm.slots() for storm in storms), default=None)
    report.at_least(f"{what}, least share of slots in use {RECOVERY_S} s after a router was killed", slots, SHARE)
    if delay_ms == REPLICA_DELAYS_MS[0]:
        share = statistics.median(shares) if shares else None
        report.at_least(f"{what}, throughput {RECOVERY_S} s after a router was killed, of that before", share, SHARE)
    report.at_most(f"{what}, calm, requests without a 200", calm["other_status"] + calm["lost"], 0)
    report.at_least(f"{what}, calm, slots in use", sum(calm_peaks), CAP * REPLICAS)
    report.at_most(f"{what}, slots that are not free without load", max(taken), 0)


def _load(seconds):
    # All for one deployment: of two, the one with the smaller share would leave slots free.
    asked = request(fields={PINNING_HEADER: "blue"})
    return Load(CONNECTIONS, asked, seconds, warmup=0, interval_ms=INTERVAL_MS, answer=ANSWER)


def _statuses(figures):
    return ", ".join(f"{status}: {count}" for status, count in figures["statuses"].items())


def _counts(storms):
    verbs = ("kill router", "stop router", "end replica")
    return {verb: sum(storm.count(verb) for storm in storms) for verb in verbs}


def _print(report, what, storms, figures):
    """Returns the throughput after every storm, as a share of that before the first."""
    calm = sum(per_second(figures, BASELINE_S / 2, BASELINE_S)) or 1
    shares = [sum(per_second(figures, *storm.window)) / calm for storm in storms]
    rows = [
        [str(number), ", ".join(storm.events), f"{100 * storm.slots():.0f} %", f"{100 * share:.0f} %"]
        for number, (storm, share) in enumerate(zip(storms, shares), 1)
    ]
    report.note(f"\n{what.capitalize()}:")
    report.table(["storm", "events", f"slots in use {RECOVERY_S} s later", "throughput of that before"], rows)
    report.note(
        f"{', '.join(f'{verb}: {count}' for verb, count in _counts(storms).items())}; "
        f"{figure(figures['answered'], 0)} answers, by status {_statuses(figures)}; {figures['lost']} lost, "
        f"{figure(calm, 0)} requests/s before")
    return shares


def _gate_answers(report, what, storms, figures):
    counts, statuses = _counts(storms), figures["statuses"]
    # What was inside a replica when it ended may have begun there, and is not sent to another. Its connections close
    # one after the other, so a request that takes the place of one may still find the next open: hence twice.
    report.at_most(f"{what}, answers with 502", statuses.get("502", 0), 2 * CAP * counts["end replica"])
    # What a router that stands still has inside replicas passes its time.
    report.at_most(f"{what}, answers with 408", statuses.get("408", 0), CAP * REPLICAS * counts["stop router"])
    others = sum(count for status, count in statuses.items() if status not in ("200", "408", "502"))
    report.at_most(f"{what}, answers of another status", others, 0)
    report.at_most(f"{what}, answers with another body", figures["broken"], 0)
    lost = counts["kill router"] * CONNECTIONS // COPIES
    report.at_most(f"{what}, requests lost with routers", figures["lost"], lost)
