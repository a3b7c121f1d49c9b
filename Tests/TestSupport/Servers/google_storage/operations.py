"""What the service does in its own time."""

import secrets
import time

MESSAGES = {7: "The caller does not have permission", 9: "The folder cannot be renamed", 10: "The folder is being changed", 14: "The service is unavailable"}


class Operation:
    """The rename of a folder. It goes on whether anybody asks for it or not."""

    def __init__(self, bucket, source, target, milliseconds, code):
        self.id, self.bucket, self.source, self.target, self.code = secrets.token_hex(8), bucket, source, target, code
        self.end, self.is_done = time.monotonic() + milliseconds / 1000, False

    def is_due(self):
        return not self.is_done and time.monotonic() >= self.end

    def touches(self, name):
        return name.startswith((self.source, self.target))

    @property
    def document(self):
        document = {
            "kind": "storage#operation", "name": f"projects/_/buckets/{self.bucket}/operations/{self.id}",
            "metadata": {"sourceFolderId": self.source, "destinationFolderId": self.target}, "done": self.is_done,
        }
        if self.is_done and self.code:
            document["error"] = {"code": self.code, "message": MESSAGES.get(self.code, "It has failed")}
        elif self.is_done:
            document["response"] = {"name": self.target}
        return document
