import pathlib
import shutil
import signal
import time

from installation import REPOSITORY, Installation
from scenario import Bound, Skipped, scenario

SHARED = ("migrations", "openapi")


class _UpgradedInstallation(Installation):
    """Runs from a directory of its own, where one version is put in the place of the other, as a package does."""

    def __init__(self, options):
        if not options.previous:
            raise Skipped("--previous names no directory with the binaries, migrations and openapi of another version")
        super().__init__(options.previous)
        self._next = pathlib.Path(options.binaries)
        self._folder = self._temporary / "installed"
        self._folder.mkdir()
        self._install(self.binaries, self.binaries)
        self.binaries = self._folder

    def upgrade(self):
        self._install(self._next, REPOSITORY)

    def _install(self, binaries, shared):
        for name in ("sluice", "sluice-router", "sluice-confine"):
            copy = self._folder / (name + ".new")
            shutil.copy2(binaries / name, copy)
            copy.rename(self._folder / name)
        for name in SHARED:
            shutil.rmtree(self._folder / name, ignore_errors=True)
            shutil.copytree(shared / name, self._folder / name)


def _template(world):
    """Makes more endpoints than a deployment puts at once."""
    return {"properties": {"mode": "Incremental", "template": {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0", "resources": [{
            "type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints", "apiVersion": "2024-04-01",
            "name": "[format('%s/opened-{0}', copyIndex())]" % world.endpoint.split("/")[-3],
            "location": world.location, "properties": {"authMode": "Key"}, "copy": {"name": "opened", "count": 60}}]}}}


@scenario(
    "upgrade", "a new version takes over from the previous one", Bound(inside=0, outage=10, recovery=60),
    install=_UpgradedInstallation)
def upgrade(stage):
    """First the control plane, whose routers are still of the previous version; it replaces them one by one."""
    stage.settle()
    installation = stage.installation
    before = dict(installation.routers)
    group = stage.world.endpoint.split("/providers/")[0]
    opened = [
        stage.api.start("PUT", stage.world.deployment, stage.world.deployment_body("open")),
        stage.api.start(
            "PUT", group + "/providers/Microsoft.Resources/deployments/opened", _template(stage.world), "2022-09-01")]
    installation.upgrade()
    began = time.monotonic()
    process = installation.control_plane
    process.send(signal.SIGTERM)
    stage.until(lambda: not process.is_alive, "the old control plane ends")
    installation.up()
    stage.recovered("API", began)
    stage.did("a rollout and a template of 60 endpoints begun, binaries replaced, SIGTERM of the control plane, `sluice up`")
    for operation in opened:
        document = stage.api.finish(operation)
        if document["status"] != "Succeeded":
            stage.blame("an operation that the previous version began ended as %s" % document["status"])
    operation = stage.api.start("PUT", stage.world.deployment, stage.world.deployment_body("upgraded"))
    stage.writer.note_operation(operation)
    document = stage.api.finish(operation)
    if document["status"] != "Succeeded":
        stage.blame("a rollout through routers of the previous version ended as %s" % document["status"])

    def replaced():
        present = installation.routers
        return all(
            present.get(place) and present[place] != router and installation.router_status(place).get("generation")
            for place, router in before.items())

    if stage.until(replaced, "all routers are of the new version", 120):
        stage.recovered("all routers", began)
    stage.did("a rollout meanwhile; the routers are drained and started anew one by one")
