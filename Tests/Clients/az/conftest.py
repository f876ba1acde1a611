import datetime
import json
import os
import subprocess
import sys

import pytest
import requests

from installed_sluice import REPOSITORY, InstalledSluice, find_uv, workspace_id

ASSETS = REPOSITORY / "Tests" / "Clients" / "assets"


class AzureCLI:
    """Runs `az` with a configuration directory of its own."""

    def __init__(self, directory, variables):
        directory.mkdir()
        # Without it, az asks the Internet for its newest version.
        (directory / "versionCheck.json").write_text(json.dumps({
            "versions": {name: {"local": "0"} for name in ("azure-cli", "core", "telemetry")},
            "update_time": str(datetime.datetime.now())}))
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AZURE", "ARM_"))},
            **variables, "AZURE_CONFIG_DIR": str(directory), "AZURE_CORE_COLLECT_TELEMETRY": "false",
            "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no", "AZURE_CORE_NO_COLOR": "true"}

    def run(self, *words, seconds=120):
        words = [str(word) for word in words]
        done = subprocess.run(
            [sys.executable, "-m", "azure.cli"] + words, env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=seconds)
        return done.returncode, done.stdout, done.stderr

    def text(self, *words):
        status, output, errors = self.run(*words)
        assert status == 0, "az %s: status %d\n%s%s" % (" ".join(map(str, words)), status, output, errors)
        return output

    def __call__(self, *words):
        output = self.text(*words, "-o", "json")
        return json.loads(output) if output.strip() else None

    def fails(self, *words):
        """What it says on standard error."""
        status, output, errors = self.run(*words)
        assert status != 0, output
        assert "unexpected error" not in errors, errors
        return errors


@pytest.fixture(scope="session")
def sluice():
    with InstalledSluice({"compute.uv": find_uv()}) as running:
        yield running


@pytest.fixture(scope="session")
def settings(sluice):
    return sluice.variables()


@pytest.fixture(scope="session")
def trust(settings):
    """What az needs to know beyond its clouds."""
    bundle = settings["REQUESTS_CA_BUNDLE"]
    return {"REQUESTS_CA_BUNDLE": bundle, "SSL_CERT_FILE": bundle, "AZURE_CORE_INSTANCE_DISCOVERY": "false",
            "AZURE_STORAGE_AUTH_MODE": "login"}


@pytest.fixture(scope="session")
def credentials(settings):
    return ["--service-principal", "-u", settings["SLUICE_CLIENT_ID"], "-p", settings["SLUICE_CLIENT_SECRET"],
            "-t", settings["SLUICE_TENANT_ID"]]


@pytest.fixture(scope="session")
def az(sluice, settings, trust, credentials):
    az = AzureCLI(sluice.directory / "az", trust)
    az.text("cloud", "register", "-n", "Sluice", "--endpoint-resource-manager", settings["SLUICE_URL"])
    az.text("cloud", "set", "-n", "Sluice")
    az("login", *credentials)
    return az


@pytest.fixture(scope="session")
def workspace_url(settings):
    return settings["SLUICE_URL"] + workspace_id(settings)


@pytest.fixture(scope="session")
def rest(az, workspace_url):
    """A call of the workspace's REST interface, as scripts make them for what az has no command for."""
    def call(method, path, *words):
        mark = "&" if "?" in path else "?"
        return az("rest", "--method", method, "--url", workspace_url + path + mark + "api-version=2022-05-01", *words)

    return call


@pytest.fixture(scope="session")
def upload(az, rest):
    """Uploads a folder to the workspace's default datastore; answers its address."""
    (store,) = rest("get", "/datastores?isDefault=true")["value"]
    account, container = store["properties"]["accountName"], store["properties"]["containerName"]

    def run(folder, prefix):
        az("storage", "blob", "upload-batch", "-d", "%s/%s" % (container, prefix), "-s", folder,
           "--account-name", account, "--overwrite")
        return "https://%s.blob.core.windows.net/%s/%s" % (account, container, prefix)

    return run


@pytest.fixture(scope="session")
def score(rest, settings):
    """Scores an endpoint as an HTTP client with its key or token."""
    def run(endpoint, payload):
        got = rest("get", "/onlineEndpoints/" + endpoint)["properties"]
        if got["authMode"] == "Key":
            secret = rest("post", "/onlineEndpoints/%s/listKeys" % endpoint)["primaryKey"]
        else:
            secret = rest("post", "/onlineEndpoints/%s/token" % endpoint)["accessToken"]
        answer = requests.post(
            got["scoringUri"], json=payload, headers={"Authorization": "Bearer " + secret}, timeout=60,
            verify=settings["REQUESTS_CA_BUNDLE"])
        assert answer.status_code == 200, answer.text
        return answer.json()

    return run


@pytest.fixture
def write(tmp_path):
    """Writes a file that a command reads: a text, or a document."""
    def run(name, content):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=2))
        return path

    return run
