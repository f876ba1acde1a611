import processes
from scenario import Bound, scenario


@scenario(
    "everything-killed", "every process killed at once, then `sluice up`", Bound(gap=None, outage=20, recovery=15))
def killed(stage):
    """As when the power fails, but for what the kernel had yet to write."""
    stage.settle()
    with stage.inside() as began:
        for process in processes.all_of(stage.installation.data):
            process.kill()
        _start(stage)
        stage.recovered("API", began)
        stage.until(lambda: _scores(stage), "scoring", 60, 0.05)
        stage.recovered("scoring", began)
    stage.until(lambda: stage.installation.ready_replicas() == 3, "all replicas ready again", 60, 0.05)
    stage.recovered("all replicas", began)
    stage.did("kill -9 of control plane, routers, replicas and PostgreSQL; `sluice up` at once")


def _start(stage):
    """A start that fails because of what the dead left is blamed, and helped, so that the rest can be seen."""
    try:
        stage.installation.up()
    except RuntimeError as error:
        log = stage.installation.data / "postgres/server.log"
        reasons = [line for line in log.read_text().splitlines() if "FATAL" in line and "lock file" in line]
        stage.blame("`sluice up` failed: %s" % (reasons[-1].split("FATAL:")[1].strip() if reasons else error))
        for lock in stage.installation.data.glob("postgres/socket/.s.PGSQL.*.lock"):
            lock.unlink()
        stage.installation.up()


def _scores(stage):
    try:
        return stage.world.score({"n": 1}, timeout=2)
    except OSError:
        return None
