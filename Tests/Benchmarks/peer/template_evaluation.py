"""Evaluates a template with bicep-cost: parsing, expressions, loops and the order of resources.

Prints one JSON object: milliseconds of each repetition, resources, and the peak memory of the process in MiB.
"""
import json
import pathlib
import resource
import sys
import time

from bicep_cost.engine import DeploymentSettings, Engine


def evaluate(text):
    settings = DeploymentSettings(
        subscription_id="00000000-0000-0000-0000-000000000001", resource_group="rg", location="westus",
        deployment_name="d")
    engine = Engine(settings)
    engine.expand(json.loads(text), {})
    return len(engine.resources)


def main():
    text = pathlib.Path(sys.argv[1]).read_text()
    times = []
    for _ in range(int(sys.argv[2])):
        start = time.perf_counter()
        count = evaluate(text)
        times.append((time.perf_counter() - start) * 1000)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"times": times, "resources": count, "peak": peak}))


if __name__ == "__main__":
    main()
