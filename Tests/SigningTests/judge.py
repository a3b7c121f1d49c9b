"""Signs requests as botocore does: one JSON object a line on standard input, one on standard output.

It starts from the raw key and the raw query, so that it judges the encoding as well as the signature."""

import base64
import datetime
import json
import sys
import types
from urllib.parse import quote

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


def query_of(items):
    names = []
    for item in items:
        text = quote(item["name"], safe="")
        names.append(text + "=" + quote(base64.b64decode(item["value"]), safe="") if "value" in item else text)
    return "&".join(names)


def sign(case):
    path = quote(base64.b64decode(case["path"]), safe="/")
    query = query_of(case["query"])
    url = f"{case['scheme']}://{case['host']}{path}" + ("?" + query if query else "")
    request = AWSRequest(method=case["method"], url=url, data=base64.b64decode(case["body"]))
    for name, value in case["headers"]:
        request.headers.add_header(name, value)

    credentials = Credentials(case["id"], case["secret"], case.get("token"))
    now = datetime.datetime.fromtimestamp(case["time"], datetime.timezone.utc).replace(tzinfo=None)
    botocore.auth.get_current_datetime = lambda *_: now
    is_s3 = case["service"] == "s3"
    if is_s3:
        config = {"payload_signing_enabled": not case["unsigned"]}
        request.context["client_config"] = types.SimpleNamespace(s3=config)
    else:
        request.context["payload_signing_enabled"] = not case["unsigned"]

    scope = (credentials, case["service"], case["region"])
    if "lifetime" in case:
        kind = botocore.auth.S3SigV4QueryAuth if is_s3 else botocore.auth.SigV4QueryAuth
        kind(*scope, expires=case["lifetime"]).add_auth(request)
        items = request.url.partition("?")[2].split("&")
        return {"path": path, "items": sorted(item if "=" in item else item + "=" for item in items)}

    kind = botocore.auth.S3SigV4Auth if is_s3 else botocore.auth.SigV4Auth
    given = {name.lower() for name, _ in case["headers"]}
    kind(*scope).add_auth(request)
    added = {name.lower(): value for name, value in request.headers.items() if name.lower() not in given}
    return {"path": path, "query": query, "headers": added}


for line in sys.stdin:
    json.dump(sign(json.loads(line)), sys.stdout)
    print()
