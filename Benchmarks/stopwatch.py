"""The server that programs are measured on, as Python sees it."""

import json
import os
import re
import ssl
import subprocess
import urllib.request

PREFIX = "data/"
SHAPED = ["--delay", "30", "--rate", "100"]


class Stopwatch:
    """Runs as long as it is not closed. `data/` has so many objects of one size, `per_folder` in each of its folders."""

    def __init__(self, scratch, count, size, options, is_secure=False, per_folder=1000):
        # What it stands for: by a server's name clients decide what they may rely on.
        command = [f"{scratch}/stopwatch", "--name", "AmazonS3", *options, "--folder", str(per_folder)]
        self.authorities = None
        if is_secure:
            certificate, key = f"{scratch}/certificate.pem", f"{scratch}/key.pem"
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out",
                 certificate, "-subj", "/CN=stopwatch", "-addext", "subjectAltName=IP:127.0.0.1"],
                check=True, capture_output=True)
            command += ["--tls", certificate, key]
            self.authorities = certificate
        self.process = subprocess.Popen(
            [*command, PREFIX, str(count), str(size)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())
        self.endpoint = f"http{'s' if is_secure else ''}://127.0.0.1:{self.port}"
        self.keys = [f"{PREFIX}{i // per_folder:02}/{i:07}.bin" for i in range(count)]

    def stats(self):
        """What was asked since the last time."""
        trust = ssl.create_default_context(cafile=self.authorities) if self.authorities else None
        with urllib.request.urlopen(f"{self.endpoint}/_stats", context=trust) as answer:
            return json.load(answer)

    def wait(self, count, size, seconds):
        """Until so many files of so many bytes in all were received, folders and what was there aside."""
        words = f"count={count}&bytes={size}&seconds={seconds}"
        with urllib.request.urlopen(f"{self.endpoint}/_received?{words}") as answer:
            return json.load(answer) == {"count": count, "bytes": size}

    def listing(self):
        """All keys that are there now, of which there are few."""
        keys, after = [], ""
        while True:
            with urllib.request.urlopen(f"{self.endpoint}/bench?list-type=2&start-after={after}") as answer:
                page = re.findall("<Key>(.*?)</Key>", answer.read().decode())
            if not page:
                return keys
            keys, after = keys + page, page[-1]

    def pieces(self, key):
        """An object's content, piece by piece."""
        with urllib.request.urlopen(f"{self.endpoint}/bench/{key}") as answer:
            while piece := answer.read(1 << 20):
                yield piece

    def environment(self, home):
        """In which programs find nothing but this server."""
        variables = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "RCLONE_"))}
        variables |= {
            "HOME": home, "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.endpoint, "AWS_EC2_METADATA_DISABLED": "true",
            "AZURE_STORAGE_ACCOUNT": "benchaccount", "AZURE_STORAGE_KEY": "YmVuY2g=",
            "AZURE_STORAGE_BLOB_ENDPOINT": f"{self.endpoint}/benchaccount",
            "PROVISION_PROVIDERS": self.google_account(home),
        }
        if self.authorities:
            variables["SSL_CERT_FILE"] = self.authorities
        return variables

    def google_account(self, home):
        """A providers file with a service account that signs its own tokens, which nobody looks at. Made once: it is what is asked for
        in the middle of what is timed, and a key takes its time."""
        path = f"{home}/providers-{self.port}.yaml"
        if os.path.exists(path):
            return path
        made = subprocess.run(["openssl", "genrsa", "2048"], check=True, capture_output=True, text=True)
        account = {"type": "service_account", "client_email": "bench@bench", "private_key": made.stdout}
        with open(f"{home}/account.json", "w", encoding="utf-8") as file:
            json.dump(account, file)
        with open(path, "w", encoding="utf-8") as file:
            provider = f'{{provider: google, endpoint: "{self.endpoint}", credentials: "{home}/account.json"}}'
            file.write(f"providers: {{lab: {provider}}}\n")
        return path

    def close(self):
        self.process.stdin.close()
        self.process.wait()
