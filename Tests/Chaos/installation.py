"""The installation under test: one Sluice in a data directory of its own, and its processes."""
import http.client
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import processes
from installed_sluice import REPOSITORY, find_uv, free_ports

HERE = pathlib.Path(__file__).resolve().parent
# So that a run sees what becomes of operations that hang.
OPERATION_DEADLINE = 60


class Installation:
    """`directory` becomes the data directory; without one it is made in a temporary place and goes at the end.

    `open_files` is the soft limit that everything is started with.
    """

    def __init__(self, binaries, settings=None, directory=None, open_files=None):
        self.binaries = pathlib.Path(binaries).resolve()
        self._temporary = pathlib.Path(tempfile.mkdtemp(prefix="sluice-chaos-"))
        # PostgreSQL runs as another account when we are root, and has to get through.
        self._temporary.chmod(0o711)
        self.data = pathlib.Path(directory) if directory else self._temporary / "data"
        self.data.mkdir(mode=0o711, exist_ok=True)
        self.api_port, self.scoring_port = free_ports(2)
        self.settings = {
            "https.address": "127.0.0.1:%d" % self.api_port,
            "scoring.address": "127.0.0.1:%d" % self.scoring_port,
            "scoring.tls": "false", "compute.backend": "local", "compute.uv": find_uv(), "compute.drain-seconds": "10",
            "operations.deadline-seconds": str(OPERATION_DEADLINE), **(settings or {}),
        }
        # Variables that somebody set for another Sluice, or for Azure itself, must not leak in.
        self._variables = {
            name: value for name, value in os.environ.items()
            if not name.startswith(("SLUICE_", "AZURE_", "ARM_")) and name != "DATABASE_URL"}
        self._open_files = open_files

    # Life

    def up(self):
        """Starts what does not run; answers how long it took."""
        start = time.monotonic()
        self._run("up")
        return time.monotonic() - start

    def down(self):
        """Answers the processes that `sluice down` left behind, which are ended here."""
        for process in processes.all_of(self.data):
            process.send(signal.SIGCONT)
        try:
            self._run("down")
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            print("    sluice down failed: %s" % error, file=sys.stderr)
        left = self._linger()
        for process in left:
            process.kill()
        return left

    def remove(self):
        if self.data.exists():
            # The routers' slots, which a failed `sluice down` leaves.
            place = self.data.stat()
            shutil.rmtree("/dev/shm/sluice-%d-%d" % (place.st_dev, place.st_ino), ignore_errors=True)
        shutil.rmtree(self._temporary, ignore_errors=True)

    def _linger(self):
        """What still runs a moment after the end."""
        end = time.monotonic() + 5
        while processes.all_of(self.data) and time.monotonic() < end:
            time.sleep(0.1)
        return processes.all_of(self.data)

    def _run(self, *words):
        placement = ["--data-dir", str(self.data)]
        for key, value in self.settings.items():
            placement += ["--set", "%s=%s" % (key, value)]
        done = subprocess.run(
            [str(self.binaries / "sluice"), *words, *placement], env=self._variables, cwd=self._temporary,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=150,
            preexec_fn=self._limit if self._open_files else None)
        if done.returncode != 0:
            raise RuntimeError("sluice %s: status %d\n%s%s" % (words[0], done.returncode, done.stdout, done.stderr))
        return done.stdout

    def _limit(self):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(self._open_files, hard), hard))

    # Processes

    @property
    def control_plane(self):
        found = [each for each in processes.all_of(self.data) if self._is(each, "sluice") and "serve" in each.arguments]
        return found[0] if found else None

    @property
    def routers(self):
        """By place, such as router-0; of several at one place the newest."""
        found = [each for each in processes.all_of(self.data) if self._is(each, "sluice-router")]
        found.sort(key=lambda each: (pathlib.Path(each.argument("--saved-table")).stem, each.started))
        return {pathlib.Path(each.argument("--saved-table")).stem: each for each in found}

    @property
    def replicas(self):
        """The model servers' first processes by the id of the replica; their workers are below them."""
        found = {}
        for file in self.data.glob("compute/*/*/pid"):
            try:
                process = processes.find(int(file.read_text()))
            except (OSError, ValueError):
                continue
            if process and any("azmlinfsrv" in word for word in process.arguments):
                found[file.parent.name] = process
        return found

    @property
    def postmaster(self):
        try:
            return processes.find(int((self.data / "postgres/data/postmaster.pid").read_text().split("\n")[0]))
        except (OSError, ValueError):
            return None

    @property
    def router_count(self):
        return sum(self._is(each, "sluice-router") for each in processes.all_of(self.data))

    def router_status(self, place):
        """What a router says of itself on its control address; empty without an answer."""
        connection = _LocalConnection(str(self.data / "routers" / (place + ".sock")))
        try:
            connection.request("GET", "/status")
            return json.loads(connection.getresponse().read())
        except (OSError, http.client.HTTPException, ValueError):
            return {}
        finally:
            connection.close()

    def ready_replicas(self):
        """As the database has it."""
        try:
            text = self._run("status")
        except RuntimeError as error:
            text = str(error)
        found = re.search(r"^replicas +(\d+) ready$", text, re.MULTILINE)
        return int(found.group(1)) if found else 0

    def saved_table(self, place):
        return self.data / "routers" / (place + ".table")

    def _is(self, process, name):
        return process.arguments and process.arguments[0] == str(self.binaries / name)


class InstallationWithDatabase(Installation):
    """Its PostgreSQL is not its own: `make` gets a directory, and answers something with `start`, `stop` and `url`."""

    def __init__(self, binaries, make):
        super().__init__(binaries)
        self.database = make(self._temporary / "database")
        try:
            self.database.start()
        except BaseException:
            self.database.stop()
            self.remove()
            raise
        self._variables["DATABASE_URL"] = self.database.url

    def down(self):
        try:
            return super().down()
        finally:
            self.database.stop()


class _LocalConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=1)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
