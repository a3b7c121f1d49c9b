"""What must hold before anything is done."""

import re

from azure_blob.access import Refusal
from azure_blob.state import crc64, md5
from azure_blob.tree import Tree

LARGEST_METADATA = 8192


class Conditions(Tree):
    def exists(self):
        if self.blob is None or self.blob.data is None:
            raise Refusal(404, "BlobNotFound")
        return self.blob

    def check_conditions(self, target=""):
        """Of the blob as it is, which may not be there."""
        blob = self.blob if self.blob and self.blob.data is not None else None
        wanted, unwanted = self.headers.get("If-Match"), self.headers.get("If-None-Match")
        if wanted and (blob is None or wanted not in ["*", blob.etag]):
            raise Refusal(412, target + "ConditionNotMet")
        if unwanted and blob and unwanted in ["*", blob.etag]:
            if self.command in ["GET", "HEAD"]:
                raise Refusal(304, "ConditionNotMet")
            raise Refusal(409, "BlobAlreadyExists") if unwanted == "*" else Refusal(412, target + "ConditionNotMet")

    def check_lease(self):
        held, given = self.blob.lease if self.blob else None, self.headers.get("x-ms-lease-id")
        if held and held != given:
            raise Refusal(412, "LeaseIdMismatchWithBlobOperation" if given else "LeaseIdMissing")

    def check_write(self, target=""):
        """Who may only create may not replace."""
        self.need("cw")
        if "w" not in self.rights and self.blob and self.blob.data is not None:
            raise Refusal(403, "UnauthorizedBlobOverwrite")
        self.check_conditions(target)
        self.check_lease()
        self.check_name()

    def check_body(self):
        for name, compute, code in [("Content-MD5", md5, "Md5Mismatch"), ("x-ms-content-crc64", crc64, "Crc64Mismatch")]:
            if name in self.headers and self.headers[name] != compute(self.body):
                raise Refusal(400, code)

    def metadata(self):
        found = {name[10:]: value for name, value in self.headers.items() if name.lower().startswith("x-ms-meta-")}
        for name, value in found.items():
            if not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", name) or not value.isascii():
                raise Refusal(400, "InvalidMetadata")
        if sum(len(name) + len(value) for name, value in found.items()) > LARGEST_METADATA:
            raise Refusal(400, "MetadataTooLarge")
        return found
