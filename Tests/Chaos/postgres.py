"""A PostgreSQL with a synchronous standby, made for the test."""
import glob
import os
import pwd
import shutil
import subprocess
import pathlib
import time

import processes
from installation import free_ports


def _binaries():
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
    if not found:
        raise FileNotFoundError("no PostgreSQL under /usr/lib/postgresql")
    return found[-1]


class Pair:
    def __init__(self, directory):
        self._bin = _binaries()
        self.directory = pathlib.Path(directory)
        self.ports = free_ports(2)
        self._user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        self.servers = [None, None]

    @property
    def url(self):
        hosts = ",".join("127.0.0.1:%d" % port for port in self.ports)
        return "postgresql://sluice@%s/postgres?target_session_attrs=read-write" % hosts

    def start(self):
        """The standby is synchronous: what the primary acknowledged, the standby has."""
        self.directory.mkdir(mode=0o711, exist_ok=True)
        if os.getuid() == 0:
            shutil.chown(self.directory, self._user)
        self._run("initdb", "-D", self._data(0), "-U", "sluice", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8",
                  "--no-instructions")
        self._launch(0, ["-c", "synchronous_standby_names=*"])
        self._run("pg_basebackup", "-h", "127.0.0.1", "-p", str(self.ports[0]), "-U", "sluice", "-D", self._data(1),
                  "-R", "-X", "stream", "-c", "fast")
        self._launch(1)
        end = time.monotonic() + 20
        while "sync" not in self.ask(0, "SELECT sync_state FROM pg_stat_replication"):
            if time.monotonic() > end:
                raise TimeoutError("the standby does not follow")
            time.sleep(0.1)

    def promote(self):
        self._run("pg_ctl", "promote", "-D", self._data(1), "-w", "-t", "20")

    def ask(self, index, sql):
        done = subprocess.run(
            [self._bin + "/psql", "-h", "127.0.0.1", "-p", str(self.ports[index]), "-U", "sluice", "-Atc", sql,
             "postgres"], capture_output=True, text=True, timeout=10)
        return done.stdout.strip()

    def stop(self):
        for server in self.servers:
            if server:
                for process in processes.tree(server):
                    process.kill()

    def _data(self, index):
        return str(self.directory / ("server-%d" % index))

    def _launch(self, index, options=()):
        with open(self.directory / ("server-%d.log" % index), "ab") as log:
            started = subprocess.Popen(
                [self._bin + "/postgres", "-D", self._data(index), "-p", str(self.ports[index]),
                 "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=100",
                 # In the directory, which goes: a killed server leaves its shared memory.
                 "-c", "dynamic_shared_memory_type=mmap",
                 *options],
                cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **self._account())
        self.servers[index] = processes.find(started.pid)
        end = time.monotonic() + 30
        while self.ask(index, "SELECT 1") != "1":
            if time.monotonic() > end or started.poll() is not None:
                raise RuntimeError("PostgreSQL %d does not start; see its log" % index)
            time.sleep(0.1)

    def _account(self):
        return {"user": self._user, "group": self._user, "extra_groups": []} if os.getuid() == 0 else {}

    def _run(self, program, *words):
        done = subprocess.run(
            [self._bin + "/" + program, *words], cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=60, **self._account())
        if done.returncode != 0:
            raise RuntimeError("%s: %s%s" % (program, done.stdout, done.stderr))
