"""Measures sluice-router beside nginx, HAProxy and Envoy: `python3 Tests/Benchmarks/router/run.py [options]`.

Ends with 1 when a gate is missed. Everything listens on loopback addresses, and all of it is gone at the end.
"""

import argparse
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

import building  # noqa: E402
import peers  # noqa: E402
from measuring import Bench, say  # noqa: E402
from processes import Failed  # noqa: E402
from report import Report, machine  # noqa: E402
from sections import SECTIONS  # noqa: E402
from sluice import SluiceRouter  # noqa: E402

REPOSITORY = Path(__file__).resolve().parents[3]
BUILD = REPOSITORY / ".build"
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def _arguments():
    sections = "\n".join(f"  {name:<13} {explanation}" for name, (_, explanation) in SECTIONS.items())
    parser = argparse.ArgumentParser(
        description="Measures sluice-router beside the peers that are installed.", epilog=f"sections:\n{sections}",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="SECTION[,…]", help="sections to run, otherwise all")
    parser.add_argument("--quick", action="store_true", help="few and short repetitions, to see that everything works")
    parser.add_argument("--seed", type=int, metavar="N", help="of the section kills, otherwise a random one")
    parser.add_argument("--router", type=Path, default=BUILD / "release" / "sluice-router", metavar="PATH")
    options = parser.parse_args()
    if options.seed is None:
        options.seed = random.getrandbits(32)
    options.sections = options.only.split(",") if options.only else list(SECTIONS)
    unknown = set(options.sections) - set(SECTIONS)
    if unknown:
        parser.error(f"no such section: {', '.join(sorted(unknown))}")
    if not options.router.exists():
        parser.error(f"{options.router} is not there: make bench-router builds it")
    return options


def _end(number, _):
    # The next one must not break off the ending of what was started.
    for ending in ENDING_SIGNALS:
        signal.signal(ending, signal.SIG_IGN)
    raise SystemExit(128 + number)


def _measure(bench, report, names):
    for name, (measure, explanation) in SECTIONS.items():
        if name not in names:
            continue
        say(f"{name}: {explanation} …")
        try:
            measure(bench, report)
        except (Failed, OSError, subprocess.SubprocessError) as failure:
            report.missing(name, str(failure) or type(failure).__name__)


def main():
    options = _arguments()
    for ending in ENDING_SIGNALS:
        signal.signal(ending, _end)
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    programs = building.build(BUILD / "bench-router")
    scratch = Path(tempfile.mkdtemp(prefix="bench-router-"))
    try:
        # Workers of peers may run under another account.
        scratch.chmod(0o755)
        found = peers.installed(BUILD / "bench-router-venv")
        router = SluiceRouter(options.router.resolve())
        report = Report()
        report.heading("Router benchmark")
        report.note(machine(router, found))
        for name in ("nginx", "haproxy", "envoy"):
            if name not in found:
                report.note(f"{name} is not installed and left out.")
        bench = Bench(programs, scratch, router, found, options.quick, options.seed)
        _measure(bench, report, options.sections)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    report.summary()
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
