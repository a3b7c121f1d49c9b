"""Says which hosts botocore asks: one JSON object a line on standard input, one host or error a line on standard output."""

import json
import os
import sys
import tempfile

import botocore.session

OPERATIONS = {
    "s3": ("ListObjectsV2", {"Bucket": "data"}),
    "sts": ("AssumeRole", {"RoleArn": "x", "RoleSessionName": "y"}),
    "sso": ("GetRoleCredentials", {}),
}


def host(case):
    with tempfile.NamedTemporaryFile("w") as config:
        config.write(case["config"])
        config.flush()
        os.environ["AWS_CONFIG_FILE"] = config.name
        for name in ("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"):
            os.environ.pop(name, None)
        os.environ.update(case["environment"])
        session = botocore.session.Session()
        client = session.create_client(
            case["service"], region_name=case["region"], aws_access_key_id="a", aws_secret_access_key="b"
        )
        operation, arguments = OPERATIONS[case["service"]]
        model = client.meta.service_model.operation_model(operation)
        return client._ruleset_resolver.construct_endpoint(model, arguments, {}).url


for line in sys.stdin:
    try:
        print(host(json.loads(line)))
    except Exception as error:
        print("error:", str(error).replace("\n", " "))
