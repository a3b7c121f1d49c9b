"""Verifies JSON web tokens as google-auth does: one JSON object a line on standard input, one on standard output."""

import json
import sys

import google.auth.jwt


def verify(case):
    try:
        claims = google.auth.jwt.decode(case["token"], certs={case["kid"]: case["certificate"]})
    except ValueError as error:
        return {"error": str(error)}
    return {"claims": claims, "header": google.auth.jwt.decode_header(case["token"])}


for line in sys.stdin:
    json.dump(verify(json.loads(line)), sys.stdout)
    print()
