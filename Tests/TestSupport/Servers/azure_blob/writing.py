"""All that changes blobs."""

import base64
import re
import uuid
import xml.etree.ElementTree as ElementTree
from urllib.parse import urlsplit

from azure_blob.access import Refusal
from azure_blob.conditions import Conditions
from azure_blob.state import Blob, md5


class Writing(Conditions):
    def new_blob(self):
        self.make_parents()
        return self.waiting_blob()

    def waiting_blob(self):
        self.blob = self.blob or self.container.blobs.setdefault(self.name, Blob())
        return self.blob

    def put(self):
        if "x-ms-copy-source" in self.headers and "x-ms-blob-type" not in self.headers:
            return self.copy()
        if self.makes_folder():
            return self.put_folder()
        self.check_write()
        if self.headers.get("x-ms-blob-type") != "BlockBlob":
            raise Refusal(400, "InvalidHeaderValue")
        source = None
        if "x-ms-copy-source" in self.headers:
            source = self.source()
            self.body = source.data
        self.check_body()
        metadata = self.metadata()
        takes = source and self.headers.get("x-ms-copy-source-blob-properties", "true") == "true"
        blob = self.new_blob()
        blob.write(self.body, self, like=source if takes else None)
        blob.metadata, blob.md5 = metadata, blob.md5 or md5(self.body)
        self.answer(201, {**blob.head, "Content-MD5": md5(self.body)})

    def copy(self):
        """Copy Blob: whoever may write here may read in the same account."""
        self.check_write("Target")
        source = self.source(is_trusted="w" in self.rights)
        self.metadata()
        blob = self.new_blob()
        blob.write(source.data, self, like=source)
        self.answer(202, {**blob.head, "x-ms-copy-id": uuid.uuid4(), "x-ms-copy-status": "success"})

    def source(self, is_trusted=False):
        url = urlsplit(self.headers["x-ms-copy-source"])
        account, container, name = self.parts(url.path)
        home = self.containers.get(container)
        if url.netloc != self.headers["Host"] or account != self.access.account:
            raise Refusal(400, "InvalidHeaderValue")
        if not is_trusted:
            token = self.headers.get("x-ms-copy-source-authorization")
            self.access.of_source(
                f"{url.path}?{url.query}", token, container, name, home.public if home else None)
        blob = home.blobs.get(name) if home else None
        if blob is None or blob.data is None:
            raise Refusal(404, "BlobNotFound" if is_trusted else "CannotVerifyCopySource")
        wanted = self.headers.get("x-ms-source-if-match")
        if wanted and wanted != blob.etag:
            raise Refusal(412, "SourceConditionNotMet" if is_trusted else "CannotVerifyCopySource")
        if blob.tier == "Archive":
            raise Refusal(409, "BlobArchived")
        return blob

    def put_block(self):
        self.need("cw")
        self.check_lease()
        self.check_name()
        name = self.query.get("blockid", "")
        try:
            length = len(base64.b64decode(name, validate=True))
        except ValueError:
            length = 0
        if not 0 < length <= 64:
            raise Refusal(400, "InvalidQueryParameterValue")
        if "x-ms-copy-source" in self.headers:
            data = self.source().data
            range = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("x-ms-source-range", f"bytes=0-{len(data) - 1}"))
            if not range or int(range[2]) >= len(data):
                raise Refusal(416, "InvalidRange")
            self.body = data[int(range[1]) : int(range[2]) + 1]
        if not self.body:
            raise Refusal(400, "InvalidHeaderValue", "a block of no bytes")
        self.check_body()
        waiting = self.waiting_blob().waiting
        if any(len(other) != len(name) for other in waiting):
            raise Refusal(400, "InvalidBlobOrBlock")
        waiting[name] = self.body
        self.answer(201, {"Content-MD5": md5(self.body), "x-ms-content-crc64": self.headers.get("x-ms-content-crc64")})

    def put_block_list(self):
        self.check_write()
        self.check_body()
        waiting = self.blob.waiting if self.blob else {}
        committed = dict(self.blob.committed) if self.blob else {}
        places = {"Latest": [waiting, committed], "Uncommitted": [waiting], "Committed": [committed]}
        blocks = []
        for wanted in ElementTree.fromstring(self.body):
            data = next((place[wanted.text] for place in places[wanted.tag] if wanted.text in place), None)
            if data is None:
                raise Refusal(400, "InvalidBlockList")
            blocks.append((wanted.text, data))
        self.metadata()
        blob = self.new_blob()
        # All other blocks are gone with it.
        blob.write(b"".join(data for _, data in blocks), self, blocks)
        self.answer(201, blob.head)

    def set_metadata(self):
        self.need("w")
        self.check_conditions()
        self.check_lease()
        if self.exists().is_folder and not self.makes_folder():
            raise Refusal(400, "InvalidMetadata", "a folder stays one")
        self.blob.metadata = self.metadata()
        self.blob.touch()
        self.answer(200, self.blob.head)

    def set_properties(self):
        self.check_write()
        self.exists().type = self.headers.get("x-ms-blob-content-type")
        self.blob.md5 = self.headers.get("x-ms-blob-content-md5")
        self.blob.touch()
        self.answer(200, self.blob.head)

    def set_tier(self):
        self.need("w")
        self.exists().tier = self.headers["x-ms-access-tier"]
        self.answer(200)

    def lease(self):
        self.need("w")
        blob, action = self.exists(), self.headers["x-ms-lease-action"]
        if action == "acquire":
            if blob.lease:
                raise Refusal(409, "LeaseAlreadyPresent")
            blob.lease = self.headers.get("x-ms-proposed-lease-id") or str(uuid.uuid4())
            return self.answer(201, {**blob.head, "x-ms-lease-id": blob.lease})
        if action != "release":
            raise Refusal(400, "InvalidHeaderValue")
        self.check_lease()
        blob.lease = None
        self.answer(200, blob.head)

    def delete(self):
        self.need("d")
        self.exists()
        self.check_conditions()
        self.check_lease()
        self.check_removal()
        self.container.deleted[self.name] = self.container.blobs.pop(self.name)
        self.answer(202, {"x-ms-delete-type-permanent": "false"})

    def undelete(self):
        self.need("w")
        if self.name in self.container.deleted:
            self.container.blobs.setdefault(self.name, self.container.deleted.pop(self.name))
        elif self.blob is None:
            raise Refusal(404, "BlobNotFound")
        self.answer(200)
