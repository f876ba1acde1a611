"""Keeps writing through the API, and holds the API to what it acknowledged."""
import http.client
import time

from api import API, ENDED, Refused
from background import Background
from installation import OPERATION_DEADLINE


class Writer(Background):
    """`with Writer(api, location, name) as writer:` writes; `writer.verify()` afterwards compares.

    In turn: a datastore is put, tags of an endpoint are patched, an endpoint is made or the oldest deleted.
    """

    DATASTORES = 5
    ENDPOINTS = 4

    def __init__(self, api, location, name):
        super().__init__()
        self._api, self._location, self._name = api, location, name
        # Path to the value that was acknowledged last, and values sent since whose fate is unknown.
        self._acknowledged, self._unknown = {}, {}
        self._deleted = set()
        self._made = []
        self.operations = {}
        self.acknowledged, self.refused = 0, 0
        # Kind of refusal to how often it occurred, and to the first one's text.
        self.problems, self.examples = {}, {}

    def note_operation(self, url):
        """An operation that somebody else started must end as well."""
        if url:
            self.operations.setdefault(url, time.monotonic())

    # Writing

    def step(self, number):
        try:
            (self._put_datastore, self._patch_tags, self._make_or_delete)[number % 3](number)
        except API.FAILURES as error:
            self.refused += 1
            key = "%d" % error.status if isinstance(error, Refused) else type(error).__name__
            self.problems[key] = self.problems.get(key, 0) + 1
            self.examples.setdefault(key, str(error)[:500])

    def _put_datastore(self, number):
        path = "%s/datastores/%s%d" % (self._api.workspace, self._name.replace("-", "_"), number % self.DATASTORES)
        self._write(path, number, lambda: self._api.call("PUT", path, {"properties": {
            "datastoreType": "AzureBlob", "accountName": "sluice", "containerName": "chaos-data",
            "description": str(number), "credentials": {"credentialsType": "None"}}}))

    def _patch_tags(self, number):
        if not self._made:
            return
        path = self._made[-1]
        self._write(path, number, lambda: self._api.call("PATCH", path, {"tags": {"number": str(number)}}))

    def _make_or_delete(self, number):
        if len(self._made) < self.ENDPOINTS:
            path = "%s/onlineEndpoints/%s-%d" % (self._api.workspace, self._name, number)
            answer = self._write(path, number, lambda: self._api.call("PUT", path, {
                "location": self._location, "tags": {"number": str(number)}, "properties": {"authMode": "Key"}}))
            self._made.append(path)
        else:
            path = self._made.pop(0)
            self._unknown.setdefault(path, set()).add(None)
            answer = self._api.call("DELETE", path)
            self.acknowledged += 1
            self._deleted.add(path)
            self._acknowledged.pop(path, None)
        self.note_operation(answer[1].get("Azure-AsyncOperation"))

    def _write(self, path, number, call):
        self._unknown.setdefault(path, set()).add(str(number))
        answer = call()
        self._acknowledged[path] = str(number)
        self._unknown[path] = set()
        self.acknowledged += 1
        return answer

    # Verifying

    def verify(self):
        """Waits for the operations; answers (writes lost, operations not ended, operations failed), in words."""
        unended, failed = self._await_operations()
        return self._lost(), unended, failed

    def _await_operations(self):
        unended, failed = [], []
        for url, since in self.operations.items():
            end = max(since + OPERATION_DEADLINE + 5, time.monotonic() + 2)
            status = "unknown"
            while time.monotonic() < end:
                try:
                    document = self._api.get(url)
                    status = document["status"]
                    if status in ENDED:
                        break
                except API.FAILURES as error:
                    status = str(error)
                time.sleep(0.05)
            if status not in ENDED:
                unended.append("%s: %s" % (url.split("?")[0].rsplit("/", 1)[1], status))
            elif status == "Failed":
                failed.append("%s: %s" % (url.split("?")[0].rsplit("/", 1)[1], document.get("error")))
        return unended, failed

    def _lost(self):
        lost = []
        for path, value in self._acknowledged.items():
            found = self._read(path)
            if found != value and found not in self._unknown.get(path, ()):
                lost.append("%s is %s, acknowledged was %s" % (path.rsplit("/", 1)[1], found, value))
        for path in self._deleted:
            if self._read(path) is not None:
                lost.append("%s is there, its deletion was acknowledged" % path.rsplit("/", 1)[1])
        return lost

    def _read(self, path):
        """The number that a resource carries, None if it is not there."""
        for attempt in range(5):
            try:
                document = self._api.get(path)
                return document["properties"].get("description") or document.get("tags", {}).get("number")
            except Refused as error:
                if error.status == 404:
                    return None
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(1)
        return "unreadable"

    def clean(self):
        for path in self._made:
            try:
                self._api.call("DELETE", path)
            except API.FAILURES:
                pass
