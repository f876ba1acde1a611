"""Runs Schemathesis against a Sluice of its own: `python Tests/Contract/run.py [arguments of schemathesis run]`.

SLUICE_BINARIES names the directory of `sluice` and `sluice-router`; `.build/debug` of this repository otherwise.
Ends with 0 when every answer was as the document says.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Support"))

from installed_sluice import InstalledSluice  # noqa: E402
from world import World  # noqa: E402

# The run is bounded by its number of examples; this is for a service that hangs.
LIMIT_SECONDS = 240


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
    with InstalledSluice({"routers.count": "1", "compute.backend": "simulated"}) as service:
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
