import os
import shutil
import subprocess
import tempfile
import time

from installation import Installation
from scenario import Bound, Skipped, scenario

SIZE = 700 << 20
FULL_SECONDS = 12


class _SmallInstallation(Installation):
    """Its data directory is a file system of its own, in memory."""

    def __init__(self, binaries):
        self.place = tempfile.mkdtemp(prefix="sluice-chaos-disk-")
        os.chmod(self.place, 0o711)
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=%d,mode=711" % SIZE, "chaos", self.place],
            capture_output=True, text=True)
        if mounted.returncode != 0:
            os.rmdir(self.place)
            raise Skipped("a small file system can't be mounted here: %s" % mounted.stderr.strip())
        super().__init__(binaries, directory=self.place)

    def remove(self):
        super().remove()
        subprocess.run(["umount", self.place], capture_output=True)
        shutil.rmtree(self.place, ignore_errors=True)


def _install(options):
    return _SmallInstallation(options.binaries)


@scenario(
    "disk-full", "the data directory's disk full for 12 s",
    Bound(outage=FULL_SECONDS + 10, recovery=15, failed_operations=1),
    install=_install)
def full(stage):
    """Everything shares the disk: PostgreSQL, artifacts, replicas' folders, saved tables, logs."""
    stage.settle()
    ballast = os.path.join(stage.installation.place, "ballast")
    ended = []
    server = stage.installation.postmaster
    _fill(ballast)
    began = time.monotonic()
    operation = None
    try:
        operation = stage.api.start("PUT", stage.world.deployment, stage.world.deployment_body("on a full disk"))
        stage.writer.note_operation(operation)
        stage.saw("a rollout was accepted")
    except Exception as error:
        stage.saw("a rollout was refused: %s" % str(error)[-160:].replace("\n", " "))
    while time.monotonic() < began + FULL_SECONDS:
        _fill(ballast)
        time.sleep(0.2)
    if stage.installation.control_plane is None:
        ended.append("control plane")
    if stage.installation.postmaster != server:
        ended.append("PostgreSQL")
    if len(stage.installation.routers) < 3:
        ended.append("%d routers" % (3 - len(stage.installation.routers)))
    stage.saw("ended while it was full: %s" % (", ".join(ended) or "nothing"))
    os.unlink(ballast)
    began = time.monotonic()
    if stage.installation.control_plane is None:
        stage.blame("the control plane ended")
        stage.installation.up()
    stage.watch.wait_for_answer(began)
    stage.recovered("API", began)
    if operation:
        document = stage.api.finish(operation)
        stage.saw("the rollout ended as %s: %s" % (
            document["status"], document.get("error", {}).get("message", "").split("\n")[0][:200]))
    if "500" in stage.writer.problems:
        stage.blame("%d writes were answered with 500" % stage.writer.problems["500"])
    began = time.monotonic()
    stage.api.perform("PUT", stage.world.deployment, stage.world.deployment_body("after the full disk"))
    stage.recovered("next rollout", began)
    stage.settle(3)
    stage.did("file system of %d MB filled to the last byte, a rollout asked for, space given back after %d s"
              % (SIZE >> 20, FULL_SECONDS))


@scenario(
    "disk-full-restarts", "router and control plane killed while the disk is full", Bound(outage=60, recovery=15),
    install=_install)
def restarts(stage):
    stage.settle()
    ballast = os.path.join(stage.installation.place, "ballast")
    _fill(ballast)
    router = stage.installation.routers["router-0"]
    with stage.inside() as began:
        router.kill()
    if stage.until(lambda: stage.installation.router_status("router-0").get("generation"), "router-0 serves again", 15):
        stage.recovered("router", began)
    _fill(ballast)
    stage.installation.control_plane.kill()
    _fill(ballast)
    try:
        stage.installation.up()
        stage.saw("`sluice up` succeeded on the full disk")
    except RuntimeError as error:
        stage.saw("`sluice up` on the full disk failed: %s" % str(error).strip().splitlines()[-1])
    stage.settle(2)
    os.unlink(ballast)
    began = time.monotonic()
    stage.installation.up()
    stage.watch.wait_for_answer(began)
    stage.recovered("API", began)
    stage.settle(2)
    stage.did("disk filled; kill -9 of router-0, then of the control plane; `sluice up` before and after space was "
              "given back")


def _fill(path):
    """Takes every byte that is free, also what was freed since."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    os.write(descriptor, bytes(size))
            except OSError:
                pass
    finally:
        os.close(descriptor)
