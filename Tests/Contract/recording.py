"""Records what the API responds: every operation of the OpenAPI documents in every api-version of its type.

    python Tests/Contract/recording.py record FILE      SLUICE_BINARIES names the directory of the binaries
    python Tests/Contract/recording.py compare OLD NEW

Two recordings of versions with the same wire are equal byte for byte: what differs from run to run (ids, times, ports,
secrets) stands in each response by the order of its appearance. For changes that must not show, such as moving routes.
"""
import difflib
import json
import re
import sys
import time
from pathlib import Path

import requests

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "Support"))

from installed_sluice import InstalledSluice  # noqa: E402
from service import PROVIDER  # noqa: E402
from world import World, deployment_scope  # noqa: E402

NAMESPACES = ("microsoft.machinelearningservices", "microsoft.insights", "microsoft.authorization", "microsoft.resources")
# Where a path names no provider.
RESOURCES = "microsoft.resources"
HEADERS = ("location", "azure-asyncoperation", "retry-after", "content-type", "etag", "cache-control", "www-authenticate")
VARYING = re.compile(
    r"(?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)?)"
    r"|(?P<duration>PT[0-9.]+S)"
    r"|(?P<id>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
    r"|(?P<hex>\b[0-9a-f]{32}\b|\b[0-9A-F]{16}\b)"
    # Of templates that hold addresses.
    r"|(?P<hash>(?<=templateHash\":\")\d+)"
    r"|(?P<skip>\d{16}_)"
    r"|(?P<epoch>(?<=TimeUtc\":)\d{10})"
    r"|(?P<token>eyJ[\w-]+\.[\w-]+\.[\w-]+)"
    r"|(?P<secret>(?<=Key\":\")[^\"]{20,}|(?<=sig=)[^&\"]+|(?<=\bs[te]=)[^&\"]+)"
    r"|(?P<folder>/tmp/sluice-tests-\w+)"
    r"|(?P<etag>(?<=\"etag\":\"\\\")\d+)", re.IGNORECASE)


class Recorder:
    def __init__(self, world):
        self.world = world
        self.session = requests.Session()
        self.session.verify = world.ca_bundle
        # Else REQUESTS_CA_BUNDLE would count for more.
        self.session.trust_env = False
        self.lines = []

    def stable(self, text):
        """The text with what differs from run to run by the order of its appearance in it."""
        names = {}
        text = re.sub(r"(127\.0\.0\.1):\d+", r"\1:port", text)

        def name(match):
            kind = match.lastgroup
            if kind in ("time", "duration", "epoch", "token", "secret", "folder", "skip", "hash"):
                return f"<{kind}>"
            value = match.group().lower()
            return names.setdefault(value, f"<{kind} {len(names)}>")

        return VARYING.sub(name, text)

    def send(self, method, path, version, body=None, note=""):
        response = self.session.request(
            method, f"{self.world.url}{path}", params={"api-version": version} if version else {}, json=body, timeout=60,
            headers={"Authorization": f"Bearer {self.world.token}"})
        shown = {name: response.headers[name] for name in HEADERS if name in response.headers}
        text = response.text
        self.lines.append(self.stable(f"{method} {path} {version}{note} -> {response.status_code} {json.dumps(shown)} {text}"))
        return response


def versions(world):
    """Versions of each type, by its name in lower case."""
    catalog = world.call("GET", f"/subscriptions/{world.subscription}/providers").json()["value"]
    return {
        f"{provider['namespace']}/{kind['resourceType']}".lower(): kind["apiVersions"]
        for provider in catalog for kind in provider["resourceTypes"]}


def type_of(template):
    """The type that a path is of, in lower case: `microsoft.insights/autoscalesettings`."""
    _, _, below = template.lower().rpartition("/providers/")
    if not any(below.startswith(f"{namespace}/") for namespace in NAMESPACES):
        return f"{RESOURCES}/resourcegroups" if "/resourcegroups" in template.lower() else f"{RESOURCES}/subscriptions"
    namespace, *words = below.split("/")
    return "/".join([namespace, *(word for word in words[::2])])


def known_versions(template, known):
    kind = type_of(template)
    while kind and kind not in known:
        kind = kind.rpartition("/")[0]
    return known.get(kind, ["2022-09-01"])


def document_of(resource):
    """What a client sends back of what it was given."""
    return {name: value for name, value in resource.items() if name not in ("id", "name", "type", "systemData", "etag")}


