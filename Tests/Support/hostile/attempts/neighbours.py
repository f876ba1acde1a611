"""Processes of others, and the memory and sockets that they share."""
import os
import socket

from .folders import listed
from .probing import CANARY, Refused, attempt, canary, first, read
from .system_calls import call


@attempt
def roots_of_all_processes(t):
    """Processes outside of one's own sandbox show the data directory."""
    return first([f"/proc/{pid}/root{t['data']}" for pid in os.listdir("/proc") if pid.isdigit()], listed)


@attempt
def folders_of_all_processes(t):
    found = [pid for pid in os.listdir("/proc") if pid.isdigit()]
    return first([f"/proc/{pid}/cwd/../../../../credentials.json" for pid in found], canary)


@attempt
def environments_of_all_processes(t):
    def look(pid):
        if b"CANARY=" not in read(f"/proc/{pid}/environ"):
            raise Refused("no secret of others")
        return pid
    return first([pid for pid in os.listdir("/proc") if pid.isdigit()], look)


@attempt
def secrets_in_command_lines(t):
    def look(pid):
        if CANARY.encode() not in read(f"/proc/{pid}/cmdline"):
            raise Refused("no secret of others")
        return pid
    return first([pid for pid in os.listdir("/proc") if pid.isdigit()], look)


@attempt
def descriptors_beyond_one_s_own(t):
    """Only standard streams, the listening socket and what the server opened itself."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue
        mine = (os.environ["HOME"].rsplit("/", 1)[0], "/dev/", "/proc/", "socket:", "pipe:", "anon_inode:", "/usr/",
                os.environ["VIRTUAL_ENV"], "/tmp", "/memfd")
        if not target.startswith(mine):
            found.append(target)
    if found:
        return found
    raise Refused("none")


@attempt
def others_shared_memory(t):
    return canary(t["sharedMemory"])


@attempt
def list_shared_memory(t):
    names = [name for name in os.listdir("/dev/shm") if name.startswith("sluice")]
    if names:
        return names
    raise Refused("empty")


@attempt
def shared_memory_of_system_v(t):
    return call("shmat", t["segment"], 0, 0)


@attempt
def make_shared_memory_of_system_v(t):
    return call("shmget", 0x5a5a, 4096, 0o1600)


@attempt
def abstract_sockets(t):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("\0" + t["abstract"])
    return t["abstract"]


@attempt
def database_over_TCP(t):
    with socket.create_connection(("127.0.0.1", 5432), 1):
        raise Refused("somebody else's, over TCP")
