"""A scenario: a fault with a name, a stated bound, and what it does; and the stage that it does it on."""
import contextlib
import dataclasses
import time

ALL = []


@dataclasses.dataclass(frozen=True)
class Bound:
    """What may become of the load, in numbers; None for no bound."""

    # Requests that got no good answer, though they were not inside what was broken.
    failures: int = 0
    # The same for those that were inside.
    inside: int | None = None
    gap: float | None = 1.0
    p99: float | None = None
    outage: float | None = 0.0
    recovery: float | None = None
    failed_operations: int = 0

    def __str__(self):
        parts = ["%d failures" % self.failures]
        if self.inside is not None:
            parts.append("%d inside" % self.inside)
        for name, value in (
                ("gap", self.gap), ("p99", self.p99), ("API", self.outage), ("recovery", self.recovery)):
            if value is not None:
                parts.append("%s ≤ %g s" % (name, value))
        parts.append("nothing lost or stuck")
        return ", ".join(parts)


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    bound: Bound
    act: object
    # Makes an installation of its own; None for the one that scenarios share.
    install: object = None
    # Whether the installation can't be used by others afterwards.
    spoils: bool = False


def scenario(name, title, bound, install=None, spoils=False):
    """Registers `act(stage)`."""
    def register(act):
        ALL.append(Scenario(name, title, bound, act, install, spoils or install is not None))
        return act
    return register


class Skipped(Exception):
    """This machine can't do it; the reason is the message."""


class Stage:
    """What a scenario has to work with, and where it notes what it did and saw."""

    def __init__(self, world, load, writer, watch, times):
        self.world, self.load, self.writer, self.watch = world, load, writer, watch
        # How often rollouts and scalings are done.
        self.times = times
        self.installation, self.api = world.installation, world.api
        self.done, self.seen, self.faults = [], [], []
        # Requests of loads beside the one that every scenario has.
        self.further = []
        self.recoveries = {}
        self._windows = []

    # Noting

    def did(self, text):
        self.done.append(text)

    def saw(self, text):
        self.seen.append(text)

    def blame(self, text):
        """Something that must not be, beside what the bound says."""
        self.faults.append(text)

    def count(self, requests):
        """Requests of another load, which are counted with those of the steady one."""
        self.further += requests

    def recovered(self, what, since):
        """Notes how long something took; the longest counts."""
        taken = time.monotonic() - since
        self.recoveries[what] = max(taken, self.recoveries.get(what, 0))
        return taken

    @contextlib.contextmanager
    def inside(self):
        """Requests that fail and overlap with this were inside what was broken."""
        began = time.monotonic()
        try:
            yield began
        finally:
            self._windows.append((began, time.monotonic()))

    def is_inside(self, request):
        return any(request.start <= end and request.end >= begin for begin, end in self._windows)

    def samples(self):
        """When the first requests failed and what was broken, in seconds from the start of the load."""
        began = self.load.began
        failed = [each for each in self.load.requests if not each.is_good]
        return {
            "failed": [[round(each.start - began, 3), round(each.end - began, 3), each.status or each.error]
                       for each in failed[:10]],
            "broken": [[round(begin - began, 3), round(end - began, 3)] for begin, end in self._windows]}

    # Waiting

    def settle(self, seconds=2):
        """Lets the load run on."""
        time.sleep(seconds)

    def until(self, check, what, deadline=30, pause=0.005):
        """Polls; answers what was found, or blames."""
        end = time.monotonic() + deadline
        while time.monotonic() < end:
            found = check()
            if found:
                return found
            time.sleep(pause)
        self.blame("%s: not within %d s" % (what, deadline))
        return None
