import signal
import time

import processes
from installation import InstallationWithDatabase
from postgres import Pair
from scenario import Bound, scenario


def _install(options):
    return InstallationWithDatabase(options.binaries, Pair)


@scenario(
    "postgres-failover", "PostgreSQL's primary killed, standby promoted", Bound(outage=10, recovery=10),
    install=_install)
def killed(stage):
    """The standby is synchronous, so every acknowledged write must be there after it."""
    _fail_over(stage, signal.SIGKILL)
    stage.did("kill -9 of the primary, promotion of the synchronous standby 1 s later; DATABASE_URL names both")


@scenario(
    "postgres-failover-silent", "PostgreSQL's primary falls silent (SIGSTOP), standby promoted",
    Bound(outage=15, recovery=15), install=_install)
def silent(stage):
    """As when a host hangs: its kernel still takes what is sent, and no connection breaks."""
    _fail_over(stage, signal.SIGSTOP)
    stage.did("SIGSTOP of the primary, promotion 1 s later; the primary is ended when the API is back, at most 60 s "
              "later")


def _fail_over(stage, number):
    pair = stage.installation.database
    stage.settle()
    began = time.monotonic()
    members = processes.tree(pair.primary.process)
    for process in members:
        process.send(number)
    stage.settle(1)
    pair.standby.promote()
    stage.recovered("promotion", began)
    if number == signal.SIGSTOP:
        answered = False
        while time.monotonic() < began + 60 and not answered:
            answered = any(good and asked > began + 1 for asked, good in stage.watch.looks[-20:])
            time.sleep(0.1)
        stage.saw("the API %s" % ("came back while the old primary was silent" if answered
                                  else "did not come back in 60 s, until the old primary was ended"))
        for process in members:
            process.send(signal.SIGKILL)
    stage.watch.wait_for_answer(time.monotonic())
    stage.recovered("API", began)
    stage.settle(8)
    stage.until(lambda: stage.installation.ready_replicas() == 3, "all replicas are ready after it")
