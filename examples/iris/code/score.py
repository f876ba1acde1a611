"""Scoring script of the iris example: init() once per worker, run() once per request."""

import json
import os
from pathlib import Path

import joblib
import numpy

SPECIES = ["setosa", "versicolor", "virginica"]

model = None


def init():
    global model
    path = Path(os.environ["AZUREML_MODEL_DIR"]) / "iris.joblib"
    model = joblib.load(path)
    print(f"loaded {path.name}")


def run(raw_data):
    flowers = numpy.array(json.loads(raw_data)["data"], dtype=float)
    probabilities = model.predict_proba(flowers)
    return [
        {"species": SPECIES[row.argmax()], "probability": round(float(row.max()), 4)}
        for row in probabilities
    ]
