import signal
import time

import processes
from api import Refused
from scenario import Bound, scenario

STOPPED_SECONDS = 15
# Until the control plane gives up a database that says nothing.
ANSWER_SECONDS = 12


@scenario("postgres-restarted", "PostgreSQL shut down (fast); started again by the control plane",
          Bound(outage=5, recovery=5))
def restarted(stage):
    _end(stage, signal.SIGINT)
    stage.did("SIGINT to the private PostgreSQL, as `pg_ctl restart -m fast` sends it")


@scenario("postgres-killed", "PostgreSQL killed; started again by the control plane", Bound(outage=8, recovery=8))
def killed(stage):
    _end(stage, signal.SIGKILL)
    stage.did("kill -9 of the private PostgreSQL's first process")


@scenario("postgres-stopped", "PostgreSQL stopped (SIGSTOP) for 15 s", Bound(outage=STOPPED_SECONDS + 3, recovery=3))
def stopped(stage):
    stage.settle()
    members = processes.tree(stage.installation.postmaster)
    for process in members:
        process.send(signal.SIGSTOP)
    stopped = time.monotonic()
    status, seconds = _ask(stage.api)
    stage.saw("the first request was answered %s after %.1f s" % (status, seconds))
    if status != 503 or seconds > ANSWER_SECONDS:
        stage.blame("a request to the API was not refused within %d s" % ANSWER_SECONDS)
    stage.settle(max(0, stopped + STOPPED_SECONDS - time.monotonic()))
    began = time.monotonic()
    same = stage.installation.postmaster == members[0]
    for process in reversed(members):
        process.send(signal.SIGCONT)
    stage.watch.wait_for_answer(began)
    stage.recovered("API", began)
    stage.saw("the control plane left the stopped server alone" if same else "the control plane started another server")
    stage.settle(3)
    stage.did("SIGSTOP of all processes of the private PostgreSQL, SIGCONT after %d s" % STOPPED_SECONDS)


def _ask(api):
    start = time.monotonic()
    try:
        return api.call("GET", api.workspace, timeout=30)[0], time.monotonic() - start
    except Refused as refusal:
        return refusal.status, time.monotonic() - start


def _end(stage, number):
    stage.settle()
    server = stage.installation.postmaster
    began = time.monotonic()
    server.send(number)
    stage.until(lambda: not server.is_alive, "PostgreSQL ends")
    # What is asked while it still answers says nothing about the new one.
    ended = time.monotonic()
    stage.watch.wait_for_answer(ended)
    stage.recovered("API", began)
    stage.until(lambda: stage.installation.postmaster not in (None, server), "a new PostgreSQL runs")
    stage.settle(3)
