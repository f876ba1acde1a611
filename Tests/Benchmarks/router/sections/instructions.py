"""User-space instructions per request, counted by valgrind: they do not move with the machine's load."""

import re
import shutil
import subprocess
from dataclasses import replace

import peers
from measuring import Subject
from report import figure
from work import Work, request

CONNECTIONS = 64
LIMIT = 12_000
# A router under valgrind is some fifty times slower, its start with a large table even more so.
START_LIMIT = 240


def measure(bench, report):
    report.heading(f"User-space instructions per request, {CONNECTIONS} connections")
    tools = ("valgrind", "callgrind_control", "strip")
    absent = [tool for tool in tools if not shutil.which(tool)]
    if absent:
        return report.note(f"Left out: {', '.join(absent)} not installed.")
    rows = []
    for name in ("sluice", "nginx", "haproxy"):
        if name == "sluice" or name in bench.peers:
            count, answered = _count(bench, name)
            rows.append([name, figure(count, 0), str(answered)])
            if name == "sluice":
                ours = count
    report.table(["", "instructions", "requests counted"], rows)
    report.at_most("user-space instructions per request", ours, LIMIT)


def _count(bench, name):
    """Instructions per request, and the number of requests they were counted over."""
    output = bench.scratch / f"callgrind-{name}"
    under = [shutil.which("valgrind"), "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={output}"]
    with bench.processes() as processes:
        work = Work(bench.start_stub(processes).replicas)
        subject = _start(bench, processes, name, work, under)
        load = bench.load(CONNECTIONS, request())
        # Translates the code, and opens the connections to the replicas.
        bench.measure(subject, replace(load, seconds=2))
        with bench.running(subject, load) as run:
            _switch_counting(subject, True)
            run.begin()
            answered = run.result()["answered"]
            _switch_counting(subject, False)
        # The file is written at the end of the process.
        subject.processes[0].stop(patience=60)
    totals = re.search(r"^totals: (\d+)", output.read_text(errors="replace"), re.MULTILINE)
    return int(totals[1]) / max(1, answered), answered


def _start(bench, processes, name, work, under):
    if name == "sluice":
        stripped = bench.scratch / "sluice-router-stripped"
        # valgrind cannot read the debugging sections that Swift writes.
        subprocess.run(["strip", "-g", "-o", stripped, bench.router.binary], check=True)
        router = type(bench.router)(stripped)
        process, address = router.start(
            processes, work, before=under, limit=START_LIMIT, LD_PRELOAD=str(bench.programs["sigsuspend"]))
    else:
        peer, program = bench.peers[name]
        process, address = peers.start(peer, program, processes, work, before=under, limit=START_LIMIT, is_traced=True)
    return Subject(name, [address], [process])


def _switch_counting(subject, is_on):
    subprocess.run(
        ["callgrind_control", "-i", "on" if is_on else "off", str(subject.processes[0].id)],
        check=True, capture_output=True, timeout=60)
