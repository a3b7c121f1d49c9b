"""Objects that are looked at and read."""

import gzip
import re
from email.utils import formatdate

from google_storage.listing import listing


class Reading:
    def list(self, bucket):
        if self.query.get("includeFoldersAsPrefixes") == "true":
            self.authorize_shown_folders(bucket)
        items, prefixes, token = listing(bucket, self.query)
        page = {"kind": "storage#objects", "items": items, "prefixes": prefixes, "nextPageToken": token}
        self.say({key: value for key, value in page.items() if value})

    def layout(self, bucket):
        self.say({
            "kind": "storage#storageLayout", "bucket": bucket.name, "location": "US", "locationType": "multi-region",
            "hierarchicalNamespace": {"enabled": bucket.has_folders},
        })

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
