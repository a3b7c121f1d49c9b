"""Google Cloud Storage's JSON API in memory, as strict as the service where programs go wrong.

    python3 google-storage.py PORT TOKENS [CERTIFICATE]

TOKENS are the bearer tokens that are believed, with commas between them; what looks like a JWT is believed when google-auth
verifies it with the certificate. Buckets whose names begin with `public-` may be read by everybody. Like the service it keeps
preconditions everywhere, says sizes as strings, has no md5Hash for what was composed, copies a megabyte at a call, answers for what
is stored packed to who does not take it packed with all of it unpacked, and takes chunks of sessions as they come: what is there
already is skipped, gaps and odd sizes are refused.
"""

import base64
import bisect
import gzip
import hashlib
import json
import re
import secrets
import sys
import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

import google.auth.jwt
import google_crc32c

CHUNK = 256 * 1024
REWRITTEN_AT_ONCE = 1 << 20
KEPT = ("contentType", "contentEncoding", "contentDisposition", "contentLanguage", "cacheControl", "metadata", "storageClass")


class Refusal(Exception):
    def __init__(self, status, reason, message, headers=()):
        self.status, self.reason, self.message, self.headers = status, reason, message, dict(headers)


def no_object(bucket, name):
    return Refusal(404, "notFound", f"No such object: {bucket}/{name}")


def text64(data):
    return base64.b64encode(data).decode()


def crc32c(data):
    return text64(google_crc32c.value(bytes(data)).to_bytes(4, "big"))


class Clock:
    """Generations: microseconds, and never twice the same."""

    last = 0

    @classmethod
    def next(cls):
        cls.last = max(cls.last + 1, int(time.time() * 1e6))
        return cls.last


