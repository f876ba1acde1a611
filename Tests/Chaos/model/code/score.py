"""Answers after a few milliseconds with what it was asked. Magic words end processes, as a broken model does."""
import json
import os
import signal
import time


def init():
    print("the chaos model is up", flush=True)


def run(raw_data):
    request = json.loads(raw_data)
    if request.get("do") == "die":
        os._exit(23)
    if request.get("do") == "die with the server":
        os.kill(os.getppid(), signal.SIGKILL)
        os._exit(23)
    time.sleep(request.get("ms", 5) / 1000)
    return {"n": request["n"], "server": os.getppid(), "label": os.environ.get("LABEL", "")}
