"""One Sluice in a data directory of its own, started and stopped by its command line."""
import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


def find_binary(name):
    folder = pathlib.Path(os.environ.get("SLUICE_BINARIES") or REPOSITORY / ".build" / "debug").resolve()
    path = folder / name
    if not os.access(path, os.X_OK):
        raise FileNotFoundError("%s is not there: build it, or set SLUICE_BINARIES" % path)
    return str(path)


def find_uv():
    built = REPOSITORY / ".build" / "tools" / "bin" / "uv"
    found = os.environ.get("UV") or (str(built) if built.exists() else shutil.which("uv"))
    if not found:
        raise FileNotFoundError("uv is neither in the variable UV, nor at %s, nor on the path" % built)
    return found


def workspace_id(variables):
    """The resource id of the workspace that the variables of `sluice env` name."""
    return (
        "/subscriptions/%(SLUICE_SUBSCRIPTION_ID)s/resourceGroups/%(SLUICE_RESOURCE_GROUP)s/providers"
        "/Microsoft.MachineLearningServices/workspaces/%(SLUICE_WORKSPACE)s" % variables)


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listening.getsockname()[1] for listening in sockets]
    for listening in sockets:
        listening.close()
    return ports


class InstalledSluice:
    """`with InstalledSluice() as sluice:` has a running server; nothing of it is left afterwards.

    Settings come on top of the addresses, such as {"compute.backend": "simulated"}.
    """

    def __init__(self, settings):
        self._binary = find_binary("sluice")
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="sluice-tests-"))
        # PostgreSQL runs as another account when we are root, and has to get through.
        self.directory.chmod(0o711)
        self.data = self.directory / "data"
        api, scoring = free_ports(2)
        settings = {
            "https.address": "127.0.0.1:%d" % api,
            "scoring.address": "127.0.0.1:%d" % scoring,
            **settings,
        }
        self._placement = ["--data-dir", str(self.data)]
        for key, value in settings.items():
            self._placement += ["--set", "%s=%s" % (key, value)]
        # Variables that somebody set for another Sluice, or for Azure itself, must not leak in.
        self._variables = {
            name: value for name, value in os.environ.items()
            if not name.startswith(("SLUICE_", "AZURE_", "ARM_")) and name != "DATABASE_URL"
        }

    def __enter__(self):
        try:
            self.data.mkdir(mode=0o711)
            self.administer("up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        # A second signal must not leave anything behind.
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, signal.SIG_IGN)
        try:
            self.administer("down")
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def credentials_file(self):
        return self.data / "credentials.json"

    def administer(self, *words):
        """Runs a command that works on the data directory, such as `principal create`."""
        return self._run(list(words) + self._placement)

    def command(self, *words):
        """Runs a command that is a client of the API, such as `workspace create`."""
        return self._run(list(words) + ["--credentials", str(self.credentials_file)])

    def variables(self, credentials=None):
        """What `sluice env` exports, as a dictionary."""
        return self._exported(["--credentials", str(credentials or self.credentials_file)], self._variables)

    def variables_of_data_directory(self):
        """The same, found by SLUICE_DATA_DIRECTORY."""
        return self._exported([], {**self._variables, "SLUICE_DATA_DIRECTORY": str(self.data)})

    def _exported(self, options, variables):
        lines = self._run(["env", *options], variables).splitlines()
        words = [word for line in lines for word in shlex.split(line) if word != "export"]
        return dict(word.split("=", 1) for word in words)

    def _run(self, words, variables=None):
        done = subprocess.run(
            [self._binary] + words, env=variables or self._variables, cwd=self.directory, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise RuntimeError("sluice %s: status %d\n%s%s" % (words[0], done.returncode, done.stdout, done.stderr))
        return done.stdout
