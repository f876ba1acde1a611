"""What an account may do, and what it may gain."""
import errno
import os
import resource
import socket
import stat

from .probing import Refused, attempt, first, in_child, own, read
from .system_calls import call


@attempt
def become_root(t):
    return in_child(lambda: os.setuid(0) if os.getuid() != 0 else (_ for _ in ()).throw(OSError(errno.EPERM, "root already")))


@attempt
def be_root(t):
    if os.getuid() == 0:
        return "is root"
    raise Refused(f"is {os.getuid()}")


@attempt
def become_another_account(t):
    return in_child(lambda: os.setuid(os.getuid() + 1))


@attempt
def other_groups(t):
    groups = [group for group in os.getgroups() if group not in (os.getgid(), 65534)]
    if groups:
        return groups
    return in_child(lambda: os.setgroups([0]))


@attempt
def capabilities(t):
    for line in read("/proc/self/status").decode().splitlines():
        if line.startswith(("CapEff", "CapPrm", "CapAmb")) and int(line.split()[1], 16) != 0:
            return line
    raise Refused("none")


@attempt
def privileges_to_be_gained(t):
    if "NoNewPrivs:\t1" in read("/proc/self/status").decode():
        raise Refused("none")
    return "NoNewPrivs is 0"


@attempt
def system_calls_without_a_filter(t):
    if "Seccomp:\t2" in read("/proc/self/status").decode():
        raise Refused("filtered")
    return "no filter"


@attempt
def files_that_lend_their_account(t):
    path = own("lender")
    with open(path, "w") as file:
        file.write("#!/bin/sh\n")
    os.chmod(path, 0o4755)
    if os.stat(path).st_mode & stat.S_ISUID:
        return path
    raise Refused("the mode stays")


@attempt
def programs_that_lend_root(t):
    for program in ["/usr/bin/su", "/usr/bin/sudo", "/usr/bin/mount", "/bin/su", "/usr/bin/passwd"]:
        if os.path.exists(program) and os.stat(program).st_mode & stat.S_ISUID:
            if not os.statvfs(program).f_flag & os.ST_NOSUID and "NoNewPrivs:\t1" not in read("/proc/self/status").decode():
                return program
    raise Refused("they lend nothing")


@attempt
def raise_a_limit(t):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return in_child(lambda: raise_files(hard))


def raise_files(hard):
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard + 1, hard + 1))
    except ValueError:
        raise OSError(errno.EPERM, "limit")


@attempt
def be_spared_when_memory_runs_out(t):
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("-900")
    return "spared"


@attempt
def packets_of_the_network(t):
    return first([(socket.AF_PACKET, socket.SOCK_RAW), (socket.AF_INET, socket.SOCK_RAW)],
                 lambda kind: socket.socket(*kind, 1).close() or kind)


@attempt
def other_families_of_sockets(t):
    return first([40, 38, 16 * 0 + 31, 29, 44], lambda family: socket.socket(family, socket.SOCK_STREAM).close() or family)


@attempt
def end_the_first_process(t):
    # In a process namespace the first process is one's own sandbox, which ends with it at most.
    if b"bwrap" in read("/proc/1/cmdline"):
        raise Refused("its own")
    os.kill(1, 0)
    return 1


@attempt
def advise_others_memory(t):
    return call("process_madvise", -1, 0, 0, 0, 0) if False else call("kcmp", 1, os.getpid(), 0, 0, 0)
