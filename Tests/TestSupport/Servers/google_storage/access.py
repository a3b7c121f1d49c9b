"""Who may do what."""

import time

import google.auth.jwt

from google_storage.refusals import Refusal, forbidden, no_route

READING = {"storage.objects.get", "storage.objects.list", "storage.folders.get", "storage.folders.list"}
EVERYTHING = READING | {
    "storage.objects.create", "storage.objects.delete", "storage.objects.update", "storage.objects.move",
    "storage.folders.create", "storage.folders.delete", "storage.folders.rename",
}


class Access:
    tokens, certificate = set(), None
    # Good ones, with the ends of their times.
    verified = {}

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
            raise forbidden("storage.objects.create")

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

    def permissions(self, bucket):
        granted = READING if self.headers.get("Authorization") == "Bearer reader" else EVERYTHING
        if "move-rights" in bucket.labels:
            granted = granted - {"storage.objects.move"}
        if bucket.labels.get("folder-rights") is None:
            return granted
        return {permission for permission in granted if "folders" not in permission}

    def authorize_moves(self, bucket):
        if "storage.objects.move" not in self.permissions(bucket):
            raise forbidden("storage.objects.move")

    def authorize_shown_folders(self, bucket):
        if bucket.labels.get("folder-rights") in ("denied", "refused"):
            raise forbidden("storage.folders.list")

    def authorize_folders(self, bucket, permission):
        """As the bucket's label has it: they are denied, honestly or by surprise, or nobody has ever heard of them."""
        match bucket.labels.get("folder-rights"):
            case "unknown":
                raise no_route()
            case "unimplemented":
                raise Refusal(501, "notImplemented", "Not Implemented")
        if permission not in self.permissions(bucket):
            raise forbidden(permission)
