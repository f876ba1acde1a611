"""Compiles the benchmark's own programs."""

import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
FLAGS = ["-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror"]
# Each program with the flags of its own.
PROGRAMS = {
    "stub": [],
    "load": ["-lssl", "-lcrypto"],
    "floor": [],
    "sigsuspend": ["-shared", "-fPIC"],
}


def build(directory):
    """Compiles what is older than the sources; returns the path of each program by name."""
    directory.mkdir(parents=True, exist_ok=True)
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if compiler is None:
        raise SystemExit("A C compiler is needed: cc, gcc or clang.")
    newest = max(source.stat().st_mtime for source in HERE.glob("*.[ch]"))
    programs = {}
    for name, flags in PROGRAMS.items():
        program = directory / name
        if not program.exists() or program.stat().st_mtime < newest:
            subprocess.run([compiler, *FLAGS, "-o", program, HERE / f"{name}.c", *flags], check=True)
        programs[name] = program
    return programs
