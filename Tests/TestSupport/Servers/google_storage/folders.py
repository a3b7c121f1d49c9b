"""Folders of buckets with a hierarchy of them: resources for themselves, which come into being with what is below them, and are
renamed in one step, in the service's own time."""

from google_storage.buckets import folders_above
from google_storage.refusals import Refusal, forbidden, no_route


class Folders:
    def test_permissions(self, bucket):
        if bucket.labels.get("folder-rights") in ("refused", "unknown", "unimplemented"):
            raise no_route()
        if bucket.labels.get("move-rights") == "refused":
            raise forbidden("storage.buckets.get")
        granted = self.permissions(bucket).intersection(self.values("permissions"))
        self.say({"kind": "storage#testIamPermissionsResponse", "permissions": sorted(granted)})

    def on_folders(self, bucket, path):
        if not bucket.has_folders:
            raise Refusal(412, "conditionNotMet", "The bucket has no hierarchical namespace.")
        match self.command, path:
            case "GET", []:
                self.list_folders(bucket)
            case "POST", []:
                self.make_folder(bucket)
            case "GET", [name]:
                self.authorize_folders(bucket, "storage.folders.get")
                self.say(self.folder(bucket, name).document)
            case "DELETE", [name]:
                self.remove_folder(bucket, name)
            case "POST", [name, "renameTo", "folders", target]:
                self.rename_folder(bucket, name, target)
            case _:
                raise no_route()

    def folder(self, bucket, name):
        if name not in bucket.folders:
            raise Refusal(404, "notFound", "The folder does not exist.")
        return bucket.folders[name]

    def list_folders(self, bucket):
        self.authorize_folders(bucket, "storage.folders.list")
        prefix = self.query.get("prefix", "")
        names = sorted(name for name in bucket.folders if name.startswith(prefix))
        self.say({"kind": "storage#folders", "items": [bucket.folders[name].document for name in names]})

    def make_folder(self, bucket):
        self.authorize_folders(bucket, "storage.folders.create")
        name = self.document()["name"]
        if not name.endswith("/"):
            name += "/"
        if name in bucket.folders:
            raise Refusal(409, "conflict", "The folder you tried to create already exists.")
        self.check_parent(bucket, name, self.query.get("recursive") == "true")
        bucket.make_folders(folders_above(name))
        self.say(bucket.folders[name].document)

    @staticmethod
    def check_parent(bucket, name, is_made=False):
        above = folders_above(name)[:-1]
        if above and above[-1] not in bucket.folders and not is_made:
            raise Refusal(404, "notFound", "The parent folder does not exist.")

    def remove_folder(self, bucket, name):
        self.authorize_folders(bucket, "storage.folders.delete")
        self.folder(bucket, name)
        bucket.check_still(name)
        if not bucket.is_empty(name):
            raise Refusal(409, "conflict", "The folder you tried to delete is not empty.")
        del bucket.folders[name]
        self.answer(204)

    def rename_folder(self, bucket, name, target):
        self.authorize_folders(bucket, "storage.folders.rename")
        self.folder(bucket, name)
        bucket.check_still(name)
        if target.startswith(name):
            raise Refusal(400, "invalid", "A folder cannot be moved into itself.")
        if target in bucket.folders:
            raise Refusal(409, "conflict", "The folder you tried to create already exists.")
        self.check_parent(bucket, target)
        self.say(bucket.begin(name, target).document)

    def operation(self, bucket, id):
        if id not in bucket.operations:
            raise Refusal(404, "notFound", "The operation does not exist.")
        self.say(bucket.operations[id].document)
