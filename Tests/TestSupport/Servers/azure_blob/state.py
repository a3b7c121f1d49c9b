"""Containers and blobs as they are kept."""

import base64
import hashlib
import itertools
import re
import time
from email.utils import formatdate
from urllib.parse import quote
from xml.sax.saxutils import escape

from azure.storage.blob._shared.validation import calculate_crc64_bytes

tags = itertools.count(int(time.time() * 1e7))


class Versioned:
    def touch(self):
        self.etag, self.time = f'"0x{next(tags):X}"', time.time()

    @property
    def head(self):
        return {"ETag": self.etag, "Last-Modified": formatdate(self.time, usegmt=True)}


class Account:
    """`is_tree`: with a hierarchical namespace."""

    def __init__(self, access, is_tree):
        self.access, self.is_tree, self.containers = access, is_tree, {}


class Container(Versioned):
    def __init__(self, public):
        # Deleted ones can be had back.
        self.blobs, self.deleted, self.public = {}, {}, public
        self.touch()


class Blob(Versioned):
    """Without data it has only blocks that wait, and nobody sees it."""

    def __init__(self):
        self.data, self.is_folder = None, False
        self.committed, self.waiting = [], {}
        self.metadata, self.type, self.md5, self.tier, self.lease = {}, None, None, "Hot", None
        self.touch()
        self.made = self.time

    def write(self, data, request, blocks=(), like=None):
        self.data, self.committed, self.waiting = data, list(blocks), {}
        self.metadata = request.metadata() or (dict(like.metadata) if like else {})
        self.type = request.headers.get("x-ms-blob-content-type") or (
            like.type if like else "application/octet-stream")
        self.md5 = request.headers.get("x-ms-blob-content-md5") or (like.md5 if like else None)
        self.tier = request.headers.get("x-ms-access-tier", "Hot")
        self.touch()
        self.made = self.time


def crc64(data):
    """As Microsoft's own client computes and writes it."""
    return base64.b64encode(calculate_crc64_bytes(data)).decode()


def md5(data):
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def element(name, text):
    return element_of(name, escape(text))


def element_of(name, inner):
    return f"<{name}>{inner}</{name}>"


def name_element(name):
    """What no document can hold is encoded, and says so."""
    if re.search("[\x00-\x08\x0b-\x1f\ufffe\uffff]", name):
        return f'<Name Encoded="true">{quote(name)}</Name>'
    return element("Name", name)
