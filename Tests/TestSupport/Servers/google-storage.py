"""Google Cloud Storage's JSON API in memory, as strict as the service where programs go wrong.

    python3 google-storage.py PORT TOKENS [CERTIFICATE [AHEAD]]

TOKENS are the bearer tokens that are believed, with commas between them; what looks like a JWT is believed when google-auth
verifies it with the certificate, by a clock that is so many seconds ahead of the machine's. Buckets whose names begin with `public-` may be read by everybody. Like the service it keeps
preconditions everywhere, says sizes as strings, has no md5Hash for what was composed, copies a megabyte at a call, answers for what
is stored packed to who does not take it packed with all of it unpacked, takes chunks of sessions as they come: what is there
already is skipped, gaps and odd sizes are refused; and it renames folders in its own time. What it knows is in `google_storage`.
"""

import json
import sys
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

from google.auth import _helpers as google_time

from google_storage.access import Access
from google_storage.answers import Answers
from google_storage.buckets import Bucket, buckets, find_bucket, lock, sessions
from google_storage.folders import Folders
from google_storage.reading import Reading
from google_storage.refusals import Refusal, no_route
from google_storage.uploading import Uploading
from google_storage.writing import Writing


class Request(Access, Answers, Reading, Writing, Uploading, Folders, BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

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
            raise no_route()
        if len(path) == 3 and self.command == "POST":
            return self.make_bucket()
        name, is_read = path[3], self.command == "GET"
        self.authorize(name, is_read)
        bucket = find_bucket(name)
        if bucket.reader_pays and "userProject" not in self.query:
            raise Refusal(400, "required", "Bucket is a requester pays bucket but no user project provided.")
        bucket.go_on()
        match path[4:]:
            case []:
                self.on_bucket(bucket)
            case ["storageLayout"] if is_read:
                self.layout(bucket)
            case ["iam", "testPermissions"] if is_read:
                self.test_permissions(bucket)
            case ["operations", id] if is_read:
                self.operation(bucket, id)
            case ["folders", *rest]:
                self.on_folders(bucket, rest)
            case ["o"] if is_read:
                self.list(bucket)
            case ["o", key]:
                self.on_object(bucket, key)
            case ["o", key, "compose"]:
                self.compose(bucket, key)
            case ["o", key, "rewriteTo", "b", target, "o", new_key]:
                self.rewrite(bucket, key, find_bucket(target), new_key)
            case ["o", key, "moveTo", "o", new_key]:
                self.move(bucket, key, new_key)
            case _:
                raise no_route()

    def document(self):
        return json.loads(self.body) if self.body else {}

    def values(self, name):
        """Of what is in a query more than once."""
        return [value for key, value in parse_qsl(urlsplit(self.path).query) if key == name]

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

class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, *_):
        pass


def set_clock(ahead, seconds=time.time, moment=google_time.utcnow):
    time.time = lambda: seconds() + ahead
    google_time.utcnow = lambda: moment() + timedelta(seconds=ahead)


Request.tokens = set(sys.argv[2].split(","))
if len(sys.argv) > 3:
    with open(sys.argv[3], "rb") as file:
        Request.certificate = file.read()
if len(sys.argv) > 4:
    set_clock(int(sys.argv[4]))
Server(("127.0.0.1", int(sys.argv[1])), Request).serve_forever()
