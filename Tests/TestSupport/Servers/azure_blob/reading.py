"""Listings, and reading of blobs."""

import base64
import re
from email.utils import formatdate

from azure_blob.access import Refusal
from azure_blob.conditions import Conditions
from azure_blob.state import element, element_of, md5, name_element
from azure_blob.tree import place

LARGEST_PAGE = 5000


class Reading(Conditions):
    def list(self):
        self.need("l")
        prefix, delimiter = self.query.get("prefix", ""), self.query.get("delimiter", "")
        shows_waiting = "uncommittedblobs" in self.query.get("include", "")
        entries = {}
        for name, blob in self.container.blobs.items():
            if blob.data is None and not shows_waiting or not name.startswith(prefix):
                continue
            end = name.find(delimiter, len(prefix)) if delimiter else -1
            if self.is_tree and end < 0 and delimiter and blob.is_folder:
                entries[name + "/"] = None
                continue
            entries.update([(name, blob)] if end < 0 else [(name[: end + len(delimiter)], None)])
        marker, most = self.query.get("marker", ""), min(int(self.query.get("maxresults", LARGEST_PAGE)), LARGEST_PAGE)
        if most < 1:
            raise Refusal(400, "OutOfRangeQueryParameterValue")
        start = base64.urlsafe_b64decode(marker)
        order = place if self.is_tree else str.encode
        start = order(start.decode())
        names = [name for name in sorted(entries, key=order) if order(name) >= start]
        following = base64.urlsafe_b64encode(names[most].encode()).decode() if len(names) > most else ""
        items = "".join(self.entry(name, entries[name]) for name in names[:most])
        # The client takes what it asks for next from here.
        echo = element("Prefix", prefix) + element("Marker", marker) + element("MaxResults", str(most))
        echo += element("Delimiter", delimiter) if delimiter else ""
        self.document(
            f"<EnumerationResults>{echo}<Blobs>{items}</Blobs>{element('NextMarker', following)}</EnumerationResults>")

    def entry(self, name, blob):
        if blob is None:
            kind = element("ResourceType", "directory") if self.is_tree else ""
            return f"<BlobPrefix>{name_element(name)}{kind and element_of('Properties', kind)}</BlobPrefix>"
        if blob.data is None:
            head = element("Content-Length", "0") + element("BlobType", "BlockBlob")
            return f"<Blob>{name_element(name)}<Properties>{head}</Properties></Blob>"
        head = {
            "Last-Modified": blob.head["Last-Modified"], "Etag": blob.etag.strip('"'), "Content-Type": blob.type,
            "Content-Length": str(len(blob.data)), "Content-MD5": blob.md5 or "", "BlobType": "BlockBlob",
            "AccessTier": blob.tier, "LeaseStatus": "locked" if blob.lease else "unlocked",
        }
        if self.is_tree:
            head["ResourceType"] = "directory" if blob.is_folder else "file"
        properties = "".join(element(*item) for item in head.items() if item[1] is not None)
        metadata = ""
        if "metadata" in self.query.get("include", ""):
            metadata = f"<Metadata>{''.join(element(*item) for item in blob.metadata.items())}</Metadata>"
        return f"<Blob>{name_element(name)}<Properties>{properties}</Properties>{metadata}</Blob>"

    def read(self):
        self.need("r")
        blob = self.exists()
        self.check_conditions()
        if self.command == "GET" and blob.tier == "Archive":
            raise Refusal(409, "BlobArchived")
        head = {
            **blob.head, "Content-Type": blob.type, "x-ms-blob-type": "BlockBlob", "Accept-Ranges": "bytes",
            "x-ms-access-tier": blob.tier, "x-ms-creation-time": formatdate(blob.made, usegmt=True), **{"x-ms-meta-" + name: value for name, value in blob.metadata.items()},
        }
        size, text = len(blob.data), self.headers.get("x-ms-range") or self.headers.get("Range")
        if self.command == "HEAD" or not text:
            return self.answer(200, {**head, "Content-Length": size, "Content-MD5": blob.md5}, blob.data)
        range = re.fullmatch(r"bytes=(\d+)-(\d*)", text)
        if not range:
            raise Refusal(400, "InvalidHeaderValue")
        start, end = int(range[1]), min(int(range[2] or size), size - 1)
        if start >= size:
            raise Refusal(416, "InvalidRange", Content_Range=f"bytes */{size}")
        head |= {"Content-Range": f"bytes {start}-{end}/{size}", "x-ms-blob-content-md5": blob.md5}
        part = blob.data[start : end + 1]
        if self.headers.get("x-ms-range-get-content-md5") == "true":
            head["Content-MD5"] = md5(part)
        self.answer(206, {**head, "Content-Length": len(part)}, part)

    def block_list(self):
        self.need("r")
        if self.blob is None:
            raise Refusal(404, "BlobNotFound")
        kinds = {"Committed": self.blob.committed, "Uncommitted": self.blob.waiting.items()}
        text = ""
        for kind, blocks in kinds.items():
            if self.query.get("blocklisttype", "committed") in [kind.lower(), "all"]:
                items = "".join(
                    f"<Block>{element('Name', name)}{element('Size', str(len(data)))}</Block>" for name, data in blocks)
                text += f"<{kind}Blocks>{items}</{kind}Blocks>"
        self.document(f"<BlockList>{text}</BlockList>", self.blob.head if self.blob.data is not None else {})
