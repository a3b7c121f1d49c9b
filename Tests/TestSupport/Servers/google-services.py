"""Google's services that give tokens, and those of others that they rest on, in memory: OAuth's token service, the exchange of other
issuers' tokens, impersonation, the metadata server; an issuer of subject tokens, and the metadata service of an instance of Amazon's.

    python3 google-services.py PORT KNOWN

KNOWN is a JSON file of what is believed: the account whose key signs what is handed out, its certificate, secrets. Tokens are JWTs,
so that whoever has the certificate can verify them, their end and their scope included. Every field of a form and every member of a
document is checked, and nothing else may be in it. google-auth verifies what service accounts sign, botocore what Amazon's keys do.

`POST /rooms` opens a port with all of these services for one test; `PUT /rooms/PORT` tells them what to do differently, `GET` what
they were asked.
"""

import base64
import json
import sys
import threading
import time
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit

import google.auth.crypt
import google.auth.jwt
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

STORAGE = "https://www.googleapis.com/auth/devstorage.read_write"
IAM = "https://www.googleapis.com/auth/iam"
CLOUD = "https://www.googleapis.com/auth/cloud-platform"
TYPE = "urn:ietf:params:oauth:token-type:"
ACCOUNT = "/computeMetadata/v1/instance/service-accounts/default/"
KEYS = "/latest/meta-data/iam/security-credentials"
GOOGLE = {"Metadata-Flavor": "Google"}

with open(sys.argv[2], encoding="utf-8") as file:
    known = json.load(file)
signer = google.auth.crypt.RSASigner.from_service_account_info(known["account"])
certificates = {known["account"]["private_key_id"]: known["certificate"].encode()}


class Refusal(Exception):
    """As OAuth says no."""

    def __init__(self, status, error, description):
        self.status, self.document = status, {"error": error, "error_description": description}


class Denial(Refusal):
    """As Google's own interfaces do."""

    def __init__(self, status, error, message):
        self.status, self.document = status, {"error": {"code": status, "status": error, "message": message}}


def require(holds, what, kind=Refusal, status=400, error="invalid_request"):
    if not holds:
        raise kind(status, error, what)


def verified(token, **checks):
    """The claims of what an account has signed, or we have."""
    return google.auth.jwt.decode(token, certs=certificates, **checks)


class Room:
    """What one test has to itself."""

    def __init__(self):
        self.settings, self.asked, self.lock, self.serial = {}, [], threading.Lock(), 0

    def __getitem__(self, name):
        return self.settings.get(name)

    def token(self, who, scope, life=None):
        life = min(life or 3600, self["life"] or 3600)
        with self.lock:
            self.serial += 1
            serial = self.serial
        now = int(time.time())
        claims = {"iss": who, "sub": who, "scope": scope, "iat": now, "exp": now + life, "jti": f"{id(self)}-{serial}"}
        if self["delay"]:
            time.sleep(self["delay"])
        return google.auth.jwt.encode(signer, claims).decode(), life

    def trouble(self, at):
        """What is to go wrong with this request, if anything; each is counted down."""
        with self.lock:
            planned = (self["fail"] or {}).get(at)
            if planned is None or planned.get("times", 1 << 30) <= 0:
                return None
            planned["times"] = planned.get("times", 1 << 30) - 1
            return planned


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self, status, body=b"", headers=(), kind="application/json; charset=UTF-8"):
        if not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        body = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in {"Content-Type": kind, **dict(headers)}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

    def handle_any(self):
        self.parts = urlsplit(self.path)
        self.query = dict(parse_qsl(self.parts.query, keep_blank_values=True))
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.serve()

    do_GET = do_POST = do_PUT = handle_any


