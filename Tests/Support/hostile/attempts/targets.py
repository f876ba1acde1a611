"""Attempts on the files, sockets and processes that a request names."""
import os
import resource
import socket
import stat

from .probing import Refused, canary, opened, own, read
from .system_calls import call


def attempts_on(targets):
    """Name and function of each."""
    cases = []
    for label, path in sorted(targets["secrets"].items()):
        cases += [
            (f"read {label}", lambda path=path: canary(path)),
            (f"write {label}", lambda path=path: opened(path)),
            (f"truncate {label}", lambda path=path: os.truncate(path, 0) or path),
            (f"remove {label}", lambda path=path: os.unlink(path) or path),
            (f"move {label}", lambda path=path: os.rename(path, own("moved")) or path),
            (f"link {label}", lambda path=path: os.link(path, own("linked")) or canary(own("linked"))),
            (f"read {label} by ..", lambda path=path: canary(os.environ["HOME"] + "/.." * 40 + path)),
            (f"read {label} by a symbolic link", lambda path=path: canary(symlink(path))),
            (f"read {label} by /proc/1/root", lambda path=path: canary("/proc/1/root" + path)),
        ]
    for label, path in sorted(targets["readOnly"].items()):
        cases += [
            (f"write {label}", lambda path=path: opened(path, os.O_WRONLY | os.O_APPEND)),
            (f"truncate {label}", lambda path=path: os.truncate(path, 0) or path),
            (f"remove {label}", lambda path=path: os.unlink(path) or path),
            (f"write beside {label}", lambda path=path: opened(os.path.dirname(path) + "/new", os.O_WRONLY | os.O_CREAT)),
            (f"write {label} by a hard link", lambda path=path: hard_link(path)),
            (f"open {label}'s mode", lambda path=path: changed_mode(path)),
        ]
    for label, path in sorted(targets["sockets"].items()):
        cases += [
            (f"connect to {label}", lambda path=path: connect(path)),
            (f"send to {label}", lambda path=path: send(path)),
        ]
    for label, pid in sorted(targets["processes"].items()):
        cases += [
            (f"signal {label}", lambda pid=pid: os.kill(pid, 0) or pid),
            (f"environment of {label}", lambda pid=pid: read(f"/proc/{pid}/environ") and pid),
            (f"memory of {label}", lambda pid=pid: opened(f"/proc/{pid}/mem", os.O_RDONLY)),
            (f"maps of {label}", lambda pid=pid: read(f"/proc/{pid}/maps") and pid),
            (f"descriptors of {label}", lambda pid=pid: os.readlink(f"/proc/{pid}/fd/0")),
            (f"root of {label}", lambda pid=pid: os.listdir(f"/proc/{pid}/root/")),
            (f"folder of {label}", lambda pid=pid: os.listdir(f"/proc/{pid}/cwd/")),
            (f"ptrace {label}", lambda pid=pid: call("ptrace", 0x4206, pid, 0, 0)),
            (f"process_vm_readv {label}", lambda pid=pid: call("process_vm_readv", pid, 0, 0, 0, 0, 0) * 0 or foreign(pid)),
            (f"pidfd of {label}", lambda pid=pid: pidfd(pid)),
            (f"limits of {label}", lambda pid=pid: resource.prlimit(pid, resource.RLIMIT_CORE)),
            (f"priority of {label}", lambda pid=pid: os.setpriority(os.PRIO_PROCESS, pid, 19) or pid),
            (f"processors of {label}", lambda pid=pid: os.sched_setaffinity(pid, {0}) or pid),
            (f"namespaces of {label}", lambda pid=pid: namespace(pid)),
        ]
    return cases


def symlink(path):
    link = own("symlink")
    os.symlink(path, link)
    return link


def hard_link(path):
    link = own("hard")
    os.link(path, link)
    return opened(link)


def changed_mode(path):
    before = os.stat(path).st_mode
    os.chmod(path, stat.S_IMODE(before) ^ 0o200)
    if os.stat(path).st_mode == before:
        raise Refused("the mode stays")
    os.chmod(path, stat.S_IMODE(before))
    return path


def connect(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        client.connect(path)
    return path


def send(path):
    try:
        left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    except OSError:
        left = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    left.sendto(b"x", path)
    return path


def foreign(pid):
    raise Refused("nothing was asked for")


def pidfd(pid):
    descriptor = call("pidfd_open", pid, 0)
    try:
        call("pidfd_send_signal", descriptor, 0, 0, 0)
        return pid
    except OSError:
        call("pidfd_getfd", descriptor, 0, 0)
        return pid
    finally:
        os.close(descriptor)


def namespace(pid):
    descriptor = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY)
    call("setns", descriptor, 0)
    return pid
