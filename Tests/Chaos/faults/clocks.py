import os
import shutil
import struct
import subprocess

from installation import HERE, Installation
from scenario import Bound, Skipped, scenario

_LAUNCHER = """#!/bin/sh
# router-0 has a wall clock that the test moves, router-1 a monotonic clock of its own.
case "$*" in
*router-0.sock*) LD_PRELOAD={shim} CHAOS_CLOCK={clock} exec {router} "$@" ;;
*router-1.sock*) exec {own} {router} "$@" ;;
*) exec {router} "$@" ;;
esac
"""
_SHIFTS = (3600, -3600, 10 * 365 * 86400, 0)


class _ShiftedInstallation(Installation):
    def __init__(self, binaries):
        compiler = shutil.which("cc") or shutil.which("clang")
        if not compiler:
            raise Skipped("there is no C compiler for the library that moves a process's clock")
        super().__init__(binaries)
        shim, launcher = self._temporary / "clock.so", self._temporary / "launcher"
        self.clock = self._temporary / "clock"
        self.shift(0)
        done = subprocess.run(
            [compiler, "-shared", "-fPIC", "-O1", "-o", str(shim), str(HERE / "clock.c"), "-ldl"],
            capture_output=True, text=True)
        if done.returncode != 0:
            self.remove()
            raise Skipped("the library that moves a process's clock can't be built: %s" % done.stderr[:200])
        self.has_own_monotonic = subprocess.run(
            ["unshare", "--time", "true"], capture_output=True).returncode == 0
        # A process stays in its parent's time; its child is in the new one, and ends with it.
        own = "unshare --time --monotonic 3600 --boottime 3600 --fork --kill-child" if self.has_own_monotonic else ""
        launcher.write_text(_LAUNCHER.format(
            shim=shim, clock=self.clock, router=self.binaries / "sluice-router", own=own))
        launcher.chmod(0o755)
        self.settings["routers.executable"] = str(launcher)

    def shift(self, seconds):
        """In place: the routers have the file mapped."""
        descriptor = os.open(self.clock, os.O_WRONLY | os.O_CREAT, 0o644)
        os.write(descriptor, struct.pack("q", seconds))
        os.close(descriptor)


def _install(options):
    return _ShiftedInstallation(options.binaries)


@scenario("clock-jump", "one router's wall clock jumps; another's monotonic clock is an hour ahead",
          Bound(inside=0, recovery=None), install=_install)
def jump(stage):
    """CLOCK_MONOTONIC can't jump. Routers write times of it into the slots that they share; one in a time namespace of
    its own shows whether they compare them."""
    routers = stage.installation.routers
    for seconds in _SHIFTS:
        stage.installation.shift(seconds)
        stage.settle(4)
    if stage.installation.routers != routers:
        stage.blame("routers were replaced: %s" % ", ".join(
            place for place, each in routers.items() if stage.installation.routers.get(place) != each))
    stage.saw("router-1 %s" % ("runs an hour ahead in a time namespace" if stage.installation.has_own_monotonic
                               else "has the host's clock: no time namespaces here"))
    stage.did("wall clock of router-0 moved by +1 h, -1 h, +10 years, back, every 4 s")
