"""Mounts, namespaces, devices and settings of the kernel."""
import ctypes
import errno
import os
import stat
import struct

from .probing import attempt, first, in_child, opened, own
from .system_calls import call
from .targets import namespace


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