def await_end(recorder, response):
    """Returns when the operation that a response names has ended."""
    status, result = response.headers.get("Azure-AsyncOperation"), response.headers.get("Location")
    for _ in range(1_000 if status or result else 0):
        state = recorder.session.get(
            status or result, timeout=60, headers={"Authorization": f"Bearer {recorder.world.token}"})
        if state.status_code != 202 and (
                not status or state.json().get("status") in ("Succeeded", "Failed", "Canceled")):
            return
        time.sleep(0.01)


def body_of(recorder, method, template, path, version):
    """A body that changes nothing, or little."""
    world = recorder.world
    if template.endswith("/regenerateKeys"):
        return {"keyType": "Primary"}
    if template.endswith("/getLogs"):
        return {"tail": 5}
    if template.endswith("/startPendingUpload"):
        return {"pendingUploadType": "TemporaryBlobReference"}
    if template.endswith("/calculateTemplateHash"):
        return {"$schema": "https://x", "contentVersion": "1.0.0.0", "resources": []}
    if template.endswith(("/validate", "/whatIf")) or (deployment_scope(template) and method == "PUT"):
        return world.templates(world.group).valid(deployment_scope(template) == "subscription")["values"]
    if template.endswith("/exportTemplate") and not deployment_scope(template):
        return {"resources": ["*"], "options": "IncludeComments"}
    if method == "PATCH":
        return {"tags": {"recorded": version}}
    if method == "PUT":
        present = recorder.session.get(
            f"{world.url}{path}", params={"api-version": version},
            headers={"Authorization": f"Bearer {world.token}"})
        return document_of(present.json()) if present.status_code == 200 else {}
    return None


def _first(choices):
    return choices[0]


def record(world, file):
    recorder = Recorder(world)
    known = versions(world)
    document = recorder.session.get(f"{world.url}/openapi.json", timeout=30).json()
    operations = [
        (template, method.upper()) for template, methods in sorted(document["paths"].items())
        for method in ("get", "head", "post", "put", "patch", "delete") if method in methods
        if template.startswith(("/subscriptions", "/providers", "/tenants"))]
    # Deletions last: everything else is there until then.
    operations.sort(key=lambda operation: (operation[1] == "DELETE", operation[1] in ("PUT", "PATCH"), operation))
    for template, method in operations:
        if template.endswith(("/cancel", "/load")):
            continue  # a race with the end of what it cancels, or with the minute
        for version in known_versions(template, known):
            values = world.path_values(template, "GET" if method == "PUT" else method, _first)
            path = template.format(**values)
            if method == "DELETE":
                if version != known_versions(template, known)[0]:
                    continue
                world.restore(template, _first)
                path = template.format(**world.path_values(template, method, _first))
                if "onlineEndpoints" in template:
                    world.finish(path)
            body = body_of(recorder, method, template, path, version)
            response = recorder.send(method, path, version, body)
            await_end(recorder, response)
            if method in ("PUT", "PATCH", "POST"):
                recorder.send(method, path, version, {"properties": {"nope": 1}} if body else {"nope": 1}, " wrong body")
            if method == "GET" and template.endswith("}"):
                recorder.send(method, f"{path.rsplit('/', 1)[0]}/absent-one", version)
        if method != "DELETE":  # what it deletes may just be going
            recorder.send(method, path, "1999-01-01", None, " unknown version")
    recorder.send("GET", f"/subscriptions/{world.subscription}{PROVIDER}/nothing", "2024-04-01")
    Path(file).write_text("\n".join(recorder.lines) + "\n")
    print(f"{len(recorder.lines)} responses of {len(operations)} operations are in {file}.")
    return 0


def compare(old, new):
    before, after = (Path(file).read_text().splitlines() for file in (old, new))
    count = 0
    for line in difflib.unified_diff(before, after, old, new, lineterm="", n=0):
        print(line[:2_000])
        count += 1
    print("They are equal." if count == 0 else "They differ.")
    return int(count > 0)


def main():
    if sys.argv[1:2] == ["compare"]:
        return compare(*sys.argv[2:4])
    with InstalledSluice({"routers.count": "1", "compute.backend": "simulated"}) as service:
        world = World.sign_in(service.variables())
        world.seed()
        return record(world, sys.argv[2])


if __name__ == "__main__":
    sys.exit(main())
