"""What Schemathesis is told about Sluice: credentials, things that exist, and the liberties that Sluice takes."""

import hashlib
import json
import os
import re
from pathlib import Path

import schemathesis
from schemathesis.core import NOT_SET
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import REQUEST_SHAPE_PROBES
from schemathesis.openapi.checks import MissingContentType

import leniency
from world import PLAYGROUND, World, deployment_scope

WORLD = World.load(Path(os.environ["SLUICE_CONTRACT_WORLD"]))


# Credentials


@schemathesis.auth(refresh_interval=None).apply_to(path_regex="^/(subscriptions|tenants|providers)")
class ManagementToken:
    def get(self, case, context):
        return WORLD.token

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


@schemathesis.auth(refresh_interval=None).apply_to(path_regex="^/sluice")
class StorageToken:
    def get(self, case, context):
        return WORLD.storage_token

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}", "x-ms-version": "2021-12-02"}


# Things that exist


# Texts that services stumble over, for query parameters: few cases would have one by themselves. PostgreSQL has no NUL.
_AWKWARD = (
    "\x00", "\x00", "\x00", "a\x00b=c", "a=\x00", "\x7f", "'", '"', "\\", "%", "%00", "%zz", "..", "a/b", "a,b=c", "=",
    ",", "{}", "\u202e", "\ufeff", "e\u0301", "\U0001f600", "null", "-1", "1e309", "9223372036854775808")


class Chance:
    """Choices that depend on the case alone, so that the same case is always the same request."""

    def __init__(self, case):
        body = None if case.body is NOT_SET else case.body
        text = repr((case.operation.label, dict(case.path_parameters or {}), dict(case.query or {}), body))
        # These differ from run to run.
        for made_up in (WORLD.url, WORLD.subscription, WORLD.tenant, WORLD.container, WORLD.operation):
            text = text.replace(made_up, "")
        self._digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        self._count = 0

    def below(self, limit):
        self._count += 1
        value = hashlib.sha256(self._digest + self._count.to_bytes(4, "big")).digest()
        return int.from_bytes(value[:4], "big") % limit

    def percent(self, share):
        return self.below(100) < share

    def pick(self, choices):
        return choices[self.below(len(choices))]


def _negated(case, location):
    """Names of the parameters that the case breaks on purpose: these stay as they are."""
    data = case.meta.phase.data if case.meta else None
    names = {m.parameter for m in getattr(data, "mutations", ()) if m.parameter_location == location}
    if data is not None and getattr(data, "parameter_location", None) == location:
        names.add(data.parameter)
    return names


@schemathesis.hook
def map_case(context, case):
    chance = Chance(case)
    # A case that breaks one thing on purpose has everything else right, or the other thing would be what is refused.
    breaks = case.meta is not None and case.meta.generation.mode.is_negative
    parameters = dict(case.path_parameters or {})
    broken = _negated(case, ParameterLocation.PATH)
    known = WORLD.path_values(case.operation.path, case.operation.method.upper(), chance.pick)
    last = re.findall(r"\{(\w+)\}$", case.operation.path)
    for name, value in known.items():
        if name in parameters and name not in broken and isinstance(parameters[name], str):
            if breaks or chance.percent(85 if [name] == last else 95):
                parameters[name] = value
    if case.operation.method.upper() == "PUT" and last == ["version"] and (breaks or chance.percent(70)):
        # Versions can't be changed: one that exists refuses what a new one might take.
        if parameters.get("version") == known["version"]:
            parameters["version"] = str(chance.below(1_000_000))
    if case.operation.method.upper() == "DELETE":
        # What the other operations need stays.
        for name in last:
            if WORLD.is_needed(parameters.get(name)):
                parameters[name] = known[name]
        if last == ["version"] and WORLD.is_needed(parameters.get("name")):
            parameters["name"] = known["name"]
    if parameters != (case.path_parameters or {}):
        case.path_parameters = parameters
    query = dict(case.query or {})
    for name, value in query.items():
        if not breaks and isinstance(value, str) and name != "api-version" and chance.percent(25):
            query[name] = _AWKWARD[chance.below(len(_AWKWARD))]
    if query != (case.query or {}):
        case.query = query
    if isinstance(case.body, dict) and chance.percent(95 if breaks else 85):
        body = _with_known_values(case.body)
        body = _with_template(case, body, breaks, chance)
        if body != case.body:
            case.body = body
    # Made-up preconditions never hold, and would be all that is tested.
    broken = _negated(case, ParameterLocation.HEADER)
    for name in ("If-Match", "If-None-Match"):
        if name in (case.headers or {}) and name not in broken and (breaks or chance.percent(85)):
            case.headers = {key: value for key, value in case.headers.items() if key != name}
    return case