def stamp(generation):
    seconds, micros = divmod(generation, 10**6)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{micros // 1000:03d}Z"


class Object:
    def __init__(self, bucket, name, data, resource, components=0):
        self.bucket, self.name, self.data, self.components = bucket, name, bytes(data), components
        self.generation, self.metageneration = Clock.next(), 1
        self.updated = self.generation
        self.about = {key: resource[key] for key in KEPT if resource.get(key) is not None}
        self.about.setdefault("storageClass", "STANDARD")
        self.crc32c = crc32c(self.data)
        self.md5 = None if components else text64(hashlib.md5(self.data).digest())
        for field, found in (("crc32c", self.crc32c), ("md5Hash", self.md5)):
            stated = resource.get(field)
            if stated is not None and found is not None and stated != found:
                kind = "CRC32C" if field == "crc32c" else "MD5 hash"
                raise Refusal(400, "invalid", f'Provided {kind} "{stated}" doesn\'t match calculated {kind} "{found}".')

    @property
    def document(self):
        document = {
            "kind": "storage#object", "name": self.name, "bucket": self.bucket, "size": str(len(self.data)),
            "generation": str(self.generation), "metageneration": str(self.metageneration), "crc32c": self.crc32c,
            "timeCreated": stamp(self.generation), "updated": stamp(self.updated), "etag": f"E{self.generation}",
            "id": f"{self.bucket}/{self.name}/{self.generation}", **self.about,
        }
        if self.components:
            document["componentCount"] = self.components
        else:
            document["md5Hash"] = self.md5
        return document


class Bucket:
    def __init__(self, document):
        self.name = document["name"]
        self.has_folders = bool(document.get("hierarchicalNamespace", {}).get("enabled"))
        self.reader_pays = bool(document.get("billing", {}).get("requesterPays"))
        self.objects, self.names = {}, []

    def put(self, item):
        if item.name not in self.objects:
            bisect.insort(self.names, item.name.encode())
        self.objects[item.name] = item
        return item

    def remove(self, name):
        del self.objects[name]
        del self.names[bisect.bisect_left(self.names, name.encode())]


class Session:
    def __init__(self, bucket, name, resource, query):
        self.bucket, self.name, self.resource, self.query = bucket, name, resource, query
        self.data, self.result, self.lock = bytearray(), None, threading.Lock()


lock = threading.RLock()
buckets, sessions, rewrites = {}, {}, {}


def find_bucket(name):
    if name not in buckets:
        raise Refusal(404, "notFound", "The specified bucket does not exist.")
    return buckets[name]


def find(bucket, name, generation=None):
    found = bucket.objects.get(name)
    if found is None or generation is not None and str(found.generation) != str(generation):
        raise no_object(bucket.name, name)
    return found


def require(query, found, is_read=False, prefix="if"):
    """What must hold of what is there, or of nothing."""
    generation = found.generation if found else 0
    metageneration = found.metageneration if found else 0
    for name, value in (("Generation", generation), ("Metageneration", metageneration)):
        match, not_match = query.get(f"{prefix}{name}Match"), query.get(f"{prefix}{name}NotMatch")
        if match is not None and int(match) != value:
            raise Refusal(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.")
        if not_match is not None and int(not_match) == value:
            if is_read:
                raise Refusal(304, "notModified", "")
            raise Refusal(412, "conditionNotMet", "At least one of the pre-conditions you specified did not hold.")


def store(bucket, name, data, resource, query):
    if not name or len(name.encode()) > 1024 or name in (".", "..") or "\n" in name or "\r" in name:
        raise Refusal(400, "invalid", "Invalid object name")
    require(query, bucket.objects.get(name))
    return bucket.put(Object(bucket.name, name, data, resource))


def listing(bucket, query):
    prefix, delimiter = query.get("prefix", "").encode(), query.get("delimiter", "").encode()
    start, end = query.get("startOffset", "").encode(), query.get("endOffset", "").encode()
    limit = min(int(query.get("maxResults", 1000)), 1000)
    after = base64.urlsafe_b64decode(query["pageToken"]) if query.get("pageToken") else None
    items, prefixes, last = [], [], after
    for name in bucket.names[bisect.bisect_left(bucket.names, max(prefix, start, after or b"")):]:
        if end and name >= end or not name.startswith(prefix):
            break
        cut = name.find(delimiter, len(prefix)) if delimiter else -1
        entry = name if cut < 0 else name[: cut + len(delimiter)]
        if last is not None and (entry == last or cut < 0 and name <= last):
            continue
        if len(items) + len(prefixes) == limit:
            return items, prefixes, base64.urlsafe_b64encode(last).decode()
        last = entry
        if cut < 0:
            items.append(bucket.objects[name.decode()].document)
        else:
            prefixes.append(entry.decode())
    return items, prefixes, None


def select(document, fields):
    """Of `name,items(name,size),prefixes` what a document has."""
    if not fields or fields == "*":
        return document
    if isinstance(document, list):
        return [select(element, fields) for element in document]
    chosen = {}
    for name, inner in re.findall(r"([\w/*]+)(?:\(([^()]*)\))?", fields):
        head, _, rest = name.partition("/")
        if head in document:
            chosen[head] = select(document[head], inner or rest)
    return chosen


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    tokens, certificate = set(), None
    # Good ones, with the ends of their times.
    verified = {}

    # Who asks

    def authorize(self, bucket=None, is_read=False):
        header = self.headers.get("Authorization")
        if header is None:
            if is_read and bucket is not None and bucket.startswith("public-"):
                return
            raise self.unknown("required", "Anonymous caller does not have storage.objects access to the bucket.")
        kind, _, token = header.partition(" ")
        if kind != "Bearer" or not (token in self.tokens or self.is_signed(token)):
            raise self.unknown("authError", "Invalid Credentials")
        if token == "reader" and not is_read:
            raise Refusal(403, "forbidden", "reader does not have storage.objects.create access.")

    def is_signed(self, token):
        if self.certificate is None or token.count(".") != 2:
            return False
        if self.verified.get(token, 0) > time.time():
            return True
        try:
            claims = google.auth.jwt.decode(token, certs={"test-key": self.certificate})
        except ValueError:
            return False
        if claims["iss"] != claims["sub"] or "devstorage" not in claims.get("scope", ""):
            return False
        self.verified[token] = claims["exp"]
        return True

    @staticmethod
    def unknown(reason, message):
        return Refusal(401, reason, message, {"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/"'})

    # Answers

    def answer(self, status, headers=(), body=b""):
        """Sent when nobody waits for the lock any more: who reads slowly keeps nobody else from asking."""
        self.reply = status, headers, body

    def send(self, status, headers, body):
        self.send_response(status)
        # By this Google's own answers are known.
        self.send_header("X-GUploader-UploadID", "test-%d" % id(self))
        for name, value in headers:
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def say(self, document, status=200, headers=()):
        body = json.dumps(select(document, self.query.get("fields")), ensure_ascii=False).encode()
        self.answer(status, [("Content-Type", "application/json; charset=UTF-8"), *headers], body)

    def refuse(self, refusal):
        if self.query.get("alt") == "media" and refusal.status == 404:
            body, kind = refusal.message.encode(), "text/plain; charset=UTF-8"
        else:
            error = {"message": refusal.message, "domain": "global", "reason": refusal.reason}
            body = json.dumps({"error": {"code": refusal.status, "message": refusal.message, "errors": [error]}}).encode()
            kind = "application/json; charset=UTF-8"
        if refusal.status == 304:
            body = b""
        self.answer(refusal.status, [("Content-Type", kind), *refusal.headers.items()], body)

    def log_message(self, *_):
        pass

    # Requests

    def handle_any(self):
        parts = urlsplit(self.path)
        self.query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.body = None
        self.decide(parts)
        self.send(*self.reply)

    def decide(self, parts):
        try:
            path = [unquote(part) for part in parts.path.split("/")[1:]]
            session = sessions.get(self.query.get("upload_id")) if path[0] == "upload" else None
            if self.command == "PUT" and session is not None:
                with session.lock:
                    return self.resume(session)
            self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with lock:
                self.route(path)
        except Refusal as refusal:
            if self.body is None:
                self.close_connection = True
            self.refuse(refusal)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def route(self, path):
        if path[0] == "":
            return self.answer(200)
        if path[0] == "upload":
            return self.upload(path[1:])
        if path[0] == "download":
            self.query["alt"] = "media"
            path = path[1:]
        if path[:3] != ["storage", "v1", "b"]:
            raise Refusal(404, "notFound", "Not Found")
        if len(path) == 3 and self.command == "POST":
            return self.make_bucket()
        name, is_read = path[3], self.command == "GET"
        self.authorize(name, is_read)
        bucket = find_bucket(name)
        if bucket.reader_pays and "userProject" not in self.query:
            raise Refusal(400, "required", "Bucket is a requester pays bucket but no user project provided.")
        match path[4:]:
            case []:
                self.on_bucket(bucket)
            case ["storageLayout"] if is_read:
                self.say({
                    "kind": "storage#storageLayout", "bucket": name, "location": "US", "locationType": "multi-region",
                    "hierarchicalNamespace": {"enabled": bucket.has_folders},
                })
            case ["o"] if is_read:
                items, prefixes, token = listing(bucket, self.query)
                page = {"kind": "storage#objects", "items": items, "prefixes": prefixes, "nextPageToken": token}
                self.say({key: value for key, value in page.items() if value})
            case ["o", key]:
                self.on_object(bucket, key)
            case ["o", key, "compose"]:
                self.compose(bucket, key)
            case ["o", key, "rewriteTo", "b", target, "o", new_key]:
                self.rewrite(bucket, key, find_bucket(target), new_key)
            case ["o", key, "moveTo", "o", new_key]:
                self.move(bucket, key, new_key)
            case _:
                raise Refusal(404, "notFound", "Not Found")

    def document(self):
        return json.loads(self.body) if self.body else {}

    # Buckets

    def make_bucket(self):
        self.authorize()
        document = self.document()
        if document["name"] in buckets:
            raise Refusal(409, "conflict", "Your previous request to create the named bucket succeeded.")
        buckets[document["name"]] = Bucket(document)
        self.say({"kind": "storage#bucket", "name": document["name"]})

    def on_bucket(self, bucket):
        if self.command == "DELETE":
            if bucket.objects:
                raise Refusal(409, "conflict", "The bucket you tried to delete is not empty.")
            del buckets[bucket.name]
            return self.answer(204)
        self.say({"kind": "storage#bucket", "name": bucket.name})

    # Objects

    def on_object(self, bucket, key):
        found = find(bucket, key, self.query.get("generation"))
        require(self.query, found, is_read=self.command == "GET")
        if self.command == "DELETE":
            bucket.remove(key)
            return self.answer(204)
        if self.command in ("PATCH", "PUT"):
            self.describe(found)
        elif self.query.get("alt") == "media":
            return self.download(found)
        self.say(found.document)

    def describe(self, found):
        changes = self.document()
        about = {} if self.command == "PUT" else dict(found.about)
        for name in KEPT:
            if name == "metadata" and self.command == "PATCH" and isinstance(changes.get(name), dict):
                merged = {**about.get(name, {}), **changes[name]}
                about[name] = {key: value for key, value in merged.items() if value is not None}
            elif name in changes:
                about[name] = changes[name]
        found.about = {name: value for name, value in about.items() if value is not None}
        found.about.setdefault("storageClass", "STANDARD")
        found.metageneration += 1
        found.updated = Clock.next()

    def download(self, found):
        headers = [
            ("x-goog-generation", str(found.generation)), ("x-goog-metageneration", str(found.metageneration)),
            ("x-goog-hash", "crc32c=" + found.crc32c), ("x-goog-storage-class", found.about["storageClass"]),
            ("x-goog-stored-content-length", str(len(found.data))), ("Last-Modified", formatdate(found.generation // 10**6, usegmt=True)),
            ("Content-Type", found.about.get("contentType", "application/octet-stream")), ("ETag", f'"{found.generation}"'),
        ]
        if found.md5:
            headers.append(("x-goog-hash", "md5=" + found.md5))
        encoding = found.about.get("contentEncoding")
        headers.append(("x-goog-stored-content-encoding", encoding or "identity"))
        if encoding == "gzip" and "gzip" not in self.headers.get("Accept-Encoding", ""):
            headers.append(("Warning", "214 UploadServer gunzipped"))
            return self.answer(200, headers, gzip.decompress(found.data))
        if encoding:
            headers.append(("Content-Encoding", encoding))
        size = len(found.data)
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if asked is None or asked.groups() == ("", ""):
            return self.answer(200, headers, found.data)
        first, last = asked.groups()
        start = int(first) if first else max(0, size - int(last))
        end = min(size, int(last) + 1) if first and last else size
        if start >= size or end <= start:
            return self.answer(416, [("Content-Range", f"bytes */{size}")], b"")
        headers.append(("Content-Range", f"bytes {start}-{end - 1}/{size}"))
        self.answer(206, headers, found.data[start:end])

    def compose(self, bucket, key):
        document = self.document()
        sources = document.get("sourceObjects", [])
        if not 1 <= len(sources) <= 32:
            raise Refusal(400, "invalid", f"The number of source components provided ({len(sources)}) exceeds the maximum (32)")
        pieces = []
        for source in sources:
            piece = find(bucket, source["name"], source.get("generation"))
            require(source.get("objectPreconditions", {}), piece)
            pieces.append(piece)
        require(self.query, bucket.objects.get(key))
        components = sum(piece.components or 1 for piece in pieces)
        data = b"".join(piece.data for piece in pieces)
        self.say(bucket.put(Object(bucket.name, key, data, document.get("destination", {}), components)).document)

    def rewrite(self, bucket, key, target, new_key):
        source = find(bucket, key, self.query.get("sourceGeneration"))
        require(self.query, source, prefix="ifSource")
        require(self.query, target.objects.get(new_key))
        call = (source.generation, target.name, new_key)
        token, size = self.query.get("rewriteToken"), len(source.data)
        if token is not None and rewrites.get(token, (None, 0))[0] != call:
            raise Refusal(400, "invalid", "The rewrite token does not belong to this request")
        written = min(size, (rewrites.pop(token)[1] if token else 0) + REWRITTEN_AT_ONCE)
        answer = {"kind": "storage#rewriteResponse", "totalBytesRewritten": str(written), "objectSize": str(size)}
        if written < size:
            token = secrets.token_urlsafe(32)
            rewrites[token] = (call, written)
            return self.say({**answer, "done": False, "rewriteToken": token})
        # Whatever is said of the copy stands for all that was said of the source.
        about = self.document() or source.about
        copy = target.put(Object(target.name, new_key, source.data, about, source.components))
        self.say({**answer, "done": True, "resource": copy.document})

    def move(self, bucket, key, new_key):
        if not bucket.has_folders:
            raise Refusal(400, "invalid", "The bucket has no hierarchical namespace.")
        source = find(bucket, key)
        require(self.query, source, prefix="ifSource")
        require(self.query, bucket.objects.get(new_key))
        moved = bucket.put(Object(bucket.name, new_key, source.data, source.about, source.components))
        if new_key != key:
            bucket.remove(key)
        self.say(moved.document)

    # Uploads

    def upload(self, path):
        if path[:3] != ["storage", "v1", "b"] or path[4:] != ["o"]:
            raise Refusal(404, "notFound", "Not Found")
        # Of a session its address is enough.
        if self.command != "POST":
            return self.end_session()
        self.authorize(path[3])
        bucket = find_bucket(path[3])
        if bucket.reader_pays and "userProject" not in self.query:
            raise Refusal(400, "required", "Bucket is a requester pays bucket but no user project provided.")
        kind = self.query.get("uploadType")
        if kind == "media":
            resource = {"contentType": self.headers.get("Content-Type", "application/octet-stream")}
            return self.say(store(bucket, self.query.get("name"), self.body, resource, self.query).document)
        if kind == "multipart":
            resource, data = self.parts()
            return self.say(store(bucket, self.named(resource), data, resource, self.query).document)
        if kind != "resumable":
            raise Refusal(400, "invalid", "Invalid upload type")
        resource = self.document()
        resource.setdefault("contentType", self.headers.get("X-Upload-Content-Type", "application/octet-stream"))
        require(self.query, bucket.objects.get(self.named(resource)))
        name, upload = self.named(resource), secrets.token_urlsafe(32)
        sessions[upload] = Session(bucket, name, resource, self.query)
        place = f"http://{self.headers['Host']}{urlsplit(self.path).path}?uploadType=resumable&upload_id={upload}"
        self.answer(200, [("Location", place), ("X-GUploader-UploadID", upload)])

    def named(self, resource):
        return self.query.get("name") or resource.get("name")

    def parts(self):
        """The two of a multipart/related body."""
        boundary = re.search(r'boundary="?([^";]+)', self.headers.get("Content-Type", ""))
        if boundary is None:
            raise Refusal(400, "badRequest", "A multipart upload without a boundary")
        mark = b"--" + boundary[1].encode()
        start, middle = self.body.find(mark), self.body.find(b"\r\n" + mark)
        end = self.body.rfind(b"\r\n" + mark + b"--")
        if start != 0 or not 0 < middle < end:
            raise Refusal(400, "badRequest", "Missing end boundary in multipart body.")
        first = self.body[len(mark):middle].partition(b"\r\n\r\n")[2]
        head, _, data = self.body[middle + 2 + len(mark):end].partition(b"\r\n\r\n")
        resource = json.loads(first)
        kind = re.search(rb"content-type:\s*(\S[^\r\n]*)", head, re.IGNORECASE)
        if kind:
            resource.setdefault("contentType", kind[1].decode())
        return resource, data

    def end_session(self):
        if sessions.pop(self.query.get("upload_id"), None) is None:
            raise Refusal(404, "notFound", "Not Found")
        if self.command == "DELETE":
            return self.answer(499)
        raise Refusal(400, "badRequest", "A session takes PUT and DELETE")

    def resume(self, session):
        size = int(self.headers.get("Content-Length", 0))
        sent = self.headers.get("Content-Range") or f"bytes 0-{size - 1}/{size}" if size else self.headers.get("Content-Range")
        match = re.fullmatch(r"bytes (\*|(\d+)-(\d+))/(\*|\d+)", sent or "bytes */0")
        if match is None:
            raise Refusal(400, "badRequest", f"Failed to parse Content-Range header: {sent}")
        total = None if match[4] == "*" else int(match[4])
        start = len(session.data) if match[1] == "*" else int(match[2])
        is_last = total is not None and start + size == total
        if match[1] != "*" and int(match[3]) - start + 1 != size:
            raise Refusal(400, "badRequest", "The body is not as long as its Content-Range")
        if start > len(session.data):
            raise Refusal(
                400, "badRequest", f"Invalid request. According to the Content-Range header, the upload offset is {start} byte(s), "
                f"which exceeds already uploaded size of {len(session.data)} byte(s).")
        if size % CHUNK and not is_last:
            raise Refusal(400, "badRequest", "A chunk that is not the last one has to be a multiple of 262144 bytes")
        self.receive(session, start, size)
        with lock:
            if session.result is None and total == len(session.data):
                self.finish(session)
            if session.result is not None:
                return self.say(session.result.document)
        kept = [("Range", f"bytes=0-{len(session.data) - 1}")] if session.data else []
        self.answer(308, kept)

    def receive(self, session, start, size):
        """Of a connection that breaks whole chunks are kept; bytes that are there already are thrown away."""
        came = bytearray()
        while len(came) < size and (piece := self.rfile.read1(min(1 << 16, size - len(came)))):
            came += piece
        self.body = b""
        kept = came if len(came) == size else came[: max(0, (start + len(came)) // CHUNK * CHUNK - start)]
        with lock:
            session.data += kept[len(session.data) - start:]
        if len(came) < size:
            raise ConnectionError

    def finish(self, session):
        try:
            session.result = store(session.bucket, session.name, session.data, session.resource, session.query)
        except Refusal:
            sessions.pop(next(key for key, value in sessions.items() if value is session))
            raise


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, *_):
        pass


Handler.tokens = set(sys.argv[2].split(","))
if len(sys.argv) > 3:
    with open(sys.argv[3], "rb") as file:
        Handler.certificate = file.read()
Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
