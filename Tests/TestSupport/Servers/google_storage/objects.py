"""What an object is, with its checksums and its generation."""

import base64
import hashlib
import time

import google_crc32c

from google_storage.refusals import Refusal

KEPT = ("contentType", "contentEncoding", "contentDisposition", "contentLanguage", "cacheControl", "metadata", "storageClass")


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
