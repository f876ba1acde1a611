"""What attempts share: the list of them, how one says that it was refused, and ways to try a file."""
import errno
import os

CANARY = "canary"
attempts = []


class Refused(Exception):
    pass


def attempt(function):
    attempts.append(function)
    return function


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


def own(name):
    path = f"{os.environ['HOME']}/{name}"
    if os.path.lexists(path):
        os.unlink(path)
    return path


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
