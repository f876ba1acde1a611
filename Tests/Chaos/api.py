"""A client of the API that hides nothing: one connection per call, no retries."""
import http.client
import json
import ssl
import time
import urllib.parse

API_VERSION = "2024-04-01"
STORAGE_VERSION = "2021-12-02"
ENDED = ("Succeeded", "Failed", "Canceled")


class Refused(Exception):
    def __init__(self, method, path, status, text):
        super().__init__("%s %s: %d %s" % (method, path, status, text[:2000]))
        self.status = status


class API:
    # What a call may raise: no answer, a broken one, a refusal.
    FAILURES = (OSError, http.client.HTTPException, Refused)

    def __init__(self, credentials, timeout=10):
        written = json.loads(credentials.read_text())
        address = urllib.parse.urlsplit(written["url"])
        self.host, self.port, self.url = address.hostname, address.port, written["url"]
        self.timeout = timeout
        self.subscription, self.tenant = written["subscriptionID"], written["tenantID"]
        self.workspace = (
            "/subscriptions/%s/resourceGroups/%s/providers/Microsoft.MachineLearningServices/workspaces/%s"
            % (self.subscription, written["resourceGroup"], written["workspace"]))
        self._identity = written["clientID"], written["clientSecret"]
        self._authorities = written["caBundle"]
        self._tokens = {}
        self.trust()

    def trust(self, authorities=None):
        self._context = ssl.create_default_context(cafile=authorities or self._authorities)

    # Calls

    def exchange(self, method, path, body=None, headers=None, timeout=None):
        """Status, headers and text of one call; raises OSError or HTTPException if it has no answer."""
        connection = http.client.HTTPSConnection(
            self.host, self.port, timeout=timeout or self.timeout, context=self._context)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode(errors="replace")
        finally:
            connection.close()

    def call(self, method, path, body=None, timeout=None, version=API_VERSION):
        """Status, headers and document; raises Refused for 4xx and 5xx."""
        path = path.removeprefix(self.url)
        if "api-version" not in path:
            path += ("&" if "?" in path else "?") + "api-version=" + version
        status, headers, text = self.exchange(
            method, path, None if body is None else json.dumps(body),
            {"Authorization": "Bearer " + self.token(self.url + "/.default"), "Content-Type": "application/json"},
            timeout)
        if status >= 400:
            raise Refused(method, path.split("?")[0], status, text)
        return status, headers, json.loads(text) if text else None

    def get(self, path, timeout=None):
        return self.call("GET", path, timeout=timeout)[2]

    def token(self, scope):
        known = self._tokens.get(scope)
        if known and known[1] > time.monotonic():
            return known[0]
        form = urllib.parse.urlencode({
            "grant_type": "client_credentials", "client_id": self._identity[0], "client_secret": self._identity[1],
            "scope": scope})
        status, _, text = self.exchange(
            "POST", "/%s/oauth2/v2.0/token" % self.tenant, form, {"Content-Type": "application/x-www-form-urlencoded"})
        if status != 200:
            raise Refused("POST", "token", status, text)
        token = json.loads(text)["access_token"]
        self._tokens[scope] = token, time.monotonic() + 1200
        return token

    def put_blob(self, path, data):
        status, _, text = self.exchange("PUT", "/sluice/" + path, data, {
            "Authorization": "Bearer " + self.token("https://storage.azure.com/.default"),
            "x-ms-version": STORAGE_VERSION, "x-ms-blob-type": "BlockBlob"})
        if status not in (201, 409):
            raise Refused("PUT", path, status, text)

    # Operations

    def start(self, method, path, body=None, version=API_VERSION):
        """Starts an operation; returns its URL, None if there was nothing to do."""
        _, headers, _ = self.call(method, path, body, version=version)
        return headers.get("Azure-AsyncOperation")

    def status_of(self, operation):
        return self.get(operation)["status"]

    def finish(self, operation, deadline=90):
        """Waits for the end of an operation through outages; answers its document."""
        end = time.monotonic() + deadline
        problem = None
        while time.monotonic() < end:
            try:
                document = self.get(operation)
                if document["status"] in ENDED:
                    return document
            except self.FAILURES as error:
                problem = error
            time.sleep(0.05)
        raise TimeoutError("%s did not end in %d s; %s" % (operation, deadline, problem))

    def perform(self, method, path, body=None, deadline=90):
        operation = self.start(method, path, body)
        if operation is None:
            return None
        document = self.finish(operation, deadline)
        if document["status"] != "Succeeded":
            raise RuntimeError("%s %s: %s" % (method, path, document))
        return document
