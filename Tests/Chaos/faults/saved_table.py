"""A router's saved table is what it starts with. What if the file is no table?"""
import subprocess
import time

from scenario import Bound, scenario

_DAMAGES = {
    "cut in half": lambda data: data[:len(data) // 2],
    "zeroed": lambda data: bytes(len(data)),
    "a number turned": lambda data: data.replace(b'"generation":', b'"generation":x', 1),
    "empty": lambda data: b"",
}


@scenario(
    "saved-table-corrupted", "saved table corrupted, router killed, control plane up",
    Bound(recovery=2))
def with_control_plane(stage):
    for name, damage in _DAMAGES.items():
        stage.settle(1)
        process = stage.installation.routers["router-0"]
        _spoil(stage, damage)
        with stage.inside() as began:
            process.kill()
        if stage.until(lambda: _serves(stage, process), "router-0 serves again after its table was %s" % name):
            stage.recovered("router", began)
    stage.settle(1)
    stage.did("saved table of router-0 %s; kill -9 each time" % ", ".join(_DAMAGES))


@scenario(
    "saved-table-corrupted-alone", "saved table corrupted, router killed and started by hand, control plane down",
    Bound(outage=30, recovery=5))
def without_control_plane(stage):
    """Nobody starts routers then; it is started by hand, as another supervisor of routers would."""
    stage.settle(1)
    stage.installation.control_plane.kill()
    process = stage.installation.routers["router-0"]
    _spoil(stage, _DAMAGES["cut in half"])
    with stage.inside():
        process.kill()
    stage.settle(1)
    began = time.monotonic()
    child = start_by_hand(stage, process)
    stage.until(lambda: "generation" in stage.installation.router_status("router-0"), "router-0 answers")
    stage.settle(3)
    generation = stage.installation.router_status("router-0").get("generation")
    answered = [each for each in stage.load.so_far() if each.start > began]
    lost = [each for each in answered if each.cause == "no-table"]
    stage.saw("started with the damaged table it serves generation %s and answered %d of %d requests with 503 no-table"
              % (generation, len(lost), len(answered)))
    with stage.inside() as began:
        child.kill()
        child.wait()
    stage.installation.up()
    stage.until(
        lambda: all(stage.installation.router_status("router-%d" % n).get("generation") for n in range(3)),
        "all routers serve a table")
    stage.recovered("fleet", began)
    stage.settle(1)
    stage.did("control plane killed; saved table of router-0 cut in half; router-0 killed and started by hand, ended "
              "after 3 s; `sluice up`")


@scenario(
    "router-orphaned", "a router that nobody recorded holds a place in the fleet",
    Bound(outage=30, recovery=10), spoils=True)
def orphaned(stage):
    """What a control plane leaves that is killed after it started a router and before it noted it in the database."""
    stage.settle(1)
    stage.installation.control_plane.kill()
    process = stage.installation.routers["router-0"]
    with stage.inside():
        process.kill()
    orphan = start_by_hand(stage, process)
    stage.until(lambda: stage.installation.router_status("router-0").get("generation"), "the orphan serves")
    began = time.monotonic()
    stage.installation.up()
    seen = set()
    while time.monotonic() < began + 20:
        seen |= {each.pid for place, each in stage.installation.routers.items() if place == "router-0"}
        orphan.poll()
        time.sleep(0.002)
    fate = "still ran" if orphan.poll() is None else "was ended"
    stage.saw("in 20 s %d processes were started beside the orphan, which %s; %d router processes at the end" % (
        len(seen - {orphan.pid}), fate, stage.installation.router_count))
    if len(seen - {orphan.pid}) > 1:
        stage.blame("routers are started over and over beside the orphan")
    with stage.inside():
        orphan.kill()
        orphan.wait()
    stage.did("control plane and router-0 killed; router-0 started by hand with the same command line; `sluice up`")


def start_by_hand(stage, process):
    """The same command line in a session of its own."""
    place = stage.installation.data / "routers"
    with open(place / "router-0.log", "ab") as log:
        return subprocess.Popen(
            process.arguments, cwd=place, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"})


def _spoil(stage, damage):
    file = stage.installation.saved_table("router-0")
    file.write_bytes(damage(file.read_bytes()))


def _serves(stage, old):
    present = stage.installation.routers.get("router-0")
    return present and present != old and stage.installation.router_status("router-0").get("generation")
