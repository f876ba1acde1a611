"""A scoring script that tries to reach what is not its own.

A request names where things lie (see HostileScriptTests.swift); the response lists every attempt, as
{"name": ..., "reached": true or false, "detail": errno or what was reached}. Nothing that it does would harm a host that
lets it: signals are signal 0, files are opened for writing and not written unless they are canaries.
"""
import ctypes
import errno
import json
import mmap
import os
import resource
import socket
import stat
import struct
import sys

CANARY = "canary"
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
# x86-64 and arm64.
ARM = os.uname().machine == "aarch64"
CALLS = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "unshare": (272, 97), "setns": (308, 268), "bpf": (321, 280), "perf_event_open": (298, 241), "add_key": (248, 217),
    "keyctl": (250, 219), "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "name_to_handle_at": (303, 264),
    "reboot": (169, 142), "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424),
    "kcmp": (312, 272), "shmget": (29, 194), "shmat": (30, 196), "clone": (56, 220), "sethostname": (170, 161),
    "init_module": (175, 105), "kexec_load": (246, 104), "fsopen": (430, 430), "open_tree": (428, 428), "capset": (126, 91),
    "fanotify_init": (300, 262), "process_madvise": (440, 440), "swapon": (167, 224), "acct": (163, 89), "syslog": (103, 116),
}
attempts = []


class Refused(Exception):
    pass


def attempt(function):
    attempts.append(function)
    return function


def call(name, *arguments):
    ctypes.set_errno(0)
    converted = [argument if isinstance(argument, (bytes, ctypes.Array)) or hasattr(argument, "_obj")
                 else ctypes.c_long(argument if argument is not None else 0) for argument in arguments]
    result = libc.syscall(ctypes.c_long(CALLS[name][ARM]), *converted)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


def read(path):
    with open(path, "rb") as file:
        return file.read(1 << 16)


def canary(path):
    data = read(path)
    if CANARY.encode() not in data:
        raise Refused("another file is there")
    return path


def opened(path, flags=os.O_WRONLY):
    os.close(os.open(path, flags))
    return path


def first(paths, probe):
    """What the first probe that does not fail returns; the last error where all fail."""
    last = Refused("nothing to try")
    for path in paths:
        try:
            return probe(path)
        except (OSError, Refused, ValueError) as error:
            last = error
    raise last


def init():
    pass


def run(body):
    targets = json.loads(body)
    cases = [(f.__name__.replace("_", " "), lambda f=f: f(targets)) for f in attempts]
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
    return [outcome(name, probe) for name, probe in cases]


def outcome(name, probe):
    try:
        detail = probe()
        return {"name": name, "reached": True, "detail": str(detail)[:200]}
    except OSError as error:
        return {"name": name, "reached": False, "detail": errno.errorcode.get(error.errno, str(error.errno))}
    except (Refused, ValueError, struct.error) as error:
        return {"name": name, "reached": False, "detail": str(error)}


def own(name):
    path = f"{os.environ['HOME']}/{name}"
    if os.path.lexists(path):
        os.unlink(path)
    return path


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


def in_child(work):
    """Runs work in a child, which may lose what it has; True when it did not fail."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except OSError as error:
            os._exit(error.errno if 0 < error.errno < 255 else 255)
        except BaseException:
            os._exit(255)
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code != 0:
        raise OSError(code if code > 0 else errno.EPERM, "in a child")
    return True


# Folders of others.

def listed(path):
    """Folders on the way to one's own are there, with nothing else in them."""
    others = set(os.listdir(path)) - {"compute", "replicas", os.environ["HOME"].split("/")[-2]}
    if others:
        return sorted(others)
    raise Refused("only the way to its own")


@attempt
def list_the_data_directory(t):
    return listed(t["data"])


@attempt
def list_the_replicas(t):
    return listed(t["replicas"])


@attempt
def find_what_is_listed_nowhere(t):
    known = set(os.environ["HOME"].split("/"))
    return first([f"{t['replicas']}/{name}/code/score.py" for name in os.listdir(t["replicas"]) if name not in known], read)


@attempt
def homes_of_people(t):
    return first(["/root", "/home"], lambda path: os.listdir(path) or (_ for _ in ()).throw(Refused("empty")))


@attempt
def the_system_s_state(t):
    return first(["/var/lib", "/run", "/var/run", "/var/log"],
                 lambda path: os.listdir(path) or (_ for _ in ()).throw(Refused("empty")))


@attempt
def passwords_of_the_system(t):
    return read("/etc/shadow") and "/etc/shadow"


@attempt
def accounts_of_the_system(t):
    if b"root:" in read("/etc/passwd"):
        return "/etc/passwd"
    raise Refused("names only its own account")


@attempt
def keys_of_the_system(t):
    return first(["/etc/ssl/private", "/etc/ssh/ssh_host_rsa_key", "/root/.ssh"], lambda path: os.listdir(path))


@attempt
def engine_and_bus_sockets(t):
    return first(["/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock",
                  "/run/dbus/system_bus_socket", "/run/systemd/private"], connect)


