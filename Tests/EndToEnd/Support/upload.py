"""Uploads a file as Amazon's own library does: upload.py PORT BUCKET KEY FILE PART-SIZE [ALGORITHM], the keys by environment."""

import sys

import boto3
from boto3.s3.transfer import TransferConfig

port, bucket, key, file, part_size = sys.argv[1:6]
extra = {"ChecksumAlgorithm": sys.argv[6]} if len(sys.argv) > 6 else {}
client = boto3.client("s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1")
size = int(part_size)
client.upload_file(file, bucket, key, ExtraArgs=extra, Config=TransferConfig(multipart_threshold=size, multipart_chunksize=size))
answer = client.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")["ResponseMetadata"]["HTTPHeaders"]
print(answer["etag"], *(f"{name}={value}" for name, value in answer.items() if name.startswith("x-amz-checksum-")))
