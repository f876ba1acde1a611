"""PostgreSQL servers of the test's own, alone or with a synchronous standby."""
import glob
import os
import pathlib
import pwd
import shutil
import subprocess
import time

import processes
from installation import free_ports


def _binaries():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
    if not found:
        raise FileNotFoundError("no PostgreSQL under /usr/lib/postgresql")
    return found[-1]


class Server:
    """One server in a directory that it makes; `process` is its first one."""

    def __init__(self, directory):
        self._bin = _binaries()
        self._directory = pathlib.Path(directory)
        self._data = str(self._directory / "data")
        self._user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        self.port = free_ports(1)[0]
        self.process = None

    def start(self, *options):
        """A server with a database of its own, and these options of `postgres`."""
        self._make()
        self._run("initdb", "-D", self._data, "-U", "sluice", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8",
                  "--no-instructions")
        self._launch(options)

    def follow(self, primary):
        """A standby of a server that runs."""
        self._make()
        self._run("pg_basebackup", "-h", "127.0.0.1", "-p", str(primary.port), "-U", "sluice", "-D", self._data,
                  "-R", "-X", "stream", "-c", "fast")
        self._launch()

    def promote(self):
        self._run("pg_ctl", "promote", "-D", self._data, "-w", "-t", "20")

    def ask(self, sql):
        done = subprocess.run(
            [self._bin + "/psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "sluice", "-Atc", sql, "postgres"],
            capture_output=True, text=True, timeout=10)
        return done.stdout.strip()

    def stop(self):
        if self.process:
            for process in processes.tree(self.process):
                process.kill()

    def _make(self):
        self._directory.mkdir(mode=0o711, exist_ok=True)
        if os.getuid() == 0:
            shutil.chown(self._directory, self._user)

    def _launch(self, options=()):
        with open(self._directory / "log", "ab") as log:
            started = subprocess.Popen(
                [self._bin + "/postgres", "-D", self._data, "-p", str(self.port), "-c", "listen_addresses=127.0.0.1",
                 "-c", "unix_socket_directories=", "-c", "max_connections=100",
                 # In the directory, which goes: a killed server leaves its shared memory.
                 "-c", "dynamic_shared_memory_type=mmap", *options],
                cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **self._account())
        self.process = processes.find(started.pid)
        end = time.monotonic() + 30
        while self.ask("SELECT 1") != "1":
            if time.monotonic() > end or started.poll() is not None:
                raise RuntimeError("PostgreSQL in %s does not start; see its log" % self._directory)
            time.sleep(0.1)

    def _account(self):
        return {"user": self._user, "group": self._user, "extra_groups": []} if os.getuid() == 0 else {}

    def _run(self, program, *words):
        done = subprocess.run(
            [self._bin + "/" + program, *words], cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=60, **self._account())
        if done.returncode != 0:
            raise RuntimeError("%s: %s%s" % (program, done.stdout, done.stderr))


class Pair:
    """A primary and its standby."""

    def __init__(self, directory):
        directory = pathlib.Path(directory)
        directory.mkdir(mode=0o711, exist_ok=True)
        self.primary, self.standby = Server(directory / "primary"), Server(directory / "standby")

    @property
    def url(self):
        hosts = ",".join("127.0.0.1:%d" % each.port for each in (self.primary, self.standby))
        return "postgresql://sluice@%s/postgres?target_session_attrs=read-write" % hosts

    def start(self):
        """The standby is synchronous: what the primary acknowledged, the standby has."""
        self.primary.start("-c", "synchronous_standby_names=*")
        self.standby.follow(self.primary)
        end = time.monotonic() + 20
        while "sync" not in self.primary.ask("SELECT sync_state FROM pg_stat_replication"):
            if time.monotonic() > end:
                raise TimeoutError("the standby does not follow")
            time.sleep(0.1)

    def stop(self):
        self.primary.stop()
        self.standby.stop()
