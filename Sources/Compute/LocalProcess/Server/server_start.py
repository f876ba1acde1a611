"""Starts the inference server of a replica, after what must be set before a scoring script is imported.

    python server_start.py SERVER COLLECTED [ARGUMENT...]

SERVER is the server's own command, which gets the arguments. COLLECTED is a folder for data that the scoring script
collects. Workers are forked from this process, so what is set here holds in all of them.
"""
import contextlib
import fcntl
import importlib
import importlib.util
import json
import logging
import os
import runpy
import sys
import time
import types

# Each of the two files of collected data is at most so long, in bytes.
PART_LIMIT = 16 << 20


def show_information():
    """Lets INFO lines of scripts into the log, where Python's default shows warnings only.

    A logging.json in the code folder is taken by the server, and stands for itself.
    """
    code = os.environ.get("AML_APP_ROOT", "")
    script = os.path.dirname(os.path.realpath(os.environ.get("AZUREML_ENTRY_SCRIPT", "")))
    if any(os.path.isfile(os.path.join(folder, "logging.json")) for folder in (code, script)):
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname).1s [%(process)d] %(name)s - %(message)s"))
    handler.formatter.converter = time.gmtime
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    # Azure's packages tell of every request that they send.
    logging.getLogger("azure").setLevel(logging.WARNING)


class CollectedData(logging.Logger):
    """Keeps what azureml-ai-monitoring hands to its logger `local.capture` in files instead of the log.

    `data.jsonl` and the older `data.1.jsonl` hold one JSON object per collected frame. They are the replica's own and
    bounded; workers write in turn.
    """

    folder = ""

    def callHandlers(self, record):
        try:
            when, collection, correlation, content = record.args
            fields = {"time": when, "collection": collection, "correlationid": correlation}
            data = content if isinstance(content, str) else json.dumps(str(content))
            line = '%s, "data": %s}\n' % (json.dumps(fields)[:-1], data)
            self.append(line.encode())
        except Exception as error:  # raised here, it would end the thread that sends
            logging.getLogger("mdc.worker").warning("collected data was dropped: %s", error)

    def append(self, line):
        if len(line) > PART_LIMIT:
            raise ValueError("%d bytes, the limit is %d" % (len(line), PART_LIMIT))
        path = os.path.join(self.folder, "data.jsonl")
        with open(os.path.join(self.folder, "lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if os.path.exists(path) and os.path.getsize(path) + len(line) > PART_LIMIT:
                os.replace(path, os.path.join(self.folder, "data.1.jsonl"))
            with open(path, "ab") as file:
                file.write(line)


def keep_collected_data(folder):
    CollectedData.folder = folder
    usual = logging.getLoggerClass()
    logging.setLoggerClass(CollectedData)
    logging.getLogger("local.capture")
    logging.setLoggerClass(usual)


class DeferredExporter:
    """Lets the server import Azure Monitor's exporter when it uses it, which is where Application Insights is set up.

    It names the exporter's classes at its own start, and that takes as long as all else that it imports, and 20 MB.
    Only its own import gets a stand-in; a scoring script that imports the exporter gets the exporter.
    """

    client = "azureml_inference_server_http.server.appinsights_client"
    exporter = "azure.monitor.opentelemetry.exporter"

    def find_spec(self, name, path=None, target=None):
        if name != self.client:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None:
            execute = spec.loader.exec_module

            def exec_module(module):
                with self.standing_in():
                    execute(module)

            spec.loader.exec_module = exec_module
        return spec

    @contextlib.contextmanager
    def standing_in(self):
        if self.exporter in sys.modules:
            yield
            return
        stand_in = types.ModuleType(self.exporter)
        stand_in.__getattr__ = self.deferred
        sys.modules[self.exporter] = stand_in
        try:
            yield
        finally:
            del sys.modules[self.exporter]

    def deferred(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *arguments, **named: getattr(importlib.import_module(self.exporter), name)(*arguments, **named)


if __name__ == "__main__":
    server, collected = sys.argv[1:3]
    show_information()
    keep_collected_data(collected)
    sys.meta_path.insert(0, DeferredExporter())
    # As if the server had been started itself.
    sys.argv = [server] + sys.argv[3:]
    sys.path[0] = os.path.dirname(server)
    runpy.run_path(server, run_name="__main__")
