"""Microsoft's identity services, as far as an application that wants a token can see them: the authority of a tenant, the metadata
service of a machine, and the one beside an app.

    python3 azure-identity.py PORT TLS_PORT CERTIFICATE KEY FOLDER

Each test has a laboratory of its own: the first part of a path names it. FOLDER/NAME.json is read with each request, so that the
test changes it at any time:

    {"tenant": …, "client": …, "secret": …, "certificate": PEM_FILE, "federated": …, "header": …, "life": SECONDS,
     "fail": [{"status": …, "body": …, "headers": {…}} | "stall" | "reset"], "good": …}

As long as `fail` has something in it, its first entry is the answer, and is taken away; `"times"` says for how often. Each
field of each request is compared, and what is not exactly as Microsoft describes it is refused with the reason. Every request is
written to FOLDER/NAME.log, a line of JSON for each. Over TLS the same is served, since Microsoft's own client takes nothing else.
"""

import base64
import hashlib
import json
import os
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

SCOPE = "https://storage.azure.com/.default"
RESOURCES = ["https://storage.azure.com/", "https://storage.azure.com"]
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Wrong(Exception):
    def __init__(self, status, body):
        self.status, self.body = status, body


def entra(code, sentence, error="invalid_client", status=401):
    description = f"{error}: {sentence}" if code is None else f"AADSTS{code}: {sentence} Trace ID: 1-2 Correlation ID: 3-4"
    return Wrong(status, {"error": error, "error_description": description, "error_codes": [code]})


class Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    lock, folder, issued = threading.Lock(), None, 0

    def log_message(self, form, *values):
        pass

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        self.parts = urlsplit(self.path)
        self.lab, _, self.rest = self.parts.path[1:].partition("/")
        self.file = os.path.join(self.folder, os.path.basename(self.lab))
        if not os.path.exists(self.file + ".json"):
            return self.answer(404, "there is no such laboratory")
        with self.lock:
            with open(self.file + ".json") as file:
                self.settings = json.load(file)
            planned = self.planned() if not self.is_probe() else None
            with open(self.file + ".log", "a") as log:
                log.write(json.dumps({"method": self.command, "target": self.path, "body": body}) + "\n")
        if planned == "stall":
            time.sleep(30)
        if planned in ("stall", "reset"):
            self.close_connection = True
            return
        if planned:
            return self.answer(planned["status"], planned.get("body", ""), planned.get("headers", {}))
        try:
            self.answer(200, self.route(body))
        except Wrong as wrong:
            self.answer(wrong.status, wrong.body)

    do_GET = do_POST = do_PUT = serve

    def is_probe(self):
        return "Metadata" not in self.headers and self.rest == "metadata/identity/oauth2/token"

    def planned(self):
        """What a test wants to happen; the file is written anew without it."""
        plan = self.settings.get("fail") or []
        if not plan:
            return None
        first = plan[0]
        left = first.get("times", 1) - 1 if isinstance(first, dict) else 0
        self.settings["fail"] = ([{**first, "times": left}] if left > 0 else []) + plan[1:]
        with open(self.file + ".json", "w") as file:
            json.dump(self.settings, file)
        return first

    def answer(self, status, body, headers={}):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        kind = {} if isinstance(body, str) else {"Content-Type": "application/json; charset=utf-8"}
        for name, value in {"Content-Length": len(data), **kind, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def route(self, body):
        if self.rest == "metadata/identity/oauth2/token":
            return self.of_machine()
        if self.rest == "msi/token":
            return self.of_app()
        # Microsoft's own client knows no folder before the tenant: there it has the laboratory's name.
        tenant, _, rest = (self.lab, "", self.rest) if self.rest.startswith(("oauth2/", "v2.0/")) else self.rest.partition("/")
        if rest == "v2.0/.well-known/openid-configuration":
            return self.configuration(tenant)
        if rest != "oauth2/v2.0/token" or self.command != "POST":
            raise Wrong(404, "there is nothing")
        return self.of_tenant(tenant, body)

    def configuration(self, tenant):
        """Asked by Microsoft's own client alone."""
        here = f"https://{self.headers['Host']}/{tenant}"
        return {
            "token_endpoint": here + "/oauth2/v2.0/token", "issuer": here + "/v2.0",
            "authorization_endpoint": here + "/oauth2/v2.0/authorize",
        }

    def token(self, more):
        with self.lock:
            Request.issued += 1
            number = Request.issued
        return {"token_type": "Bearer", "access_token": self.settings.get("good") or f"token-{number}", **more}

    # Applications

    def of_tenant(self, tenant, body):
        settings = self.settings
        if tenant != settings["tenant"]:
            raise entra(90002, f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID.", status=400)
        kind = self.headers.get("Content-Type", "").replace(" ", "").lower()
        if kind not in ("application/x-www-form-urlencoded", "application/x-www-form-urlencoded;charset=utf-8"):
            raise entra(900144, "The content type is wrong.", "invalid_request", 400)
        form = parse_qs(body, keep_blank_values=True, strict_parsing=True)
        if any(len(values) != 1 for values in form.values()):
            raise entra(90014, "A field stands there twice.", "invalid_request", 400)
        form = {name: values[0] for name, values in form.items()}
        # What Microsoft's own client says of itself.
        own = {name: value for name, value in form.items() if name != "client_info" and name != "claims"}
        common = {"client_id", "grant_type", "scope"}
        proof = {"client_secret"} if "client_secret" in own else {"client_assertion", "client_assertion_type"}
        if set(own) != common | proof:
            raise entra(90014, f"The fields are {sorted(own)}.", "invalid_request", 400)
        if own["grant_type"] != "client_credentials" or own["scope"] != SCOPE:
            raise entra(70011, "Grant or scope is not valid.", "invalid_scope", 400)
        if own["client_id"] != settings["client"]:
            raise entra(700016, f"Application with identifier '{own['client_id']}' was not found.", "unauthorized_client", 400)
        if "client_secret" in own:
            if own["client_secret"] != settings["secret"]:
                sent = own["client_secret"]
                raise entra(7000215, f"Invalid client secret '{sent}' provided. Ensure the secret being sent is the value.")
        elif own["client_assertion_type"] != ASSERTION:
            raise entra(70003, "The type of the assertion is wrong.", "invalid_request", 400)
        elif own["client_assertion"] != settings.get("federated"):
            self.check(own["client_assertion"])
        return self.token({"expires_in": settings["life"], "ext_expires_in": settings["life"]})

    def check(self, assertion):
        with open(self.settings["certificate"], "rb") as file:
            certificate = x509.load_pem_x509_certificate(file.read())
        thumbprint = hashlib.sha1(certificate.public_bytes(Encoding.DER)).digest()
        try:
            header = jwt.get_unverified_header(assertion)
            # Padding is not of base64url, but Microsoft's own client sends it.
            sent = header["x5t"].rstrip("=")
            if sent != base64.urlsafe_b64encode(thumbprint).decode().rstrip("="):
                raise entra(700027, "The certificate with identifier used to sign the client assertion is not registered.")
            # Whoever asks over TLS names that address.
            scheme = "https" if isinstance(self.connection, ssl.SSLSocket) else "http"
            claims = jwt.decode(
                assertion, certificate.public_key(), algorithms=["RS256"],
                audience=f"{scheme}://{self.headers['Host']}{self.parts.path}",
                options={"require": ["aud", "exp", "iss", "sub", "jti"], "verify_exp": False, "verify_nbf": False, "verify_iat": False})
        except jwt.InvalidAudienceError:
            raise entra(700023, "Client assertion audience claim does not match Realm issuer.")
        except (jwt.PyJWTError, KeyError, ValueError) as error:
            raise entra(700027, f"Client assertion failed signature validation, {type(error).__name__}.")
        now = self.settings.get("now") or time.time()
        if not claims.get("nbf", claims["iat"]) - 300 <= now < claims["exp"] <= now + 3900:
            raise entra(700024, "Client assertion is not within its valid time range.")
        if claims["iss"] != self.settings["client"] or claims["sub"] != self.settings["client"]:
            raise entra(50027, "Issuer and subject of the assertion are not the application.")

    # Machines and apps

    def identity(self, query, version):
        expected = {"api-version": [version]}
        if "client_id" in query:
            expected["client_id"] = [self.settings["client"]]
        resource = query.pop("resource", [None])
        if resource[0] not in RESOURCES:
            raise Wrong(400, {"error": "invalid_resource", "error_description": "AADSTS500011: The resource was not found."})
        if query != expected:
            raise Wrong(400, {"error": "invalid_request", "error_description": "Identity not found"})
        return self.settings.get("client")

    def of_machine(self):
        if self.headers.get("Metadata") != "true":
            raise Wrong(400, {"error": "invalid_request", "error_description": "Required metadata header not specified"})
        if "X-Forwarded-For" in self.headers or self.command != "GET":
            raise Wrong(400, {"error": "bad_request_102", "error_description": "Not from this machine"})
        client = self.identity(parse_qs(self.parts.query), "2018-02-01")
        life = self.settings["life"]
        times = {"expires_in": str(life), "expires_on": str(int(time.time()) + life), "not_before": "0"}
        return self.token({**times, "client_id": client, "resource": RESOURCES[0]})

    def of_app(self):
        if self.headers.get("X-IDENTITY-HEADER") != self.settings["header"]:
            raise Wrong(401, {"statusCode": 401, "message": "The header is not that of the app."})
        client = self.identity(parse_qs(self.parts.query), "2019-08-01")
        now = self.settings.get("now") or time.time()
        return self.token({"expires_on": str(int(now) + self.settings["life"]), "client_id": client})


class Server(ThreadingHTTPServer):
    request_queue_size = 512


def main(port, tls_port, certificate, key, folder):
    Request.folder = folder
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    secure = Server(("127.0.0.1", int(tls_port)), Request)
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    threading.Thread(target=secure.serve_forever, daemon=True).start()
    Server(("127.0.0.1", int(port)), Request).serve_forever()


main(*sys.argv[1:])
