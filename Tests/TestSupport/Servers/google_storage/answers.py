"""How requests are answered."""

import json

from google_storage.listing import select


class Answers:
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
