"""Starts and ends processes, and reads what the kernel has counted for them."""

import ctypes
import itertools
import os
import random
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")
PARENT_DEATH_SIGNAL = 1
# Below the ports that the kernel gives to outgoing connections, which could take one before its server has it.
PORTS = range(20_000, 32_000)


class Failed(Exception):
    """Something that a section needs did not work; the message says what."""


_libc = ctypes.CDLL(None)
_log_numbers = itertools.count()


def _end_with_parent():
    _libc.prctl(PARENT_DEATH_SIGNAL, signal.SIGTERM)


def _parents():
    """The parent of every process, by process id."""
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                status = Path("/proc", entry, "stat").read_text()
            except OSError:
                continue  # It has ended.
            # The name in parentheses may hold anything.
            parents[int(entry)] = int(status[status.rindex(")") + 2:].split()[1])
    return parents


def process_tree(root):
    """The process with all its descendants."""
    parents = _parents()
    tree = [root]
    for process in tree:
        tree += [child for child, parent in parents.items() if parent == process]
    return tree


def run_time_us(processes):
    """The time that the threads of these processes have run on a core, in microseconds."""
    total = 0
    for process in processes:
        for schedstat in Path(f"/proc/{process}/task").glob("*/schedstat"):
            try:
                total += int(schedstat.read_text().split()[0])
            except OSError:
                continue  # The thread has ended.
    return total / 1e3


def resident_mib(processes):
    total = 0
    for process in processes:
        try:
            total += int(Path(f"/proc/{process}/statm").read_text().split()[1])
        except OSError:
            continue  # The process has ended.
    return total * PAGE_SIZE / 2**20


class Process:
    """A process that was started here, in a session of its own. Its standard input ends when this program does."""

    def __init__(self, name, command, log, environment, is_read):
        self.name = name
        self.log = log
        with open(log, "wb") as output:
            self.popen = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.PIPE,
                stdout=subprocess.PIPE if is_read else output, stderr=output, env=environment,
                start_new_session=True, preexec_fn=_end_with_parent)

    @property
    def id(self):
        return self.popen.pid

    def is_running(self):
        return self.popen.poll() is None

    def tree(self):
        """This process and those it started."""
        return process_tree(self.id)

    def failure(self, what):
        text = self.log.read_text(errors="replace").strip()[-1500:]
        return Failed(f"{self.name} {what}" + (f":\n{text}" if text else ""))

    def read_line(self, limit):
        """The next line of its output; waits `limit` seconds at most."""
        watchdog = threading.Timer(limit, self.kill)
        watchdog.start()
        try:
            line = self.popen.stdout.readline().decode().strip()
        finally:
            watchdog.cancel()
        if not line:
            raise self.failure(f"said nothing within {limit:.0f} s")
        return line

    def wait_for_listener(self, address, limit=20):
        """Waits until a connection to `address` is taken."""
        deadline = time.monotonic() + limit
        while time.monotonic() < deadline:
            if not self.is_running():
                raise self.failure(f"ended with status {self.popen.returncode}")
            try:
                connect(address).close()
                return
            except OSError:
                time.sleep(0.02)
        raise self.failure(f"does not listen on {address}")

    def kill(self):
        """Ends it at once, and nothing that it started."""
        if self.is_running():
            self.popen.kill()

    def stop(self, patience=1):
        """Asks it to end, and ends it with all it started when it has not after `patience` seconds."""
        if self.is_running():
            tree = self.tree()
            self.popen.stdin.close()
            self.popen.terminate()
            try:
                self.popen.wait(patience)
            except subprocess.TimeoutExpired:
                # It is still the parent of its children here, so none of the ids has another owner yet.
                for process in tree:
                    _kill_quietly(process)
        self.popen.wait()
        if self.popen.stdout:
            self.popen.stdout.close()


def _kill_quietly(process):
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Processes:
    """All processes of a section; leaving the context ends them."""

    def __init__(self, scratch):
        self.scratch = scratch
        self._started = []

    def start(self, name, command, is_read=False, **variables):
        """Starts a program with `variables` added to the environment, in which no setting of Sluice is left.

        `is_read`: its output is for ``Process.read_line``, not for its log.
        """
        environment = {key: value for key, value in os.environ.items() if not key.startswith("SLUICE_")}
        log = self.scratch / f"{name}-{next(_log_numbers)}.log"
        process = Process(name, command, log, environment | variables, is_read)
        self._started.append(process)
        return process

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self._started):
            process.stop()
        self._started.clear()


def connect(address, limit=5):
    """A connection to `tcp:host:port` or `unix:path`."""
    kind, _, place = address.partition(":")
    if kind == "unix":
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(limit)
        connection.connect(place)
        return connection
    host, _, port = place.rpartition(":")
    return socket.create_connection((host, int(port)), limit)


_given = set()


def free_port():
    """A TCP port of 127.0.0.1 that nobody listens on, never the same one twice."""
    for port in random.sample(PORTS, len(PORTS)):
        if port in _given:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
    raise Failed("no TCP port is free")
