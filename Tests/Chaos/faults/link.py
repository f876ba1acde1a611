"""What lies between the control plane and its database, and a second control plane on the same one."""
import random
import signal
import subprocess
import time

import processes
from installation import InstallationWithDatabase, free_ports
from link import SEED, LinkedServer
from scenario import Bound, scenario
from world import REPLICAS

LOST_SHARE = 0.1
STALLED_SECONDS = 15
LEADER = """
    SELECT a.client_port FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.granted
    AND l.classid = hashtext('sluice')::oid AND l.objid = hashtext('leader')::oid"""


class _LinkedInstallation(InstallationWithDatabase):
    """Its PostgreSQL is reached over a link that can be disturbed."""

    def __init__(self, binaries):
        super().__init__(binaries, LinkedServer)
        self._second = None

    @property
    def link(self):
        return self.database.links[0]

    def down(self):
        if self._second:
            self.end_second()
        self.link.lose(0)
        self.link.resume()
        return super().down()

    # Two control planes

    def start_second(self):
        """Another control plane over the same database and directory, with an address of its own."""
        link = self.database.connect()
        self._record = self._record_file.read_bytes()
        words = [str(self.binaries / "sluice"), "serve", "--data-dir", str(self.data)]
        for key, value in {**self.settings, "https.address": "127.0.0.1:%d" % free_ports(1)[0]}.items():
            words += ["--set", "%s=%s" % (key, value)]
        with open(self._temporary / "second.log", "ab") as log:
            started = subprocess.Popen(
                words, env={**self._variables, "DATABASE_URL": link.url}, cwd=self._temporary, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True)
        self._second, self._second_link = processes.find(started.pid), link
        return self._second

    def end_second(self):
        """It has taken the place of the first one in the directory, which gets it back: `sluice down` looks there."""
        self._second.send(signal.SIGCONT)
        self._second.send(signal.SIGTERM)
        self._second.wait(30)
        self._second = None
        self._record_file.write_bytes(self._record)

    @property
    def _record_file(self):
        return self.data / "serve.json"

    @property
    def is_second_leading(self):
        """Whether the second control plane holds the leader's lock; None while nobody does."""
        port = self.leaders_port
        return port in self._second_link.ports if port else None

    @property
    def leaders_port(self):
        """Of the connection that holds the leader's lock, as the server sees it; None without one."""
        port = self.database.server.ask(LEADER)
        return int(port) if port else None

    def end_leaders_session(self):
        self.database.server.ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE client_port IN (%s)" % LEADER)


def _install(options):
    return _LinkedInstallation(options.binaries)


@scenario(
    "replies-lost", "the database does what it was told, and its response is lost", Bound(outage=5, recovery=40),
    install=_install)
def lost(stage):
    """Rollouts and a deletion while every tenth response to a write, a commit's too, goes with its connection."""
    link = stage.installation.link
    stage.settle()
    link.lose(LOST_SHARE)
    labels = ["lost %d" % number for number in range(5)]
    for label in labels:
        _roll_out(stage, label)
    began = time.monotonic()
    link.lose(0)
    _expect(stage, labels[-1])
    stage.recovered("as declared", began)
    stage.saw("lost responses: %s" % ", ".join("%d × %s" % (count, tag) for tag, count in sorted(link.lost.items())))
    stage.did("%d rollouts while %d %% of the responses to INSERT, UPDATE, DELETE and COMMIT were lost after the database "
              "had done them" % (len(labels), LOST_SHARE * 100))


@scenario(
    "database-connections-stalled",
    "half of the connections to the database, the leader's too, fall silent for 15 s",
    Bound(outage=12, recovery=30), install=_install)
def stalled(stage):
    """As when a firewall forgets connections: none breaks, and new ones work."""
    stage.settle()
    count = stage.installation.link.stall(stage.installation.leaders_port)
    began = time.monotonic()
    _roll_out(stage, "stalled")
    _expect(stage, "stalled")
    stage.settle(max(0, began + STALLED_SECONDS - time.monotonic()))
    stage.installation.link.resume()
    stage.settle(3)
    _expect(stage, "stalled")
    stage.did("a rollout while %d connections said and heard nothing for %d s" % (count, STALLED_SECONDS))


@scenario(
    "second-leader", "two control planes, of which now one and now the other leads, for a moment both",
    Bound(outage=5, recovery=40), install=_install)
def second_leader(stage):
    installation, choice = stage.installation, random.Random(SEED)
    second = installation.start_second()
    changes = 0
    for number in range(6):
        before = installation.is_second_leading
        operation = _start(stage, "leader %d" % number)
        stage.settle(choice.choice((0, 0.1, 0.3, 0.7)))
        installation.end_leaders_session()
        _finish(stage, operation)
        changes += installation.is_second_leading != before

    def lead():
        if installation.is_second_leading is False:
            installation.end_leaders_session()
        return installation.is_second_leading

    # Stopped, it does not know that its session has ended; continued, it goes on as the leader until it looks.
    stage.until(lead, "the second control plane leads", pause=0.6)
    operation = _start(stage, "both")
    stage.settle(0.3)
    second.send(signal.SIGSTOP)
    installation.end_leaders_session()
    stage.until(lambda: installation.is_second_leading is False, "the first control plane leads")
    second.send(signal.SIGCONT)
    _finish(stage, operation)
    stage.settle(3)
    _expect(stage, "both")
    installation.end_second()
    stage.saw("the lead changed hands %d times in 6 rollouts" % changes)
    stage.did("the leader's session ended in each of 6 rollouts; in a seventh the leader is stopped, deposed and continued")


def _start(stage, label):
    """Begins a rollout, again where its request had no answer or was refused while the database was not there."""
    end = time.monotonic() + 30
    while True:
        try:
            operation = stage.api.start("PUT", stage.world.deployment, stage.world.deployment_body(label))
            stage.writer.note_operation(operation)
            return operation
        except stage.api.FAILURES:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def _finish(stage, operation):
    # Without one the request before, whose answer was lost, has done it.
    if operation is None:
        return
    began = time.monotonic()
    document = stage.api.finish(operation)
    stage.recovered("rollout", began)
    if document["status"] != "Succeeded":
        stage.blame("a rollout ended as %s: %s" % (document["status"], document.get("error")))


def _roll_out(stage, label):
    _finish(stage, _start(stage, label))


def _expect(stage, label):
    """What was declared serves, with nothing beside it."""
    stage.until(lambda: {stage.world.score({"n": 1})["label"] for _ in range(20)} == {label},
                "all answers come from the last rollout", deadline=60, pause=0.1)
    stage.until(lambda: len(stage.installation.replicas) == REPLICAS,
                "%d model servers run" % REPLICAS, deadline=60, pause=0.1)
