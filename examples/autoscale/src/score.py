"""A model that keeps its replica busy for as long as the request says."""
import json
import time


def init():
    pass


def run(raw_data):
    seconds = float(json.loads(raw_data)["seconds"])
    time.sleep(seconds)
    return {"slept": seconds}
