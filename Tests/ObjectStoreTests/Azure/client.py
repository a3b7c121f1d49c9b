"""Microsoft's own client of blob storage, on the server of the tests: a JSON object on standard input says what it is to do
there, and it says what it found in one on standard output."""

import json
import socket
import sys
from datetime import datetime, timedelta, timezone

from azure.core import MatchConditions
from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import (
    BlobBlock, BlobServiceClient, ContentSettings, StandardBlobTier, generate_blob_sas, generate_container_sas,
)
from azure.storage.blob._shared.authentication import _storage_header_sort
from azure.storage.filedatalake import DataLakeServiceClient


def refused(code, call, *values, **options):
    try:
        call(*values, **options)
    except HttpResponseError as error:
        found = error.response.headers["x-ms-error-code"]
        assert found == code, f"{found} and not {code}"
    else:
        raise AssertionError(f"{call} was not refused: {code}")


def service(order):
    key = AzureNamedKeyCredential(order["account"], order["key"])
    # Small enough that some objects come in blocks.
    return BlobServiceClient(
        order["service"], credential=key, max_single_put_size=1000, max_block_size=600, max_single_get_size=700,
        max_chunk_get_size=500, retry_total=0)


def sort(order):
    """Names of headers, as the service has them in order."""
    return [name for name, _ in _storage_header_sort([(name, "") for name in order["names"]])]


def sign(order):
    """Signatures for a container, and for one of its blobs."""
    expiry = datetime.now(timezone.utc) + timedelta(hours=1)
    common = {"account_name": order["account"], "account_key": order["key"], "expiry": expiry}
    container = generate_container_sas(container_name=order["container"], permission=order["permissions"], **common)
    blob = generate_blob_sas(container_name=order["container"], blob_name=order["blob"], permission="r", **common)
    return {"container": container, "blob": blob}


def read(order):
    """All that is there."""
    container = service(order).get_container_client(order["container"])
    found = {}
    for blob in container.list_blobs(include=["metadata"], results_per_page=2):
        client = container.get_blob_client(blob.name)
        properties = client.get_blob_properties()
        assert properties.metadata == (blob.metadata or {}), blob.name
        assert properties.etag.strip('"') == blob.etag.strip('"'), blob.name
        found[blob.name] = {
            "content": client.download_blob().readall().hex(), "type": properties.content_settings.content_type,
            "metadata": properties.metadata,
        }
    return found


def write(order):
    container = service(order).get_container_client(order["container"])
    for name, object in order["objects"].items():
        container.upload_blob(
            name, bytes.fromhex(object["content"]), metadata=object["metadata"],
            content_settings=ContentSettings(content_type=object["type"]))


def routes(order):
    """Each of the server's, at least once, with what it has to refuse."""
    client = service(order)
    assert client.get_account_information()["account_kind"] == "StorageV2"
    container = client.create_container(order["container"], public_access="blob")
    refused("ContainerAlreadyExists", client.create_container, order["container"])
    assert container.get_container_properties().etag

    blob = container.get_blob_client("a/b c+%")
    refused("BlobNotFound", blob.get_blob_properties)
    etag = blob.upload_blob(b"0123456789", metadata={"Name": "value"})["etag"]
    refused("BlobAlreadyExists", blob.upload_blob, b"other")
    refused("ConditionNotMet", blob.upload_blob, b"x", overwrite=True, if_match='"0x0"')
    assert blob.upload_blob(b"0123456789", overwrite=True, etag=etag, match_condition=MatchConditions.IfNotModified)
    assert blob.download_blob(offset=2, length=3, validate_content=True).readall() == b"234"
    refused("InvalidRange", blob.download_blob, offset=10, length=1)
    assert container.upload_blob("empty", b"").download_blob().readall() == b""

    parts = container.get_blob_client("parts")
    parts.stage_block("1", b"one", validate_content=True)
    refused("InvalidBlobOrBlock", parts.stage_block, "longer", b"x")
    assert [name.name for name in container.list_blobs(name_starts_with="parts")] == []
    address = blob.url + "?" + sign({**order, "permissions": "r", "blob": blob.blob_name})["blob"]
    refused("CannotVerifyCopySource", parts.stage_block_from_url, "2", address[:-5] + "AAAA%3D")
    parts.stage_block_from_url("2", address, source_offset=1, source_length=2)
    assert len(parts.get_block_list("all")[1]) == 2
    refused("InvalidBlockList", parts.commit_block_list, [BlobBlock("3")])
    parts.commit_block_list([BlobBlock("2"), BlobBlock("1")], metadata={"a1": "x", "a_1": "y"})
    assert parts.download_blob().readall() == b"12one"
    assert parts.get_blob_properties().metadata == {"a1": "x", "a_1": "y"}

    copy = container.get_blob_client("copy")
    assert copy.start_copy_from_url(parts.url)["copy_status"] == "success"
    assert copy.get_blob_properties().metadata == {"a1": "x", "a_1": "y"}
    refused(
        "SourceConditionNotMet", copy.start_copy_from_url, parts.url, source_etag='"0x0"',
        source_match_condition=MatchConditions.IfNotModified)
    copy.upload_blob_from_url(address, overwrite=True, content_settings=ContentSettings(content_type="text/x"))
    assert copy.download_blob().readall() == b"0123456789"

    copy.set_blob_metadata({"k": "v"})
    refused("InvalidMetadata", copy.set_blob_metadata, {"no-identifier": "v"})
    copy.set_http_headers(ContentSettings(content_type="text/y"))
    assert copy.get_blob_properties().content_settings.content_type == "text/y"
    lease = copy.acquire_lease()
    refused("LeaseAlreadyPresent", copy.acquire_lease)
    refused("LeaseIdMissing", copy.delete_blob)
    lease.release()
    copy.set_standard_blob_tier(StandardBlobTier.ARCHIVE)
    refused("BlobArchived", copy.download_blob)

    names = [entry.name for page in container.walk_blobs(results_per_page=1).by_page() for entry in page]
    assert names == ["a/", "copy", "empty", "parts"], names
    # The second page of a prefix is one of that prefix only if the first has said so.
    for name in ["p/1", "p/2", "p/3", "q\u0001", "\u00e9"]:
        container.upload_blob(name, b"")
    found = [entry.name for entry in container.list_blobs(name_starts_with="p/", results_per_page=1)]
    assert found == ["p/1", "p/2", "p/3"], found
    assert "q\u0001" in [entry.name for entry in container.list_blobs()]
    copy.delete_blob()
    refused("BlobNotFound", copy.delete_blob)
    copy.undelete_blob()
    copy.delete_blob()
    container.delete_container()
    refused("ContainerNotFound", container.get_container_properties)
    return "all"


