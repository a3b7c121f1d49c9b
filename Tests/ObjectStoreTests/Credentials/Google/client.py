"""Gets a token as Google's own library does, from a credentials file or from the metadata server of the environment, and prints it with
what the library knows: one JSON object.

    python3 client.py FILE | metadata

Where the library asks Google whatever a file says, it is sent to where the file says.
"""

import json
import sys

import google.auth.aws
import google.auth.compute_engine
import google.auth.external_account_authorized_user
import google.auth.identity_pool
import google.auth.impersonated_credentials
import google.auth.pluggable
import google.oauth2.credentials
import google.oauth2.service_account
from google.auth.compute_engine import _metadata
from google.auth.transport.requests import Request

SCOPES = ["https://www.googleapis.com/auth/devstorage.read_write"]


def external(info):
    source = info["credential_source"]
    if "environment_id" in source:
        return google.auth.aws.Credentials.from_info(info, scopes=SCOPES)
    if "executable" in source:
        return google.auth.pluggable.Credentials.from_info(info, scopes=SCOPES)
    return google.auth.identity_pool.Credentials.from_info(info, scopes=SCOPES)


def user(info):
    return google.oauth2.credentials.Credentials.from_authorized_user_info(info).with_token_uri(info["token_uri"])


def impersonated(info):
    credentials = google.auth.impersonated_credentials.Credentials.from_impersonated_service_account_info(info, scopes=SCOPES)
    credentials._iam_endpoint_override = info["service_account_impersonation_url"]
    source = info["source_credentials"]
    if source["type"] == "authorized_user":
        credentials._source_credentials = user(source)
    return credentials


def load(info):
    match info["type"]:
        case "service_account":
            return google.oauth2.service_account.Credentials.from_service_account_info(info, scopes=SCOPES)
        case "authorized_user":
            return user(info)
        case "external_account_authorized_user":
            return google.auth.external_account_authorized_user.Credentials.from_info(info)
        case "external_account":
            return external(info)
        case "impersonated_service_account":
            return impersonated(info)


request = Request()
if sys.argv[1] == "metadata":
    assert _metadata.is_on_gce(request)
    credentials = google.auth.compute_engine.Credentials(scopes=SCOPES)
else:
    with open(sys.argv[1], encoding="utf-8") as file:
        credentials = load(json.load(file))
credentials.refresh(request)
print(json.dumps({"token": credentials.token, "account": getattr(credentials, "service_account_email", None) or ""}))
