"""Google's own client of its storage, at a server of this machine. It prints one JSON object, whose values are strings.

    client.py read|write PORT BUCKET KEY
    client.py pack|unpack PORT BUCKET KEY
    client.py every-route PORT BUCKET
    client.py session PORT BUCKET
    client.py folders PORT BUCKET
"""

import gzip
import hashlib
import json
import sys
import time

import requests
from google.api_core.exceptions import BadRequest, Conflict, NotFound, PreconditionFailed
from google.cloud import storage
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

TEXT = "what is packed, " * 100


def connect(port):
    options = {"api_endpoint": f"http://127.0.0.1:{port}"}
    return storage.Client(project="test", credentials=Credentials("owner"), client_options=options)


def read(bucket, key):
    blob = bucket.get_blob(key)
    data = blob.download_as_bytes(checksum="crc32c")
    return {
        "sha256": hashlib.sha256(data).hexdigest(), "size": str(blob.size), "generation": str(blob.generation),
        "type": blob.content_type or "", "metadata": json.dumps(blob.metadata or {}, sort_keys=True, ensure_ascii=False),
        "part": blob.download_as_bytes(start=1, end=3, checksum=None).hex(),
    }


def write(bucket, key):
    data = bytes(range(256)) * 5000
    blob = bucket.blob(key, chunk_size=256 * 1024)
    blob.metadata = {"mtime": "1.5", "owner": "é=1"}
    blob.upload_from_string(data, content_type="text/x-test", if_generation_match=0, checksum="crc32c")
    return {"sha256": hashlib.sha256(data).hexdigest(), "generation": str(blob.generation)}


def pack(bucket, key):
    blob = bucket.blob(key)
    blob.content_encoding = "gzip"
    data = gzip.compress(TEXT.encode())
    blob.upload_from_string(data, content_type="text/plain")
    return {"size": str(len(data)), "text": TEXT}


def unpack(bucket, key):
    return {"text": bucket.blob(key).download_as_bytes(checksum=None).decode()}


def fails(kind, call, *arguments, **options):
    try:
        call(*arguments, **options)
    except kind:
        return True
    return False


def every_route(client, bucket):
    """Each route of the server once, and what it refuses; what does not hold is named."""
    checks = {}
    one = bucket.blob("one")
    one.upload_from_string(b"1" * 10, if_generation_match=0)
    checks["create only"] = fails(PreconditionFailed, one.upload_from_string, b"2", if_generation_match=0)
    large = bucket.blob("large", chunk_size=256 * 1024)
    large.upload_from_string(b"x" * (1 << 20), checksum="crc32c")
    checks["chunks"] = large.size == 1 << 20 and large.download_as_bytes() == b"x" * (1 << 20)
    large.reload()
    checks["reload"] = large.size == 1 << 20
    checks["range"] = one.download_as_bytes(start=2, end=4, checksum=None) == b"111"
    checks["pinned"] = fails(NotFound, bucket.blob("one", generation=1).download_as_bytes)
    checks["read condition"] = fails(PreconditionFailed, one.reload, if_generation_match=1)
    two = bucket.blob("two")
    two.compose([one, one], if_generation_match=0)
    checks["compose"] = two.size == 20 and two.md5_hash is None and two.component_count == 2
    three, calls = bucket.blob("three"), 1
    big = bucket.blob("big")
    big.upload_from_string(b"y" * (3 << 20))
    token, _, _ = three.rewrite(big)
    while token is not None:
        token, _, _ = three.rewrite(big, token=token)
        calls += 1
    checks["rewrite"] = calls == 3 and three.download_as_bytes() == b"y" * (3 << 20)
    checks["rewrite condition"] = fails(PreconditionFailed, two.rewrite, one, if_generation_match=0)
    copy = bucket.blob("dir/copy")
    copy.rewrite(one)
    checks["copy"] = copy.download_as_bytes() == b"1" * 10
    moved = bucket.move_blob(copy, "dir/moved", if_generation_match=0)
    checks["move"] = moved.name == "dir/moved" and not copy.exists()
    one.metadata = {"k": "v"}
    one.patch()
    generation = one.generation
    one.reload()
    checks["patch"] = one.metadata == {"k": "v"} and one.generation == generation and one.metageneration == 2
    one.content_type = "a/b"
    one.update()
    checks["update"] = bucket.get_blob("one").content_type == "a/b"
    listing = client.list_blobs(bucket, delimiter="/", page_size=2)
    names, prefixes, pages = [], set(), 0
    for page in listing.pages:
        names += [blob.name for blob in page]
        prefixes |= set(listing.prefixes)
        pages += 1
    checks["list"] = names == ["big", "large", "one", "three", "two"] and prefixes == {"dir/"} and pages == 3
    checks["list from"] = [b.name for b in client.list_blobs(bucket, start_offset="one", end_offset="two")] == ["one", "three"]
    checks["no such object"] = bucket.get_blob("none") is None
    checks["delete condition"] = fails(PreconditionFailed, one.delete, if_generation_match=1)
    one.delete(if_generation_match=one.generation)
    checks["delete"] = fails(NotFound, bucket.blob("one").delete)
    checks["bucket"] = client.get_bucket(bucket.name).name == bucket.name
    other = client.create_bucket(bucket.name + "-other")
    other.delete()
    checks["bucket deleted"] = not other.exists()
    return verdict(checks)


