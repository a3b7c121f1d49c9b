"""awscrt_copy.py ENDPOINT DESTINATION AUTHORITIES KEYS: a copy with AWS' own client, which lists nothing: KEYS is a
file of sizes and keys. AUTHORITIES is a file of certificates, or -."""

import os
import sys
import urllib.parse
from concurrent.futures import wait

from awscrt.auth import AwsCredentialsProvider
from awscrt.http import HttpHeaders, HttpRequest
from awscrt.io import ClientBootstrap, ClientTlsContext, DefaultHostResolver, EventLoopGroup, TlsContextOptions
from awscrt.s3 import S3Client, S3RequestTlsMode, S3RequestType

endpoint, destination, authorities, keys = sys.argv[1:]
place = urllib.parse.urlsplit(endpoint)
loops = EventLoopGroup()
tls = None
if place.scheme == "https":
    options = TlsContextOptions()
    options.override_default_trust_store_from_path(None, authorities)
    tls = ClientTlsContext(options).new_connection_options()
client = S3Client(
    bootstrap=ClientBootstrap(loops, DefaultHostResolver(loops)),
    region="us-east-1",
    tls_mode=S3RequestTlsMode.ENABLED if tls else S3RequestTlsMode.DISABLED,
    tls_connection_options=tls,
    credential_provider=AwsCredentialsProvider.new_static("bench", "bench"),
    throughput_target_gbps=40,
)
waiting = []
with open(keys, encoding="utf-8") as lines:
    for line in lines:
        key = line.split()[1]
        path = os.path.join(destination, key)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        request = HttpRequest("GET", f"/bench/{key}", HttpHeaders([("host", place.netloc)]))
        waiting.append(
            client.make_request(type=S3RequestType.GET_OBJECT, request=request, recv_filepath=path).finished_future
        )
        if len(waiting) >= 256:
            waiting.pop(0).result()
for result in wait(waiting).done:
    result.result()
