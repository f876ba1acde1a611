"""init() runs once per worker, run() once per request."""
import json
import logging
import os

import joblib
import numpy as np


def init():
    global model, model_version
    model = joblib.load(os.path.join(os.getenv("AZUREML_MODEL_DIR"), "model.pkl"))
    model_version = os.getenv("MODEL_VERSION", "unknown")
    logging.info("model version %s loaded", model_version)


def run(raw_data):
    features = np.array(json.loads(raw_data)["features"])
    logging.info("scoring %d samples", len(features))
    return {
        "predictions": model.predict(features).tolist(),
        "probabilities": model.predict_proba(features).round(4).tolist(),
        "model_version": model_version,
    }