def session(_, bucket):
    """What its client never does, in a session that it has begun; and what it asks for otherwise than we do."""
    chunk, checks = 256 * 1024, {}
    place = bucket.blob("chunks").create_resumable_upload_session(if_generation_match=0)

    def put(range, body=b""):
        return requests.put(place, data=body, headers={"Content-Range": range})

    def kept(answer):
        return answer.status_code == 308 and answer.headers.get("Range")

    checks["nothing yet"] = kept(put("bytes */*")) is None
    checks["first"] = kept(put(f"bytes 0-{chunk - 1}/*", b"a" * chunk)) == f"bytes=0-{chunk - 1}"
    checks["again"] = kept(put(f"bytes 0-{chunk - 1}/*", b"b" * chunk)) == f"bytes=0-{chunk - 1}"
    checks["gap"] = put(f"bytes {2 * chunk}-{3 * chunk - 1}/*", b"c" * chunk).status_code == 400
    checks["unaligned"] = put(f"bytes {chunk}-{chunk + 9}/*", b"c" * 10).status_code == 400
    checks["overlapping"] = kept(put(f"bytes 0-{2 * chunk - 1}/*", b"c" * 2 * chunk)) == f"bytes=0-{2 * chunk - 1}"
    checks["status"] = kept(put(f"bytes */{2 * chunk + 5}")) == f"bytes=0-{2 * chunk - 1}"
    checks["last"] = put(f"bytes {2 * chunk}-{2 * chunk + 4}/{2 * chunk + 5}", b"d" * 5).status_code == 200
    checks["done"] = put(f"bytes */{2 * chunk + 5}").json()["size"] == str(2 * chunk + 5)
    data = bucket.blob("chunks").download_as_bytes()
    checks["content"] = data == b"a" * chunk + b"c" * chunk + b"d" * 5

    place = bucket.blob("never").create_resumable_upload_session()
    checks["cancelled"] = requests.delete(place).status_code == 499 and put("bytes */*").status_code == 404
    checks["nothing left"] = bucket.get_blob("never") is None

    wrong = bucket.blob("wrong")
    wrong.crc32c = "AAAAAA=="
    checks["wrong crc32c"] = fails(BadRequest, wrong.upload_from_string, b"x", checksum=None) and not wrong.exists()

    pack(bucket, "packed")
    url = f"http://127.0.0.1:{port}/storage/v1/b/{bucket.name}/o/packed?alt=media"
    headers = {"Authorization": "Bearer owner", "Accept-Encoding": "identity", "Range": "bytes=0-3"}
    unpacked = requests.get(url, headers=headers)
    checks["unpacked whole"] = unpacked.status_code == 200 and unpacked.text == TEXT
    layout = requests.get(url.partition("/o/")[0] + "/storageLayout", headers=headers).json()
    checks["layout"] = layout["hierarchicalNamespace"] == {"enabled": True}
    return verdict(checks)


