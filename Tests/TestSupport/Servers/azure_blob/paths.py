"""The account's other host (`ACCOUNT.dfs.…`), where the same containers are trees of paths: as much of it as moves, lists and
makes folders. It speaks JSON."""

import json
import re
from urllib.parse import parse_qsl, unquote, urlsplit

from azure_blob.access import Refusal
from azure_blob.tree import Tree, folder, parents, place

FULL = "The recursive query parameter value must be true to delete a non-empty directory."


class Paths(Tree):
    def file_system(self):
        # As with blobs, a SAS of a container is not one for the container itself.
        if "sr" in self.query:
            raise Refusal(403, "AuthorizationPermissionMismatch")
        self.need("r")
        self.answer(200, {**self.container.head, "x-ms-namespace-enabled": str(self.is_tree).lower()})

    def list_paths(self):
        self.need("l")
        top = self.query.get("directory", "")
        names = [
            name for name, blob in self.container.blobs.items()
            if blob.data is not None and name.startswith(top + "/" if top else "")
            and (self.query["recursive"] == "true" or "/" not in name[len(top) :].lstrip("/"))
        ]
        names.sort(key=place)
        start, most = int(self.query.get("continuation", 0)), int(self.query.get("maxResults", 5000))
        end = start + most
        paths = [self.path_entry(name, self.container.blobs[name]) for name in names[start:end]]
        self.json(200, {"paths": paths}, {"x-ms-continuation": str(end) if len(names) > end else None})

    def path_entry(self, name, blob):
        entry = {"name": name, "contentLength": str(len(blob.data)), "etag": blob.etag}
        entry["lastModified"] = blob.head["Last-Modified"]
        return {**entry, "isDirectory": "true"} if blob.is_folder else entry

    def make_path(self):
        if "x-ms-rename-source" in self.headers:
            return self.move()
        if self.query.get("resource") != "directory":
            raise Refusal(400, "InvalidQueryParameterValue")
        self.need("cw")
        if self.headers.get("If-None-Match") == "*" and self.blob:
            raise Refusal(409, "PathAlreadyExists")
        for name in [*parents(self.name), self.name]:
            if not self.is_folder(name):
                if name in self.container.blobs:
                    raise Refusal(409, "PathConflict")
                self.container.blobs[name] = folder({})
        self.answer(201, self.container.blobs[self.name].head)

    def delete_path(self):
        self.need("d")
        if self.blob is None:
            raise Refusal(404, "PathNotFound")
        if self.is_full(self.name) and self.query.get("recursive") != "true":
            raise Refusal(409, "DirectoryNotEmpty", FULL)
        for name in [name for name in self.container.blobs if name == self.name or name.startswith(self.name + "/")]:
            del self.container.blobs[name]
        self.answer(200)

    # Moves

    def move(self):
        if not self.is_tree:
            raise Refusal(400, "UnsupportedHeader", "x-ms-rename-source")
        self.need("m")
        self.need("cw")
        source, name = self.move_source(), self.name
        moved = self.container.blobs[source]
        if name == source:
            return self.answer(201)
        if name.startswith(source + "/"):
            raise Refusal(409, "InvalidRenameSourcePath")
        if self.query.get("mode", "posix") == "posix" and moved.is_folder and self.is_folder(name):
            # Into it, as `mv` of the shell does.
            name += "/" + source.rsplit("/", 1)[-1]
        if any(not self.is_folder(parent) for parent in parents(name)):
            raise Refusal(404, "RenameDestinationParentPathNotFound")
        self.check_target(moved, name)
        for old in [old for old in self.container.blobs if old == source or old.startswith(source + "/")]:
            # Everything about it stays, its ETag too. A lease on what it replaces ends.
            self.container.blobs[name + old[len(source) :]] = self.container.blobs.pop(old)
        self.answer(201)

    def move_source(self):
        url = urlsplit(self.headers["x-ms-rename-source"])
        container, name = (unquote(part) for part in (url.path[1:].split("/", 1) + [""])[:2])
        if self.containers.get(container) is not self.container or not name:
            raise Refusal(400, "InvalidSourceUri")
        if "sig" in self.query:
            query = dict(parse_qsl(url.query, keep_blank_values=True))
            if "sig" not in query:
                raise Refusal(403, "AuthorizationFailure", "the source has no signature")
            if "m" not in self.access.of_signature(query, container, name):
                raise Refusal(403, "AuthorizationPermissionMismatch")
        found = self.container.blobs.get(name)
        if found is None or found.data is None:
            raise Refusal(404, "SourcePathNotFound", "The source path for a rename operation does not exist.")
        if self.headers.get("x-ms-source-if-match", found.etag) not in ["*", found.etag]:
            raise Refusal(412, "SourceConditionNotMet")
        if found.lease and self.headers.get("x-ms-source-lease-id") != found.lease:
            raise Refusal(412, "LeaseIdMissing")
        return name

    def check_target(self, moved, name):
        there = self.container.blobs.get(name)
        wanted = self.headers.get("If-Match")
        if wanted and (there is None or wanted not in ["*", there.etag]):
            raise Refusal(412, "ConditionNotMet")
        if there is None or there.data is None:
            return
        if self.headers.get("If-None-Match") == "*":
            raise Refusal(409, "PathAlreadyExists", "The specified path already exists.")
        if self.is_full(name):
            raise Refusal(409, "DirectoryNotEmpty", FULL)
        if there.is_folder != moved.is_folder:
            raise Refusal(409, "InvalidSourceOrDestinationResourceType")

    def json(self, status, document, head=None):
        self.answer(status, {"Content-Type": "application/json", **(head or {})}, json.dumps(document).encode())


def account_and_kind(host):
    """Of a host with the account in its name, and whether it is the one for blobs; nothing for others."""
    named = re.fullmatch(r"([a-z0-9]+)\.(blob|dfs)\.localhost(:\d+)?", host)
    return named and (named[1], named[2])
