"""What the control plane reads, moves, measures and removes of a replica."""
import os

from .probing import Refused, attempt, first, opened


@attempt
def write_what_the_control_plane_reads(t):
    base = os.environ["HOME"].rsplit("/", 1)[0]
    names = ["handle.json", "pid", "exit-status", "uses.json", "account.json", "server.log", "gunicorn.conf.py",
             "storage-initializer.log", "etc/passwd", "new"]
    return first([f"{base}/{name}" for name in names], lambda path: opened(path, os.O_WRONLY | os.O_CREAT))


@attempt
def replace_what_the_control_plane_walks(t):
    base = os.environ["HOME"].rsplit("/", 1)[0]
    return first(["code", "home", "tmp"], lambda name: os.rename(f"{base}/{name}", f"{base}/{name}-old") or name)


@attempt
def reopen_the_log(t):
    descriptor = os.open("/proc/self/fd/1", os.O_WRONLY | os.O_TRUNC)
    os.close(descriptor)
    if t["ownLogIsHarmless"]:
        raise Refused("its own log, by its own account")
    return "truncated"


@attempt
def leave_traps(t):
    """For what removes, copies and measures the folders later; the test looks whether any was walked into."""
    home = os.environ["HOME"]
    os.symlink(t["data"], f"{home}/trap")
    os.symlink("/", f"{home}/root")
    os.mkfifo(f"{home}/fifo")
    place = os.open(home, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("deeper", dir_fd=place)
        below = os.open("deeper", os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = below
    os.close(place)
    os.mkdir(f"{home}/closed", 0)
    raise Refused("left")
