"""System calls by their numbers, also those that Python has no function for."""
import ctypes
import os

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


def call(name, *arguments):
    ctypes.set_errno(0)
    converted = [argument if isinstance(argument, (bytes, ctypes.Array)) or hasattr(argument, "_obj")
                 else ctypes.c_long(argument if argument is not None else 0) for argument in arguments]
    result = libc.syscall(ctypes.c_long(CALLS[name][ARM]), *converted)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result
