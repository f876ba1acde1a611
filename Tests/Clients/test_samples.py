"""The scripts of examples/sdk, run as a user would."""
import os
import shutil
import subprocess
import sys

import pytest

from installed_sluice import REPOSITORY


@pytest.fixture(scope="module")
def samples(sluice, tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples") / "sdk"
    shutil.copytree(REPOSITORY / "examples" / "sdk", folder, ignore=shutil.ignore_patterns("config.json", "__pycache__"))
    sluice.command("workspace", "write-config", "--directory", str(folder))
    return folder


def run(samples, script, settings):
    done = subprocess.run(
        [sys.executable, str(samples / script)], env={**os.environ, **settings}, capture_output=True, text=True,
        timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_online_endpoint_sample(samples, settings):
    output = run(samples, "online_endpoint.py", settings)
    assert "Predictions: [0, 1, 1]" in output
    assert "{'green': 100} -> {'1.3.0': 20}" in output
    assert "changed: True works: 200" in output


def test_mlflow_sample(samples, settings):
    assert "[0, 2]" in run(samples, "mlflow_endpoint.py", settings)
