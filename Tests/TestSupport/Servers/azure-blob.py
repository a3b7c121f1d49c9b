"""Azure's blob storage in memory, as far as a client of objects can see it.

    python3 azure-blob.py PORT ACCOUNT TREE KEY TOKEN

It follows Microsoft's description of the service: conditions, ranges, pages of listings, blocks that wait, copies by
address, metadata, leases, tiers, what was deleted and can be had back. Of two accounts the second has a hierarchical namespace (`azure_blob/tree.py`), and both have
two hosts, `ACCOUNT.blob.localhost` and `ACCOUNT.dfs.localhost` (`azure_blob/paths.py`); on every other host the account stands
in the path. Who may do what `azure_blob/access.py` says. No two requests are worked on at once.
"""

import json
import sys
import threading
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

from azure_blob.access import Access, Refusal
from azure_blob.paths import Paths, account_and_kind
from azure_blob.reading import Reading
from azure_blob.state import Account, Container, element
from azure_blob.writing import Writing


class Request(Reading, Writing, Paths, BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    accounts, lock = {}, threading.Lock()

    def log_message(self, form, *values):
        print(self.command, self.path.split("?")[0], *values[1:], file=sys.stderr, flush=True)

    # Asking and answering

    def serve(self):
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        if len(self.body) < length:
            # Who goes in the middle has not asked for anything.
            self.close_connection = True
            return
        try:
            with self.lock:
                self.route()
        except Refusal as refusal:
            self.refuse(refusal)
        self.send(*self.reply)

    do_GET = do_HEAD = do_PUT = do_DELETE = serve

    def refuse(self, refusal):
        head = {"x-ms-error-code": refusal.code, **refusal.headers}
        if self.host == "dfs":
            kind, body = "application/json", {"error": {"code": refusal.code, "message": refusal.message}}
            body = json.dumps(body).encode()
        else:
            text = element("Code", refusal.code) + element("Message", refusal.message)
            kind, body = "application/xml", f'<?xml version="1.0" encoding="utf-8"?><Error>{text}</Error>'.encode()
        if self.command != "HEAD" and refusal.status != 304:
            head["Content-Type"] = kind
        self.answer(refusal.status, head, body)

    def answer(self, status, head=None, body=b""):
        """Sent when nobody waits for the lock any more: who reads slowly keeps nobody else from asking."""
        self.reply = status, head, body

    def send(self, status, head, body):
        self.send_response(status)
        head = {"Content-Length": len(body), "x-ms-request-id": uuid.uuid4(), **(head or {})}
        for name in ["x-ms-version", "x-ms-client-request-id"]:
            if name in self.headers:
                head[name] = self.headers[name]
        if status == 304:
            del head["Content-Length"]
        for name, value in head.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD" and status != 304:
            self.wfile.write(body)

    def document(self, text, head=None):
        head = {"Content-Type": "application/xml", **(head or {})}
        self.answer(200, head, ('<?xml version="1.0" encoding="utf-8"?>' + text).encode())

    def route(self):
        parts = urlsplit(self.path)
        self.query = dict(parse_qsl(parts.query, keep_blank_values=True))
        _, self.host = account_and_kind(self.headers["Host"]) or (None, "blob")
        account, container, name = self.parts(parts.path)
        self.account = self.accounts.get(account)
        if not self.account:
            raise Refusal(400, "InvalidUri")
        self.access, self.containers = self.account.access, self.account.containers
        self.container, self.name = self.containers.get(container), name
        public = self.container.public if self.container else None
        self.rights = self.access.rights(self.command, self.path, self.headers, container, name, public)
        what, comp = self.query.get("restype"), self.query.get("comp")
        if what == "account" and comp == "properties":
            kind = {"x-ms-sku-name": "Standard_LRS", "x-ms-account-kind": "StorageV2", }
            kind["x-ms-is-hns-enabled"] = str(self.is_tree).lower()
            return self.answer(200, kind)
        if what == "container" and self.command == "PUT":
            return self.make_container(container)
        if self.container is None:
            raise Refusal(404, "ContainerNotFound" if self.host == "blob" else "FilesystemNotFound")
        self.blob = self.container.blobs.get(name)
        if self.host == "dfs":
            route = PATH_ROUTES.get((self.command, bool(name)))
        elif name:
            route = BLOB_ROUTES.get((self.command, comp))
        else:
            route = CONTAINER_ROUTES.get((self.command, what, comp))
        if not route:
            raise Refusal(405, "UnsupportedHttpVerb")
        route(self)

    def parts(self, path):
        """Account, container and name."""
        named = account_and_kind(self.headers["Host"])
        path = f"/{named[0]}{path}" if named else path
        return [unquote(part) for part in (path[1:].split("/", 2) + ["", ""])[:3]]

    def need(self, letters):
        if not any(letter in self.rights for letter in letters):
            raise Refusal(403, "AuthorizationPermissionMismatch")

    # Containers

    def make_container(self, name):
        self.need("c")
        if name in self.containers:
            raise Refusal(409, "ContainerAlreadyExists")
        made = self.containers[name] = Container(self.headers.get("x-ms-blob-public-access"))
        self.answer(201, made.head)

    def remove_container(self):
        self.need("d")
        for name in [name for name, container in self.containers.items() if container is self.container]:
            del self.containers[name]
        self.answer(202)

    def container_properties(self):
        self.need("r")
        self.answer(200, self.container.head)


CONTAINER_ROUTES = {
    ("GET", "container", "list"): Request.list,
    ("GET", "container", None): Request.container_properties,
    ("HEAD", "container", None): Request.container_properties,
    ("DELETE", "container", None): Request.remove_container,
}
BLOB_ROUTES = {
    ("GET", None): Request.read,
    ("HEAD", None): Request.read,
    ("GET", "blocklist"): Request.block_list,
    ("PUT", None): Request.put,
    ("PUT", "block"): Request.put_block,
    ("PUT", "blocklist"): Request.put_block_list,
    ("PUT", "metadata"): Request.set_metadata,
    ("PUT", "properties"): Request.set_properties,
    ("PUT", "tier"): Request.set_tier,
    ("PUT", "lease"): Request.lease,
    ("PUT", "undelete"): Request.undelete,
    ("DELETE", None): Request.delete,
}


PATH_ROUTES = {
    ("HEAD", False): Request.file_system,
    ("GET", False): Request.list_paths,
    ("PUT", True): Request.make_path,
    ("DELETE", True): Request.delete_path,
}


class Server(ThreadingHTTPServer):
    request_queue_size = 512


def main(port, flat, tree, key, token):
    Request.accounts = {name: Account(Access(name, key, [token]), name == tree) for name in [flat, tree]}
    Server(("127.0.0.1", int(port)), Request).serve_forever()


main(*sys.argv[1:])