@attempt
def write_programs(t):
    return first(["/usr/bin/env", "/usr/local/bin", "/etc/ld.so.cache", "/bin/sh"],
                 lambda path: opened(path + "/x", os.O_WRONLY | os.O_CREAT) if os.path.isdir(path) else opened(path))


@attempt
def write_to_the_root(t):
    return opened("/hostile", os.O_WRONLY | os.O_CREAT)


@attempt
def write_to_the_devices(t):
    return opened("/dev/hostile", os.O_WRONLY | os.O_CREAT)


@attempt
def read_by_a_folder_s_descriptor(t):
    folder = os.open(t["data"], os.O_PATH)
    try:
        return listed(f"/proc/self/fd/{folder}")
    finally:
        os.close(folder)


@attempt
def open_by_handle(t):
    handle = ctypes.create_string_buffer(struct.pack("II", 128, 0) + bytes(128))
    mount_id = ctypes.c_int()
    call("name_to_handle_at", -100, t["data"].encode(), handle, ctypes.byref(mount_id), 0)
    return "a handle"


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


# The kernel.

@attempt
def mount_something(t):
    return call("mount", b"none", os.environ["HOME"].encode(), b"tmpfs", 0, b"")


@attempt
def mount_by_the_new_calls(t):
    return call("fsopen", b"tmpfs", 0)


@attempt
def copy_a_mount(t):
    return call("open_tree", -100, b"/", 1)


@attempt
def unmount_something(t):
    return call("umount2", b"/proc", 2)


@attempt
def another_root(t):
    return in_child(lambda: os.chroot(os.environ["HOME"]))


@attempt
def pivot_root(t):
    home = os.environ["HOME"].encode()
    return call("pivot_root", home, home)


@attempt
def user_namespace(t):
    return in_child(lambda: call("unshare", 0x10000000))


@attempt
def mount_namespace(t):
    return in_child(lambda: call("unshare", 0x00020000))


@attempt
def clone_into_a_user_namespace(t):
    child = call("clone", 0x10000000 | 17, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return child


@attempt
def namespaces_of_the_first_process(t):
    return in_child(lambda: namespace(1))


@attempt
def load_a_program_into_the_kernel(t):
    return call("bpf", 0, ctypes.create_string_buffer(struct.pack("IIII", 1, 4, 4, 1) + bytes(112)), 128)


@attempt
def load_a_module(t):
    return call("init_module", b"", 0, b"")


@attempt
def load_another_kernel(t):
    return call("kexec_load", 0, 0, 0, 0)


@attempt
def performance_counters(t):
    return call("perf_event_open", ctypes.create_string_buffer(struct.pack("II", 1, 112) + bytes(104)), 0, -1, -1, 0)


@attempt
def key_rings(t):
    return call("add_key", b"user", b"sluice", b"x", 1, -3)


@attempt
def keys_of_the_session(t):
    return call("keyctl", 0, -3, 0)


@attempt
def faults_in_user_space(t):
    return call("userfaultfd", 1)


@attempt
def io_uring(t):
    return call("io_uring_setup", 4, ctypes.create_string_buffer(120))


@attempt
def watch_all_files(t):
    return call("fanotify_init", 0, 0)


@attempt
def swap(t):
    return call("swapon", b"/dev/null", 0)


@attempt
def accounting(t):
    return call("acct", 0)


@attempt
def the_kernel_s_log(t):
    return first(["/dev/kmsg"], lambda path: opened(path, os.O_RDONLY))


@attempt
def the_kernel_s_log_by_its_call(t):
    return call("syslog", 3, ctypes.create_string_buffer(64), 64)


@attempt
def host_name(t):
    return call("sethostname", b"hostile", 7)


@attempt
def restart_the_host(t):
    # Without the magic numbers nothing would happen; who may ask for it gets EINVAL.
    try:
        return call("reboot", 0, 0, 0, 0)
    except OSError as error:
        if error.errno == errno.EINVAL:
            return "would be heard"
        raise


@attempt
def disks(t):
    return first(["/dev/vda", "/dev/sda", "/dev/nvme0n1", "/dev/mem", "/dev/port", "/dev/fuse", "/dev/kvm", "/dev/net/tun"],
                 lambda path: opened(path, os.O_RDONLY))


@attempt
def make_a_device(t):
    path = own("device")
    os.mknod(path, 0o600 | stat.S_IFBLK, os.makedev(254, 0))
    return opened(path, os.O_RDONLY)


@attempt
def settings_of_the_kernel(t):
    return first(["/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/vm/drop_caches",
                  "/proc/sys/kernel/hostname", "/proc/sysrq-trigger", "/proc/sys/net/ipv4/ip_forward",
                  "/sys/kernel/uevent_helper", "/sys/power/state"], opened)


@attempt
def control_groups(t):
    return first(["/sys/fs/cgroup/release_agent", "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/memory/cgroup.procs",
                  "/sys/fs/cgroup/memory/release_agent", "/sys/fs/cgroup/unified/cgroup.procs"], opened)


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