def _with_known_values(value, name=""):
    if isinstance(value, dict):
        return {key: _with_known_values(member, key) for key, member in value.items()}
    if isinstance(value, list):
        return [_with_known_values(member) for member in value]
    # Nothing, or an empty text, may be what the case breaks on purpose.
    if name in WORLD.may_be_empty and (value is None or isinstance(value, str)):
        return WORLD.body_values[name]
    if name in WORLD.body_values and isinstance(value, str) and value:
        return WORLD.body_values[name]
    return value


def _with_template(case, body, breaks, chance):
    """Made-up templates are never valid, and would be all that is tested."""
    if case.operation.path.endswith("/calculateTemplateHash"):
        return chance.pick(list(WORLD.templates(PLAYGROUND).valid(False).values())) if not breaks else body
    scope = deployment_scope(case.operation.path)
    properties = body.get("properties")
    if scope is None or not isinstance(properties, dict):
        return body
    is_subscription, templates = scope == "subscription", WORLD.templates(PLAYGROUND)
    valid = templates.valid(is_subscription)
    name = chance.pick(sorted(valid))
    known = valid[name]["properties"]
    if not breaks and chance.percent(15):
        known = known | {"template": chance.pick(templates.invalid(is_subscription))}
    kept = dict(properties)
    for member in ("template", "templateLink", "parameters", "parametersLink"):
        # What the case breaks on purpose stays: there is a member that the document does not allow.
        if _is_allowed(case, member, kept.get(member)):
            kept.pop(member, None)
            if member in known:
                kept[member] = known[member]
    if is_subscription and not breaks:
        kept["mode"] = "Incremental"
    return body | {"properties": kept}


def _is_allowed(case, member, value):
    if value is None:
        return True
    document = leniency.Document.of(case.operation.schema)
    schema = document.root["components"]["schemas"]["TemplateDeploymentRequestProperties"]["properties"][member]
    return document.allows(schema, document.read(schema, value))


@schemathesis.hook
def before_call(context, case, kwargs):
    """What a deletion is aimed at is there half of the time, and what a cancellation is aimed at runs mostly."""
    is_cancellation = case.operation.path.endswith("deployments/{deploymentName}/cancel")
    chance = Chance(case)
    if (is_cancellation and chance.percent(85)) or (case.operation.method.upper() == "DELETE" and chance.percent(50)):
        WORLD.restore(case.operation.path, chance.pick)


@schemathesis.hook
def after_call(context, case, response):
    with WORLD.tally_file.open("a") as file:
        file.write(json.dumps([case.operation.label, response.status_code]) + "\n")


# Checks


@schemathesis.check
def undocumented_success(ctx, response, case):
    """`default` documents errors: every answer below 400 must stand in the document by its status.

    status_code_conformance takes `default` for all of them.
    """
    data = case.meta.phase.data if case.meta else None
    if getattr(data, "scenario", None) in REQUEST_SHAPE_PROBES:
        return None
    status = str(response.status_code)
    documented = case.operation.definition.raw["responses"]
    if response.status_code < 400 and status not in documented and f"{status[0]}XX" not in documented:
        raise Failure(
            operation=case.operation.label, title="Undocumented success",
            message=f"Received: {status}\nDocumented: {', '.join(documented)}")
    return None


def _may_be_empty(case, response):
    """OpenAPI has no way to say that a body may be absent; our documents do it by an extension."""
    responses = case.operation.definition.raw["responses"]
    status = str(response.status_code)
    documented = responses.get(status) or responses.get(f"{status[0]}XX") or responses.get("default") or {}
    return documented.get("x-sluice-optional-body", False)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Three kinds of failures are none."""
    if isinstance(failure, MissingContentType):
        return bool(response.content) or not _may_be_empty(case, response)
    if isinstance(failure, AcceptedNegativeData):
        if case.operation.path.endswith("/whatIf") and WORLD.tells_failure(response.headers["location"]):
            return False
        # It breaks the document only by a liberty that Sluice takes.
        document = leniency.Document.of(case.operation.schema)
        return not leniency.reads_as_valid(
            document, case.operation.path, case.operation.method, response.request)
    return True
