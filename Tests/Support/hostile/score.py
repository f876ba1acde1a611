"""A scoring script that tries to reach what is not its own.

A request names where things lie (see HostileInstallation.swift); the response lists every attempt, as
{"name": ..., "reached": true or false, "detail": errno or what was reached}. Nothing that it does would harm a host that
lets it: signals are signal 0, files are opened for writing and not written unless they are canaries.
"""
import errno
import json
import struct

from attempts import Refused, attempts, attempts_on


def init():
    pass


def run(body):
    targets = json.loads(body)
    cases = [(f.__name__.replace("_", " "), lambda f=f: f(targets)) for f in attempts]
    return [outcome(name, probe) for name, probe in cases + attempts_on(targets)]


def outcome(name, probe):
    try:
        detail = probe()
        return {"name": name, "reached": True, "detail": str(detail)[:200]}
    except OSError as error:
        return {"name": name, "reached": False, "detail": errno.errorcode.get(error.errno, str(error.errno))}
    except (Refused, ValueError, struct.error) as error:
        return {"name": name, "reached": False, "detail": str(error)}
