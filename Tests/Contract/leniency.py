"""Sluice's reading of a request, and whether the document allows what was read.

Sluice is lenient on purpose (surface.md section 4, `BodyReader` and `Request+Reading`): names and enumerations without
regard to case, integers also as text, unknown members ignored, null like absent. A request that breaks the document
only by such a liberty is answered like the request that it means. `reads_as_valid` applies exactly these rules to what
was sent and holds the result against the document: true says that nothing but liberties was taken.
"""

import json
import re
from urllib.parse import parse_qsl, unquote, urlsplit

import jsonschema_rs

_ABSENT = object()
_INTEGER = re.compile(r"[+-]?[0-9]+")
# Spelt CustomModel in some published examples: the underscore is not looked at.
_PLAIN_ENUMERATIONS = {"modelType"}


class Document:
    """The raw OpenAPI document; everything in it is reached through `$ref`s into itself."""

    _latest = None

    def __init__(self, root):
        self.root = root
        self._validators = {}

    @classmethod
    def of(cls, schema):
        """The document behind a schema of Schemathesis; kept, for it does not change in a run."""
        if cls._latest is None or cls._latest.root is not schema.raw_schema:
            cls._latest = cls(schema.raw_schema)
        return cls._latest

    def resolve(self, node):
        while isinstance(node, dict) and "$ref" in node:
            target = self.root
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def allows(self, schema, value):
        return not self.errors(schema, value)

    def errors(self, schema, value):
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            self._validators[key] = jsonschema_rs.Draft4Validator(self._plain(schema))
        return [error.message for error in self._validators[key].iter_errors(value)]

    def _plain(self, schema):
        """A JSON Schema without references; `nullable` has no meaning after null members are gone."""
        schema = self.resolve(schema)
        if isinstance(schema, dict):
            return {name: self._plain(part) for name, part in schema.items() if name not in ("example", "default")}
        if isinstance(schema, list):
            return [self._plain(part) for part in schema]
        return schema

    # Values as they are read

    def read(self, schema, value, name="", in_map=False):
        schema = self.resolve(schema)
        if value is None:
            return _ABSENT
        if isinstance(value, dict):
            return self._read_object(schema, value)
        kind = schema.get("type")
        if kind == "array" and isinstance(value, list):
            return [None if item is None else self.read(schema.get("items", {}), item) for item in value]
        if "enum" in schema and isinstance(value, str):
            return self._read_enumeration(schema["enum"], value, name)
        return read_scalar(kind, value, in_map)

    def _read_object(self, schema, value):
        properties = schema.get("properties", {})
        others = schema.get("additionalProperties")
        by_lower = {name.lower(): name for name in properties}
        read = {}
        for name, member in value.items():
            declared = name if name in properties else by_lower.get(name.lower())
            if declared is not None:
                # The exact name wins over one that differs in case, and of those the first.
                if name != declared and (declared in value or declared in read):
                    continue
                result = self.read(properties[declared], member, declared)
            elif isinstance(others, dict):
                declared, result = name, self.read(others, member, in_map=True)
            elif others is False:
                declared, result = name, member
            else:
                continue
            if result is not _ABSENT:
                read[declared] = result
        return read

    @staticmethod
    def _read_enumeration(choices, value, name):
        def plain(text):
            return text.lower().replace(" ", "").replace("_", "" if name in _PLAIN_ENUMERATIONS else "_")

        return next((choice for choice in choices if plain(choice) == plain(value)), value)


def read_scalar(kind, value, in_map=False):
    if kind == "integer" and isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    if kind == "number" and isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    if kind == "boolean" and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if kind == "string" and in_map and isinstance(value, (bool, int, float)):
        return json.dumps(value)
    return value


def reads_as_valid(document, template, method, request):
    """Whether a sent request (of `requests`) is one that the document allows, once read as Sluice reads it."""
    return not problems(document, template, method, request)


def problems(document, template, method, request):
    item = document.root["paths"][template]
    operation = item[method.lower()]
    parameters = [document.resolve(p) for p in item.get("parameters", []) + operation.get("parameters", [])]
    found = _path_problems(document, template, parameters, request)
    found += _query_problems(document, parameters, request)
    found += _header_problems(document, parameters, request)
    found += _body_problems(document, operation, request)
    return found


def _path_problems(document, template, parameters, request):
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]*)", re.escape(template))
    if "x-sluice-takes-rest" in document.root["paths"][template]:
        pattern = re.sub(r"\[\^/\]\*\)$", ".*)", pattern)
    match = re.fullmatch(pattern, urlsplit(request.url).path)
    if match is None:
        return ["the path is another one"]
    found = []
    for parameter in parameters:
        if parameter["in"] == "path":
            value = unquote(match[parameter["name"]])
            found += document.errors(parameter["schema"], value)
    return found


def _query_problems(document, parameters, request):
    # Of equal names the first wins.
    sent = {}
    for name, text in parse_qsl(urlsplit(request.url).query, keep_blank_values=True):
        sent.setdefault(name.lower(), text)
    found = []
    for parameter in parameters:
        if parameter["in"] != "query":
            continue
        name, schema = parameter["name"], document.resolve(parameter["schema"])
        text = sent.get(name.lower())
        if not text:
            # An empty parameter is an absent one.
            if parameter.get("required"):
                found.append(f"{name} is missing")
            continue
        value = document.read(schema, text, name)
        found += [f"{name}: {error}" for error in document.errors(schema, value)]
    return found


def _header_problems(document, parameters, request):
    found = []
    for parameter in parameters:
        if parameter["in"] == "header":
            text = request.headers.get(parameter["name"])
            if text is None:
                found += [f"{parameter['name']} is missing"] if parameter.get("required") else []
                continue
            text = text.decode("latin-1") if isinstance(text, bytes) else text
            found += [f"{parameter['name']}: {e}" for e in document.errors(parameter["schema"], text.strip(" \t"))]
    return found


def _body_problems(document, operation, request):
    wanted = document.resolve(operation.get("requestBody"))
    if not wanted:
        return []
    body = request.body
    body = body.encode() if isinstance(body, str) else body
    if not body:
        return ["the body is missing"] if wanted.get("required") else []
    content = wanted["content"]
    if "application/x-www-form-urlencoded" in content:
        value = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        return document.errors(content["application/x-www-form-urlencoded"]["schema"], value)
    if "application/json" not in content:
        return []
    schema = content["application/json"]["schema"]
    try:
        value = json.loads(body)
    except ValueError:
        return ["the body is not JSON"]
    if not isinstance(value, dict):
        return ["the body is not an object"]
    return document.errors(schema, document.read(schema, value))