class Services(Handler):
    """What a room's port answers."""

    room = None

    def serve(self):
        at, action = self.route()
        with self.room.lock:
            self.room.asked.append({"at": at, "host": self.headers["Host"], "target": self.path})
        trouble = self.room.trouble(at)
        if trouble is not None:
            if trouble.get("stall"):
                time.sleep(30)
                self.close_connection = True
                return None
            return self.answer(trouble["status"], trouble.get("body", ""), trouble.get("headers", {}))
        try:
            return action()
        except Refusal as refusal:
            return self.answer(refusal.status, refusal.document, GOOGLE if at.startswith("metadata") else {})

    def route(self):
        path = self.parts.path
        if self.command == "POST":
            if path.endswith(":generateAccessToken"):
                return "impersonation", self.impersonation
            posts = {"/token": ("token", self.oauth), "/v1/token": ("exchange", self.exchange),
                     "/v1/oauthtoken": ("workforce", self.workforce)}
            return posts.get(path, ("unknown", self.unknown))
        if path == "/" or path.startswith("/computeMetadata/"):
            kind = path.removeprefix(ACCOUNT) if path.startswith(ACCOUNT) else "other"
            return f"metadata-{kind or 'account'}", self.metadata
        if path.startswith("/latest/"):
            return "amazon", self.amazon
        return ("subject", self.subject) if path == "/subject" else ("unknown", self.unknown)

    def unknown(self):
        self.answer(404, {"error": {"code": 404, "status": "NOT_FOUND", "message": "Not Found"}})

    # What is asked in forms

    def form(self, *names):
        require(self.headers["Content-Type"] == "application/x-www-form-urlencoded", "the body is no form")
        items = parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=True)
        require(sorted(name for name, _ in items) == sorted(names), f"the form has {sorted(name for name, _ in items)}")
        return dict(items)

    def give(self, who, scope, **more):
        token, life = self.room.token(who, scope)
        expires = str(life) if self.room["textual"] else life
        self.answer(200, {"access_token": token, "expires_in": expires, "token_type": "Bearer", **more})

    def oauth(self):
        if b"jwt-bearer" in self.body:
            form = self.form("grant_type", "assertion")
            try:
                claims = verified(form["assertion"], audience="https://oauth2.googleapis.com/token")
            except ValueError as error:
                raise Refusal(400, "invalid_grant", str(error)) from error
            require(claims["iss"] == known["account"]["client_email"], "the account is not known", error="invalid_grant")
            return self.give(claims["iss"], claims["scope"])
        form = self.form("grant_type", "client_id", "client_secret", "refresh_token")
        require(form["grant_type"] == "refresh_token", "unsupported", error="unsupported_grant_type")
        is_client = (form["client_id"], form["client_secret"]) == (known["client"], known["client_secret"])
        require(is_client, "The OAuth client was not found.", status=401, error="invalid_client")
        believed = form["refresh_token"] == known["refresh_token"]
        require(believed, f"Token {form['refresh_token']} has been expired or revoked.", error="invalid_grant")
        return self.give("person@example.com", f"{CLOUD} https://www.googleapis.com/auth/devstorage.full_control")

    def basic(self):
        pair = f"{known['client']}:{known['client_secret']}".encode()
        return self.headers["Authorization"] == "Basic " + base64.b64encode(pair).decode()

    def workforce(self):
        form = self.form("grant_type", "refresh_token")
        require(self.basic(), "The OAuth client was not found.", status=401, error="invalid_client")
        require(form == {"grant_type": "refresh_token", "refresh_token": known["refresh_token"]}, "Bad Request", error="invalid_grant")
        self.give("principal://workforce/person", f"{CLOUD} https://www.googleapis.com/auth/devstorage.full_control")

    def exchange(self):
        is_person = b"workforcePools" in self.body
        options = ["options"] if is_person and not self.headers["Authorization"] else []
        form = self.form(
            "grant_type", "audience", "scope", "requested_token_type", "subject_token", "subject_token_type", *options)
        require(form["grant_type"] == "urn:ietf:params:oauth:grant-type:token-exchange", "grant_type", error="unsupported_grant_type")
        require(form["requested_token_type"] == TYPE + "access_token", "requested_token_type")
        require(form["scope"] in (STORAGE, IAM), "scope", error="invalid_scope")
        require(form["audience"] == known["workforce" if is_person else "audience"], "audience", error="invalid_target")
        if options:
            require(json.loads(unquote(form["options"])) == {"userProject": known["project"]}, "options")
        if self.headers["Authorization"]:
            require(self.basic(), "The OAuth client was not found.", status=401, error="invalid_client")
        if form["subject_token_type"] == "urn:ietf:params:aws:token-type:aws4_request":
            who = self.caller(json.loads(unquote(form["subject_token"])))
        else:
            require(form["subject_token_type"] in (TYPE + "jwt", TYPE + "id_token", TYPE + "saml2"), "subject_token_type")
            believed = form["subject_token"] == known["subject_token"]
            require(believed, f"The token {form['subject_token']} is not accepted.", error="invalid_grant")
            who = "principal://subject"
        self.give(who, form["scope"], issued_token_type=TYPE + "access_token")

    def caller(self, asked):
        """Whom Amazon would name: botocore makes the signature anew."""
        require(sorted(asked) == ["headers", "method", "url"] and asked["method"] == "POST", "the question", error="invalid_grant")
        headers = {item["key"].lower(): item["value"] for item in asked["headers"]}
        url = urlsplit(asked["url"])
        resource = headers.pop("x-goog-cloud-target-resource")
        require(resource == known["audience"] and headers["host"] == url.netloc, "whom it is for", error="invalid_grant")
        words = headers.pop("authorization").removeprefix("AWS4-HMAC-SHA256 ").split(", ")
        fields = dict(word.split("=", 1) for word in words)
        name, date, region, service, _ = fields["Credential"].split("/")
        require(url.netloc == f"sts.{region}.amazonaws.com" and service == "sts", "the region", error="invalid_grant")
        keys = known["amazon"][name]
        require(headers.get("x-amz-security-token") == keys.get("token"), "the session", error="invalid_grant")
        stamp = headers["x-amz-date"]
        age = datetime.now(timezone.utc) - datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
        require(stamp.startswith(date) and abs(age.total_seconds()) < 900, "the time", error="invalid_grant")
        signed = fields["SignedHeaders"].split(";")
        headers["x-goog-cloud-target-resource"] = resource
        request = AWSRequest(method="POST", url=asked["url"], headers={name: headers[name] for name in signed if name != "host"})
        request.context["timestamp"] = stamp
        auth = SigV4Auth(Credentials(name, keys["secret"]), service, region)
        signature = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
        require(fields["Signature"] == signature, "the signature", error="invalid_grant")
        return f"arn:aws:sts::1:{name}"

    # What is asked in documents

    def impersonation(self):
        kind, _, token = (self.headers["Authorization"] or "").partition(" ")
        try:
            require(kind == "Bearer", "no token", Denial, 401, "UNAUTHENTICATED")
            scope = verified(token)["scope"]
        except ValueError as error:
            raise Denial(401, "UNAUTHENTICATED", f"Request had invalid credentials: {token}") from error
        require(IAM in scope or CLOUD in scope, f"the scope {scope} is too narrow", Denial, 403, "PERMISSION_DENIED")
        document = json.loads(self.body)
        delegates = document.pop("delegates", None) or []
        require(self.headers["Content-Type"] == "application/json", "the type", Denial, error="INVALID_ARGUMENT")
        require(sorted(document) == ["lifetime", "scope"], f"it has {sorted(document)}", Denial, error="INVALID_ARGUMENT")
        require(document["scope"] == [STORAGE], "the scope", Denial, error="INVALID_ARGUMENT")
        named = [delegate.removeprefix("projects/-/serviceAccounts/") for delegate in delegates]
        require(named == (self.room["delegates"] or []), f"delegates are {named}", Denial, error="INVALID_ARGUMENT")
        account = self.parts.path.removeprefix("/v1/projects/-/serviceAccounts/").removesuffix(":generateAccessToken")
        missing = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."
        require(account == known["target"], missing, Denial, 403, "PERMISSION_DENIED")
        given, life = self.room.token(account, STORAGE, int(document["lifetime"].removesuffix("s")))
        end = datetime.fromtimestamp(int(time.time()) + life, timezone.utc)
        self.answer(200, {"accessToken": given, "expireTime": end.strftime("%Y-%m-%dT%H:%M:%SZ")})

    # What machines know

    def metadata(self):
        flavor = {} if self.room["stranger"] else GOOGLE
        if self.headers["Metadata-Flavor"] != "Google" or "X-Forwarded-For" in self.headers:
            return self.answer(403, "Missing Metadata-Flavor:Google header.", flavor, "text/html")
        name = self.parts.path.removeprefix(ACCOUNT)
        email = known["account"]["client_email"]
        if self.room["accountless"] or name.startswith("/computeMetadata/"):
            return self.answer(404, "not found", flavor, "text/html")
        if name == "/":
            return self.answer(200, "computeMetadata/\n", flavor, "application/text")
        if name == "email":
            return self.answer(200, email, flavor, "application/text")
        if name == "token":
            scopes = self.query.get("scopes", "").split(",")
            require(scopes == [STORAGE] and len(self.query) == 1, f"the scopes are {scopes}")
            token, life = self.room.token(email, STORAGE)
            return self.answer(200, {"access_token": token, "expires_in": life, "token_type": "Bearer"}, flavor)
        return self.answer(200, {"email": email, "scopes": [CLOUD], "aliases": ["default"]}, flavor)

    # Others

    def subject(self):
        if self.headers["X-Lab"] != "yes":
            return self.answer(403, "who asks?", kind="text/plain")
        if self.query.get("format") == "json":
            return self.answer(200, {"value": known["subject_token"]})
        return self.answer(200, known["subject_token"], kind="text/plain")

    def amazon(self):
        path = self.parts.path
        if path == "/latest/api/token":
            require(self.command == "PUT" and self.headers["X-aws-ec2-metadata-token-ttl-seconds"], "no time to live")
            return self.answer(200, "TOKEN==", kind="text/plain")
        if self.headers["X-aws-ec2-metadata-token"] != "TOKEN==":
            return self.answer(401)
        if path == "/latest/meta-data/placement/availability-zone":
            return self.answer(200, "eu-west-1b", kind="text/plain")
        if path.rstrip("/") == KEYS:
            return self.answer(200, "worker", kind="text/plain")
        require(path == KEYS + "/worker", "no such role", status=404)
        name = next(name for name, keys in known["amazon"].items() if "token" in keys)
        end = datetime.fromtimestamp(time.time() + 3600, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        keys = known["amazon"][name]
        return self.answer(200, {
            "Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": name, "SecretAccessKey": keys["secret"],
            "Token": keys["token"], "Expiration": end,
        })


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def handle_error(self, *_):
        pass


rooms = {}


class Rooms(Handler):
    """Opens rooms, and is told about them."""

    def serve(self):
        if self.command == "POST":
            room = Room()
            server = Server(("127.0.0.1", 0), type("RoomServices", (Services,), {"room": room}))
            threading.Thread(target=server.serve_forever, daemon=True).start()
            rooms[str(server.server_port)] = room
            return self.answer(200, {"port": server.server_port})
        room = rooms.get(self.parts.path.removeprefix("/rooms/"))
        if room is None:
            return self.answer(404 if self.parts.path != "/" else 200)
        with room.lock:
            if self.command == "PUT":
                room.settings = json.loads(self.body)
            return self.answer(200, {"asked": room.asked})


Server(("127.0.0.1", int(sys.argv[1])), Rooms).serve_forever()
