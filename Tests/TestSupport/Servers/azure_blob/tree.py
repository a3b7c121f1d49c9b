"""What is different in accounts with a hierarchical namespace: folders are real. Writing makes those above, removing the last
file of one leaves it, a file and a folder cannot have one name, and listings walk the tree."""

from azure_blob.access import Refusal
from azure_blob.state import Blob

FOLDER = "hdi_isfolder"


def place(name):
    """Names as a walk through the tree has them in order."""
    return name.encode().split(b"/")


def parents(name):
    parts = name.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


class Tree:
    """Of the container that a request is for."""

    @property
    def is_tree(self):
        return self.account.is_tree

    def is_full(self, name):
        return any(other.startswith(name + "/") for other in self.container.blobs)

    def is_folder(self, name):
        blob = self.container.blobs.get(name)
        return blob is not None and blob.is_folder

    def check_name(self):
        """Before something is written."""
        if not self.is_tree:
            return
        if not all(self.name.split("/")):
            raise Refusal(400, "InvalidUri")
        for name in parents(self.name):
            blob = self.container.blobs.get(name)
            if blob and not blob.is_folder and blob.data is not None:
                raise Refusal(409, "ResourceTypeMismatch", "a file is where a folder would have to be")
        if self.is_folder(self.name):
            if self.is_full(self.name):
                raise Refusal(409, "DirectoryIsNotEmpty", "This operation is not permitted on a non-empty directory.")
            raise Refusal(409, "ResourceTypeMismatch")

    def make_parents(self):
        if self.is_tree:
            for name in parents(self.name):
                if not self.is_folder(name):
                    self.container.blobs[name] = folder({})

    def makes_folder(self):
        return self.is_tree and self.metadata().get(FOLDER, "").lower() == "true"

    def put_folder(self):
        """By what marks one, as clients of blobs do it."""
        self.need("cw")
        if self.body:
            raise Refusal(400, "InvalidHeaderValue", "a folder with content")
        self.check_conditions()
        if self.blob:
            self.check_name()
        self.name, name = self.name + "/.", self.name
        self.check_name()
        self.name = name
        self.make_parents()
        made = self.container.blobs[name] = folder(self.metadata())
        self.answer(201, made.head)

    def check_removal(self):
        if self.is_tree and self.is_full(self.name):
            raise Refusal(409, "DirectoryIsNotEmpty", "This operation is not permitted on a non-empty directory.")


def folder(metadata):
    made = Blob()
    made.data, made.is_folder = b"", True
    made.metadata = {**metadata, FOLDER: "true"}
    return made
