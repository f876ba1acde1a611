"""Runs Schemathesis against a Sluice of its own: `python Tests/Contract/run.py [arguments of schemathesis run]`.

SLUICE_BINARIES names the directory of `sluice` and `sluice-router`; `.build/debug` of this repository otherwise.
Ends with 0 when every answer was as the document says.
"""

import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True

from world import World  # noqa: E402

HERE = Path(__file__).resolve().parent
# The run is bounded by its number of examples; this is for a service that hangs.
LIMIT_SECONDS = 240


class Service:
    """A Sluice in a directory that goes with it."""

    def __init__(self, binaries):
        self._binary = str(binaries / "sluice")
        # The private PostgreSQL runs as another account, and must get through.
        self.directory = Path(tempfile.mkdtemp(prefix="sluice-contract-"))
        self.directory.chmod(0o711)
        self._data = self.directory / "data"
        self._data.mkdir()
        self._data.chmod(0o711)
        api, scoring = _free_ports(2)
        self._settings = [
            "--data-dir", str(self._data), "--set", f"https.address=127.0.0.1:{api}",
            "--set", f"scoring.address=127.0.0.1:{scoring}", "--set", "routers.count=1",
            "--set", "compute.backend=simulated"]
        # Nothing of the caller's own Sluice.
        self._environment = {
            name: value for name, value in os.environ.items()
            if not name.startswith("SLUICE_") and name != "DATABASE_URL"}

    def __enter__(self):
        try:
            self._sluice("up", *self._settings)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        # A second signal must not leave anything behind.
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, signal.SIG_IGN)
        try:
            self._sluice("down", *self._settings)
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)

    def variables(self):
        text = self._sluice("env", "--credentials", str(self._data / "credentials.json"))
        words = (shlex.split(line) for line in text.splitlines())
        return dict(word.split("=", 1) for _, word in words)

    def log(self):
        return (self._data / "logs" / "serve.log").read_text(errors="replace")

    def _sluice(self, *arguments):
        done = subprocess.run(
            [self._binary, *arguments], env=self._environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=120)
        if done.returncode != 0:
            raise RuntimeError(f"sluice {arguments[0]} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout


def _free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


def _schemathesis(service, world, arguments):
    file = service.directory / "world.json"
    world.tally = str(service.directory / "tally.jsonl")
    world.tally_file.touch()
    world.save(file)
    environment = os.environ | {
        "SLUICE_CONTRACT_WORLD": str(file), "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE),
        "PYTHONDONTWRITEBYTECODE": "1",
        # The order of sets goes into what is generated.
        "PYTHONHASHSEED": "0"}
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml"), "run",
        f"{world.url}/openapi.json", "--url", world.url, "--tls-verify", world.ca_bundle, *arguments]
    # In the directory that goes: whatever Schemathesis keeps beside itself goes with it.
    process = subprocess.Popen(
        command, env=environment, cwd=service.directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace")
    watchdog = threading.Timer(LIMIT_SECONDS, process.kill)
    watchdog.start()
    try:
        for line in process.stdout:
            if line.startswith("    st replay "):
                # What it would replay goes with the directory.
                continue
            for token in (world.token, world.storage_token):
                line = line.replace(token, "$TOKEN")
            print(line, end="", flush=True)
        status = process.wait()
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()
    if status < 0:
        print(f"Schemathesis was stopped by signal {-status}; it may take {LIMIT_SECONDS} seconds.")
        return 1
    return status


def _unreached(world):
    """Operations that never succeeded: nothing was found out about their answers."""
    succeeded = {}
    for line in world.tally_file.read_text().splitlines():
        label, status = json.loads(line)
        succeeded[label] = succeeded.get(label, False) or status < 400
    print(f"{sum(succeeded.values())} of {len(succeeded)} operations answered with a success.")
    return sorted(label for label, success in succeeded.items() if not success)


def main():
    def stop(number, _):
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, stop)
    binaries = Path(os.environ.get("SLUICE_BINARIES") or HERE.parent.parent / ".build" / "debug").resolve()
    with Service(binaries) as service:
        start = time.monotonic()
        world = World.sign_in(service.variables())
        world.seed()
        print(f"Sluice is up and seeded in {time.monotonic() - start:.1f} s.", flush=True)
        status = _schemathesis(service, world, sys.argv[1:])
        unreached = _unreached(world)
        for label in unreached:
            print(f"Never succeeded, so its answers were not tested: {label}")
        return status or int(bool(unreached))


if __name__ == "__main__":
    sys.exit(main())
