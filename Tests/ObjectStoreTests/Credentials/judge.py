"""Reads AWS configuration files as botocore does: one JSON object a line on standard input, one on standard output."""

import json
import sys
import tempfile

import botocore.configloader


def read(case):
    with tempfile.NamedTemporaryFile("w", newline="") as config, tempfile.NamedTemporaryFile("w", newline="") as keys:
        config.write(case["config"])
        keys.write(case["credentials"])
        config.flush()
        keys.flush()
        loaded = botocore.configloader.load_config(config.name)
        secrets = botocore.configloader.raw_config_parse(keys.name)
    profiles = loaded["profiles"]
    for name, values in secrets.items():
        # As botocore.session.Session.full_config does it.
        profiles.setdefault(name, {}).update(values)
    return {
        "profiles": profiles,
        "sessions": loaded.get("sso_sessions", {}),
        "services": loaded.get("services", {}),
    }


for line in sys.stdin:
    try:
        print(json.dumps(read(json.loads(line))))
    except Exception as error:
        print(json.dumps({"error": str(error)}))