def tree(order):
    """Files and folders of an account whose folders are real, with Microsoft's client of those."""
    address, options = order["service"].replace(".blob.", ".dfs."), {}
    if order["credential"] == "key":
        options["credential"] = {"account_name": order["account"], "account_key": order["key"]}
    else:
        # A token it takes to nobody without TLS, not even on this machine.
        address += "?" + sign(order)["container"]
    files = DataLakeServiceClient(address, retry_total=0, **options).get_file_system_client(order["container"])
    assert files.get_directory_client("none").exists() is False
    ask = files._client.file_system.get_properties
    if order["credential"] == "signature":
        refused("AuthorizationPermissionMismatch", ask)
    else:
        found = ask(cls=lambda answer, value, headers: answer.http_response.headers)
        assert found["x-ms-namespace-enabled"] == "true", found

    folder = files.get_directory_client("a/b c")
    folder.create_directory()
    assert folder.get_directory_properties().metadata["hdi_isfolder"] == "true"
    refused("PathAlreadyExists", folder.create_directory, match_condition=MatchConditions.IfMissing)
    blobs = service({**order, "credential": "key"}).get_container_client(order["container"])
    for name, content in {"a/b c/one": b"one", "a/b c/ü": b"two", "other": b"three"}.items():
        blobs.upload_blob(name, content)
    refused("ResourceTypeMismatch", blobs.upload_blob, "other/x", b"")
    refused("DirectoryIsNotEmpty", blobs.upload_blob, "a", b"", overwrite=True)
    refused("DirectoryIsNotEmpty", blobs.delete_blob, "a")
    paths = [(path.name, bool(path.is_directory)) for path in files.get_paths(max_results=2)]
    assert paths == [
        ("a", True), ("a/b c", True), ("a/b c/one", False), ("a/b c/ü", False), ("other", False)], paths
    assert [blob.name for blob in blobs.list_blobs(results_per_page=2)] == [name for name, _ in paths]
    assert [blob.name for blob in blobs.walk_blobs(results_per_page=1)] == ["a/", "other"]

    one = files.get_file_client("a/b c/one")
    etag = blobs.get_blob_client("a/b c/one").get_blob_properties().etag
    container = order["container"]
    refused("PathAlreadyExists", one.rename_file, f"{container}/other", match_condition=MatchConditions.IfMissing)
    refused(
        "SourceConditionNotMet", one.rename_file, f"{container}/z", source_etag='"0x0"',
        source_match_condition=MatchConditions.IfNotModified)
    refused("RenameDestinationParentPathNotFound", one.rename_file, f"{container}/none/z")
    refused("SourcePathNotFound", files.get_file_client("none").rename_file, f"{container}/z")
    one.rename_file(f"{container}/other")
    assert blobs.get_blob_client("other").get_blob_properties().etag == etag
    files.get_file_client("other").rename_file(f"{container}/z")
    assert blobs.get_blob_client("z").download_blob().readall() == b"one"

    refused("InvalidRenameSourcePath", folder.rename_directory, f"{container}/a/b c/d")
    files.get_directory_client("full/x").create_directory()
    refused("DirectoryNotEmpty", folder.rename_directory, f"{container}/full")
    refused("DirectoryNotEmpty", files.get_directory_client("full")._delete, recursive=False)
    files.get_directory_client("full").delete_directory()
    files.get_directory_client("moved").create_directory()
    folder.rename_directory(f"{container}/moved/a b+%2F?")
    assert blobs.get_blob_client("moved/a b+%2F?/ü").download_blob().readall() == b"two"
    files.get_directory_client("a").delete_directory()
    return "all"


def resolve(host, *values, original=socket.getaddrinfo, **options):
    """Names below `localhost` are this machine's own, as not every resolver knows."""
    return original("127.0.0.1" if host.endswith(".localhost") else host, *values, **options)


socket.getaddrinfo = resolve
order = json.load(sys.stdin)
print(json.dumps(globals()[order["verb"]](order)))
