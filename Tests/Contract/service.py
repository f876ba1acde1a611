"""Calls to a Sluice that runs, and what it takes to make them."""

import dataclasses
import time
from functools import cache

import requests

API_VERSION = "2024-04-01"
STORAGE_VERSION = "2021-12-02"
PROVIDER = "/providers/Microsoft.MachineLearningServices"


@dataclasses.dataclass
class Service:
    """Where it is, and as whom it is called."""

    url: str
    ca_bundle: str
    tenant: str
    subscription: str
    group: str
    workspace: str
    client_id: str
    client_secret: str
    token: str
    storage_token: str

    @classmethod
    def sign_in(cls, variables):
        url, tenant = variables["SLUICE_URL"], variables["SLUICE_TENANT_ID"]

        def token(scope):
            answer = requests.post(
                f"{url}/{tenant}/oauth2/v2.0/token", verify=variables["SLUICE_CA_BUNDLE"], timeout=10, data={
                    "grant_type": "client_credentials", "client_id": variables["SLUICE_CLIENT_ID"],
                    "client_secret": variables["SLUICE_CLIENT_SECRET"], "scope": scope})
            answer.raise_for_status()
            return answer.json()["access_token"]

        return cls(
            url=url, ca_bundle=variables["SLUICE_CA_BUNDLE"], tenant=tenant,
            subscription=variables["SLUICE_SUBSCRIPTION_ID"], group=variables["SLUICE_RESOURCE_GROUP"],
            workspace=variables["SLUICE_WORKSPACE"], client_id=variables["SLUICE_CLIENT_ID"],
            client_secret=variables["SLUICE_CLIENT_SECRET"], token=token(f"{url}/.default"),
            storage_token=token("https://storage.azure.com/.default"))

    @property
    def group_path(self):
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"

    @property
    def workspace_path(self):
        return f"{self.group_path}{PROVIDER}/workspaces/{self.workspace}"

    def call(self, method, path, body=None, allowed=()):
        answer = _session().request(
            method, f"{self.url}{path}", params={"api-version": API_VERSION}, json=body, verify=self.ca_bundle,
            headers={"Authorization": f"Bearer {self.token}"}, timeout=30)
        if answer.status_code >= 400 and answer.status_code not in allowed:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer

    def tells_failure(self, location):
        """Whether the result of a prediction, which is accepted in any case, refuses the request."""
        location = location[0] if isinstance(location, list) else location
        return self.call("GET", location.removeprefix(self.url).split("?")[0]).json()["status"] == "Failed"

    def put_blob(self, path, text=None):
        """A blob, or a container where there is no text; one that is there stays."""
        kind = {"restype": "container"} if text is None else {}
        answer = requests.put(
            f"{self.url}/sluice/{path}", params=kind, data=text or "", verify=self.ca_bundle, timeout=30, headers={
                "Authorization": f"Bearer {self.storage_token}", "x-ms-version": STORAGE_VERSION,
                "x-ms-blob-type": "BlockBlob"})
        if answer.status_code not in (201, 409):
            raise RuntimeError(f"PUT {path}: {answer.status_code} {answer.text}")

    def finish(self, path, expected="Succeeded"):
        for _ in range(1000):
            answer = self.call("GET", path)
            state = answer.json()["properties"]["provisioningState"]
            if state in ("Succeeded", "Failed", "Canceled"):
                if state != expected:
                    raise RuntimeError(f"{path}: {state}: {answer.text}")
                return
            time.sleep(0.02)
        raise RuntimeError(f"{path} does not become ready")


@cache
def _session():
    """One connection for all calls: a handshake takes longer than a call."""
    return requests.Session()
