"""Trains the classifier of this sample; writes model/model.pkl and the MLflow model mlflow-model/.

Deterministic: scikit-learn's own copy of the iris data. Run it with the packages of mlflow-model/requirements.txt.
"""
import shutil
from pathlib import Path

import joblib
import mlflow.sklearn
from mlflow.models import infer_signature
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

HERE = Path(__file__).parent


def main():
    features, species = load_iris(return_X_y=True, as_frame=True)
    features.columns = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    model = LogisticRegression(max_iter=500).fit(features, species)

    shutil.rmtree(HERE / "mlflow-model", ignore_errors=True)
    mlflow.sklearn.save_model(
        model, HERE / "mlflow-model", signature=infer_signature(features, model.predict(features)),
        serialization_format="cloudpickle",
        pip_requirements=["mlflow==3.17.2", "scikit-learn==1.7.2", "numpy==2.2.6", "pandas==2.3.3", "cloudpickle"])

    # The same model for score.py, which hands it plain arrays.
    (HERE / "model").mkdir(exist_ok=True)
    joblib.dump(LogisticRegression(max_iter=500).fit(features.to_numpy(), species), HERE / "model" / "model.pkl")


if __name__ == "__main__":
    main()
