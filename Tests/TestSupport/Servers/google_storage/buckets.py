"""What is there: buckets with their objects and folders, and what is known of uploads and copies under way. Labels of a bucket say
how it behaves: `folder-rights` who may see to its folders, `operations-take` how many milliseconds what it does in its own time
takes, `operations-fail` with which code that fails."""

import bisect
import threading

from google_storage.conditions import require
from google_storage.objects import Object
from google_storage.operations import Operation
from google_storage.refusals import Refusal, no_object

lock = threading.RLock()
buckets, sessions, rewrites = {}, {}, {}


def folders_above(name):
    """Of `a/b/c` and of `a/b/` alike `a/` and `a/b/`."""
    return [name[: index + 1] for index, letter in enumerate(name) if letter == "/"]


class Bucket:
    def __init__(self, document):
        self.name, self.labels = document["name"], document.get("labels", {})
        self.has_folders = bool(document.get("hierarchicalNamespace", {}).get("enabled"))
        self.reader_pays = bool(document.get("billing", {}).get("requesterPays"))
        self.objects, self.names, self.folders, self.operations = {}, [], {}, {}

    def put(self, item):
        self.check_still(item.name)
        if item.name not in self.objects:
            bisect.insort(self.names, item.name.encode())
        self.objects[item.name] = item
        if self.has_folders:
            self.make_folders(folders_above(item.name))
        return item

    def remove(self, name):
        self.check_still(name)
        self.forget(name)

    def forget(self, name):
        del self.objects[name]
        del self.names[bisect.bisect_left(self.names, name.encode())]

    def make_folders(self, names):
        for name in names:
            self.folders.setdefault(name, Folder(self, name))

    def is_empty(self, folder):
        """A folder of the bucket."""
        names = [*self.objects, *(name for name in self.folders if name != folder)]
        return not any(name.startswith(folder) for name in names)

    def check_still(self, name):
        """What is just being renamed nobody changes."""
        if any(operation.touches(name) for operation in self.operations.values() if not operation.is_done):
            raise Refusal(409, "conflict", "The folder is being renamed.")

    def begin(self, source, target):
        takes, code = int(self.labels.get("operations-take", 0)), int(self.labels.get("operations-fail", 0))
        operation = Operation(self.name, source, target, takes, code)
        self.operations[operation.id] = operation
        self.go_on()
        return operation

    def go_on(self):
        """With what is done in its own time, whoever asks for whatever."""
        for operation in self.operations.values():
            if operation.is_due():
                operation.is_done = True
                if not operation.code:
                    self.rename(operation.source, operation.target)

    def pending(self, name):
        """What is just renaming a folder, or one that it is in."""
        return next((found for found in self.operations.values() if not found.is_done and name.startswith(found.source)), None)

    def rename(self, source, target):
        for name in [name for name in self.objects if name.startswith(source)]:
            item = self.objects[name]
            self.forget(name)
            item.name = target + name[len(source):]
            bisect.insort(self.names, item.name.encode())
            self.objects[item.name] = item
        for name in [name for name in self.folders if name.startswith(source)]:
            folder = self.folders.pop(name)
            folder.name = target + name[len(source):]
            self.folders[folder.name] = folder


class Folder:
    def __init__(self, bucket, name):
        self.bucket, self.name = bucket, name

    @property
    def document(self):
        document = {
            "kind": "storage#folder", "id": f"{self.bucket.name}/{self.name}", "bucket": self.bucket.name,
            "name": self.name, "metageneration": "1",
        }
        if operation := self.bucket.pending(self.name):
            document["pendingRenameInfo"] = {"operationId": operation.id}
        return document


class Session:
    """A resumable upload."""

    def __init__(self, bucket, name, resource, query):
        self.bucket, self.name, self.resource, self.query = bucket, name, resource, query
        self.data, self.result, self.lock = bytearray(), None, threading.Lock()


def find_bucket(name):
    if name not in buckets:
        raise Refusal(404, "notFound", "The specified bucket does not exist.")
    return buckets[name]


def find(bucket, name, generation=None):
    found = bucket.objects.get(name)
    if found is None or generation is not None and str(found.generation) != str(generation):
        raise no_object(bucket.name, name)
    return found


def store(bucket, name, data, resource, query):
    if not name or len(name.encode()) > 1024 or name in (".", "..") or "\n" in name or "\r" in name:
        raise Refusal(400, "invalid", "Invalid object name")
    require(query, bucket.objects.get(name))
    return bucket.put(Object(bucket.name, name, data, resource))
