"""Validates documents against a JSON Schema: judge.py SCHEMA, with names of files on standard input.

Prints a JSON object of the files that are not valid, each with the first objection. YAML is read as YAML 1.2 types it,
which is what editors do."""

import json
import re
import sys

import jsonschema
import yaml


class CoreLoader(yaml.SafeLoader):
    """YAML 1.2's core schema on top of PyYAML, which knows only 1.1."""


CoreLoader.yaml_implicit_resolvers = {}
for tag, pattern, first in [
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", "-+.0123456789"),
    ("null", r"null|Null|NULL|~|", ["n", "N", "~", ""]),
    ("merge", r"<<", "<"),
]:
    CoreLoader.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(rf"^(?:{pattern})$"), first)


def construct_int(loader, node):
    text = loader.construct_scalar(node)
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    return int(text[2:] if base != 10 else text, base)


CoreLoader.add_constructor("tag:yaml.org,2002:int", construct_int)


def documents(path):
    with open(path, encoding="utf-8") as file:
        if path.endswith(".ndjson"):
            return [json.loads(line) for line in file]
        if path.endswith(".json"):
            return [json.load(file)]
        return [document for document in yaml.load_all(file, CoreLoader) if document is not None]


with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
objections = {}
for path in sys.stdin.read().splitlines():
    for document in documents(path):
        error = jsonschema.exceptions.best_match(validator.iter_errors(document))
        if error is not None:
            objections.setdefault(path, f"{error.json_path}: {error.message}")
json.dump(objections, sys.stdout)
