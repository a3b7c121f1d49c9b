"""Who may do what with the blobs of azure-blob.py. Every signature is made anew by the signer of Microsoft's own client,
azure-storage-blob, and compared: what is right is not ours to say. Its modules are private, so that its version is pinned."""

import hmac
import time
from datetime import datetime
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from urllib.parse import parse_qsl, quote, urlsplit

from azure.storage.blob._shared.authentication import SharedKeyCredentialPolicy
from azure.storage.blob._shared.shared_access_signature import _SharedAccessHelper
from azure.storage.blob._shared_access_signature import _BlobSharedAccessHelper

EVERYTHING = "rlcwdm"
# How far a request's date may be from the time.
TOLERANCE = 900
# The client leaves the last one empty, since it never sends the header.
PLACES = [
    "content-encoding", "content-language", "content-length", "content-md5", "content-type", "date",
    "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range",
]


class Refusal(Exception):
    def __init__(self, status, code, message="", **headers):
        super().__init__(code)
        self.status, self.code, self.message = status, code, message or code
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class Access:
    """The account's key, and tokens that are good."""

    def __init__(self, account, key, tokens):
        self.account, self.key, self.tokens = account, key, tokens

    def rights(self, method, target, headers, container, blob, public):
        """Letters as a SAS has them. `public` is what everybody may see of the container: blobs, or all of it."""
        query = dict(parse_qsl(urlsplit(target).query, keep_blank_values=True))
        authorization = headers.get("Authorization", "")
        if authorization.startswith("SharedKey "):
            self.check_date(headers)
            if not hmac.compare_digest(authorization, self.shared_key(method, target, query, headers)):
                raise Refusal(403, "AuthenticationFailed", "the signature is another")
            return EVERYTHING
        if authorization:
            return self.of_token(authorization)
        if "sig" in query:
            return self.of_signature(query, container, blob)
        if public == "container" or public == "blob" and blob:
            return "rl" if public == "container" else "r"
        raise Refusal(401, "NoAuthenticationInformation", WWW_Authenticate="Bearer authorization_uri=https://example.org")

    def of_source(self, url, token, container, blob, public):
        """Of what is copied from: it is read like any other blob, with the rights that its own address has."""
        headers = {"Authorization": token} if token else {}
        try:
            rights = self.rights("GET", url, headers, container, blob, public)
        except Refusal as refusal:
            raise Refusal(refusal.status, "CannotVerifyCopySource", refusal.message) from refusal
        if "r" not in rights:
            raise Refusal(403, "CannotVerifyCopySource")

    def check_date(self, headers):
        date = headers.get("x-ms-date") or headers.get("Date")
        if not date or abs(parsedate_to_datetime(date).timestamp() - time.time()) > TOLERANCE:
            raise Refusal(403, "AuthenticationFailed", "the date is not that of today")

    def shared_key(self, method, target, query, headers):
        """The steps of the client's own policy, with the place of `Range` as it is documented."""
        fields = {name.lower(): value for name, value in headers.items() if name.lower() != "authorization"}
        policy = SharedKeyCredentialPolicy(self.account, self.key)
        encoded = {name: quote(value) for name, value in query.items()}
        http = SimpleNamespace(method=method, url="http://host" + target, headers=fields, query=encoded)
        request = SimpleNamespace(http_request=http, context=SimpleNamespace(transport=None))
        text = policy._get_verb(request) + policy._get_headers(request, PLACES)
        text += policy._get_canonicalized_headers(request) + policy._get_canonicalized_resource(request)
        text += policy._get_canonicalized_resource_query(request)
        policy._add_authorization_header(request, text)
        return fields["Authorization"]

    def of_token(self, authorization):
        if authorization in ["Bearer " + token for token in self.tokens]:
            return EVERYTHING
        raise Refusal(
            401, "InvalidAuthenticationInfo", WWW_Authenticate="Bearer authorization_uri=https://example.org")

    def of_signature(self, query, container, blob):
        if "ss" in query:
            signer = _SharedAccessHelper()
            signer.query_dict = dict(query)
            signer.add_account_signature(self.account, self.key)
        else:
            signer = _BlobSharedAccessHelper()
            signer.query_dict = dict(query)
            resource = f"/{container}/{blob}" if query.get("sr") == "b" else f"/{container}"
            signer.add_resource_signature(self.account, self.key, resource)
        if not hmac.compare_digest(signer.query_dict["sig"], query["sig"]):
            raise Refusal(403, "AuthenticationFailed", "the signature is another")
        now = time.time()
        if seconds(query["se"]) <= now or "st" in query and seconds(query["st"]) > now:
            raise Refusal(403, "AuthenticationFailed", "not at this time")
        if query.get("spr") == "https":
            raise Refusal(403, "AuthorizationProtocolMismatch")
        if "ss" in query and "b" not in query["ss"]:
            raise Refusal(403, "AuthorizationServiceMismatch")
        if "ss" in query and ("o" if blob else "c") not in query["srt"]:
            raise Refusal(403, "AuthorizationResourceTypeMismatch")
        return query.get("sp", "")


def seconds(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
