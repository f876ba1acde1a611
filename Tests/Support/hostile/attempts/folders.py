"""Folders and files of others."""
import ctypes
import os
import struct

from .probing import Refused, attempt, first, opened, read
from .system_calls import call
from .targets import connect


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