def folders(_, bucket):
    """The routes of folders, as Google's own description of its API has them, in a bucket that takes its time for what it renames."""
    options = {"api_endpoint": f"http://127.0.0.1:{port}/storage/v1/"}
    api = build("storage", "v1", credentials=Credentials("owner"), client_options=options, static_discovery=True)
    resource, checks = api.folders(), {}

    def ask(request):
        try:
            return request.execute()
        except HttpError as error:
            return error.status_code

    def names(**query):
        page = api.objects().list(bucket=bucket.name, **query).execute()
        return [item["name"] for item in page.get("items", [])], page.get("prefixes", [])

    def make(name, **query):
        return ask(resource.insert(bucket=bucket.name, body={"name": name}, **query))

    def look(name):
        return ask(resource.get(bucket=bucket.name, folder=name))

    def remove(name):
        return ask(resource.delete(bucket=bucket.name, folder=name))

    def rename(name, target):
        return ask(resource.rename(bucket=bucket.name, sourceFolder=name, destinationFolder=target))

    checks["made"] = make("empty/")["name"] == "empty/" and make("empty/") == 409
    checks["parents"] = make("a/b/c/") == 404 and make("a/b/c/", recursive=True)["name"] == "a/b/c/"
    bucket.blob("d/e/x y").upload_from_string(b"x")
    bucket.blob("d/").upload_from_string(b"")
    checks["with objects"] = look("d/e/")["name"] == "d/e/" and look("none/") == 404
    listed = ask(resource.list(bucket=bucket.name, prefix="d/"))["items"]
    checks["list"] = [item["name"] for item in listed] == ["d/", "d/e/"]
    checks["shown"] = names(delimiter="/", includeFoldersAsPrefixes=True) == ([], ["a/", "d/", "empty/"])
    checks["not shown"] = names(delimiter="/") == ([], ["d/"])
    checks["not empty"] = remove("d/") == 409
    checks["removed"] = remove("empty/") == "" and remove("empty/") == 404
    checks["no source"] = rename("none/", "other/") == 404
    checks["target there"] = rename("d/", "a/") == 409
    checks["no parent"] = rename("d/", "n/o/") == 404
    checks["into itself"] = rename("d/", "d/d/") == 400
    begun = rename("d/", "a/new/")
    operation = begun["name"].rpartition("/")[2]
    checks["begun"] = not begun["done"] and begun["name"] == f"projects/_/buckets/{bucket.name}/operations/{operation}"
    checks["pending"] = look("d/")["pendingRenameInfo"]["operationId"] == operation
    checks["read meanwhile"] = bucket.blob("d/e/x y").download_as_bytes() == b"x"
    checks["not written meanwhile"] = fails(Conflict, bucket.blob("d/z").upload_from_string, b"z")
    while not (found := ask(api.operations().get(bucket=bucket.name, operationId=operation)))["done"]:
        time.sleep(0.05)
    checks["done"] = found["response"]["name"] == "a/new/" and look("d/") == 404
    checks["moved"] = names() == (["a/new/", "a/new/e/x y"], []) and look("a/new/e/")["name"] == "a/new/e/"
    checks["emptied"] = fails(NotFound, bucket.blob("d/e/x y").download_as_bytes)
    checks["no operation"] = ask(api.operations().get(bucket=bucket.name, operationId="none")) == 404
    rights = ["storage.folders.rename", "storage.objects.get"]
    granted = ask(api.buckets().testIamPermissions(bucket=bucket.name, permissions=rights))["permissions"]
    checks["permissions"] = granted == rights
    return verdict(checks)


def verdict(checks):
    return {"wrong": ", ".join(name for name, holds in checks.items() if not holds), "checked": str(len(checks))}


verb, port, name, *rest = sys.argv[1:]
client = connect(port)
bucket = client.bucket(name)
ways = {"every-route": every_route, "session": session, "folders": folders}
if verb in ways:
    print(json.dumps(ways[verb](client, bucket)))
else:
    print(json.dumps({"read": read, "write": write, "pack": pack, "unpack": unpack}[verb](bucket, *rest)))
