"""Trains the iris classifier of this example and writes model/iris.joblib.

Deterministic: scikit-learn's own copy of the data, a fixed seed. Run it with the packages of conda.yml.
"""

from pathlib import Path

import joblib
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def main() -> None:
    features, species = load_iris(return_X_y=True)
    train_x, test_x, train_y, test_y = train_test_split(
        features, species, test_size=0.2, random_state=7, stratify=species
    )
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200))
    model.fit(train_x, train_y)
    print(f"accuracy on the 30 held-back flowers: {model.score(test_x, test_y):.3f}")

    path = Path(__file__).parent / "model" / "iris.joblib"
    path.parent.mkdir(exist_ok=True)
    joblib.dump(model, path)
    print(f"wrote {path.name}, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
