"""Multiplies by a factor read from the model; the LABEL variable tells deployments apart."""
import json
import os
import pathlib


def init():
    global factor
    (weights,) = pathlib.Path(os.environ["AZUREML_MODEL_DIR"]).rglob("factor.json")
    factor = json.loads(weights.read_text())["factor"]
    print("doubler started as %s" % os.environ.get("LABEL"), flush=True)


def run(raw_data):
    request = json.loads(raw_data)
    print("doubler got %s" % request, flush=True)
    if "raise" in request:
        raise ValueError(request["raise"])
    if "variable" in request:
        return {"value": os.environ.get(request["variable"])}
    if "echo" in request:
        return request["echo"]
    return {"label": os.environ.get("LABEL"), "values": [value * factor for value in request["values"]]}
