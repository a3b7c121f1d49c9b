"""Objects that come in one request, in two parts of one, or in a session."""

import json
import re
import secrets
from urllib.parse import urlsplit

from google_storage.buckets import Session, find_bucket, lock, sessions, store
from google_storage.conditions import require
from google_storage.refusals import Refusal, no_route

CHUNK = 256 * 1024


class Uploading:
    def upload(self, path):
        if path[:3] != ["storage", "v1", "b"] or path[4:] != ["o"]:
            raise no_route()
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
            raise no_route()
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
