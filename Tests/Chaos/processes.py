"""Processes of the installation under test, found by what they were started with, and ended by their ids."""
import dataclasses
import os
import pathlib
import signal
import time


@dataclasses.dataclass(frozen=True)
class Process:
    pid: int
    # Ticks since boot; with the id it names a process for good.
    started: int
    arguments: tuple

    @property
    def is_alive(self):
        stat = _stat(self.pid)
        return stat is not None and int(stat[19]) == self.started and not _is_dead(stat)

    def send(self, number):
        if self.is_alive:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:
                pass

    def kill(self, deadline=10):
        """Returns when it has ended, with the times just before and just after."""
        before = time.monotonic()
        self.send(signal.SIGKILL)
        self.wait(deadline)
        return before, time.monotonic()

    def wait(self, deadline=10):
        end = time.monotonic() + deadline
        while self.is_alive:
            if time.monotonic() > end:
                raise TimeoutError("process %d does not end" % self.pid)
            time.sleep(0.001)

    def argument(self, option):
        """The word after an option, None without it."""
        words = dict(zip(self.arguments, self.arguments[1:]))
        return words.get(option)


def find(pid):
    stat = _stat(pid)
    if stat is None or _is_dead(stat):
        return None
    try:
        words = pathlib.Path("/proc/%d/cmdline" % pid).read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return None
    return Process(pid, int(stat[19]), tuple(words[:-1]))


def all_of(directory):
    """Every living process that was started with a path in a directory, or works in it."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        process = find(int(entry))
        if process and (_names(process.arguments, str(directory)) or _works_in(process.pid, str(directory))):
            found.append(process)
    return found


def tree(root):
    """A process and all that it started, parents first."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            stat = _stat(int(entry))
            if stat is not None and not _is_dead(stat):
                children.setdefault(int(stat[1]), []).append(int(entry))
    found, queue = [], [root.pid]
    while queue:
        pid = queue.pop(0)
        process = find(pid)
        if process:
            found.append(process)
        queue += children.get(pid, [])
    return found


def descriptors(process):
    return len(os.listdir("/proc/%d/fd" % process.pid))


def _is_dead(stat):
    """A zombie's sockets and locks are gone, unless other threads of it still end."""
    return stat[0] in "X" or stat[0] == "Z" and int(stat[17]) <= 1


def _names(arguments, directory):
    return any(directory + "/" in word or word.endswith(directory) for word in arguments)


def _works_in(pid, directory):
    try:
        place = os.readlink("/proc/%d/cwd" % pid)
    except OSError:
        return False
    return place == directory or place.startswith(directory + "/")


def _stat(pid):
    """The fields of /proc/PID/stat after the name, from the state on."""
    try:
        text = pathlib.Path("/proc/%d/stat" % pid).read_text()
    except OSError:
        return None
    return text[text.rindex(")") + 2:].split()
