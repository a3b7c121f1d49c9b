"""Microsoft's own azure-identity on the tests' server. An order on standard input, a JSON object; the tokens on standard output."""

import json
import os
import sys

from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    CertificateCredential, ClientSecretCredential, ManagedIdentityCredential, WorkloadIdentityCredential)

SCOPE = "https://storage.azure.com/.default"


def token(credential):
    try:
        with credential:
            return {"token": credential.get_token(SCOPE).token}
    except ClientAuthenticationError as error:
        return {"error": str(error)}


def main(order):
    common = {
        "authority": order["authority"], "disable_instance_discovery": True, "connection_verify": order["trust"]}
    tenant, client = order["tenant"], order["client"]
    os.environ["REQUESTS_CA_BUNDLE"] = order["trust"]
    found = {
        "secret": token(ClientSecretCredential(tenant, client, order["secret"], **common)),
        "wrong secret": token(ClientSecretCredential(tenant, client, "wrong", **common)),
        "certificate": token(CertificateCredential(tenant, client, order["certificate"], **common)),
        "workload": token(
            WorkloadIdentityCredential(tenant_id=tenant, client_id=client, token_file_path=order["file"], **common)),
    }
    os.environ["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = order["machine"]
    found["machine"] = token(ManagedIdentityCredential())
    found["one of several"] = token(ManagedIdentityCredential(client_id=client))
    os.environ["IDENTITY_ENDPOINT"], os.environ["IDENTITY_HEADER"] = order["endpoint"], order["header"]
    found["app"] = token(ManagedIdentityCredential())
    print(json.dumps(found))


main(json.load(sys.stdin))
