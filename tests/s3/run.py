"""File storage against a real S3-speaking service.

Starts moto's server on a free port of this machine, makes a bucket, runs the blob store's conformance test against it,
and then drives the shipped binary with its files in that bucket.

Needs the packages of tests/py/requirements.txt; `CONCAVE_BIN` names the binary, otherwise it is cargo's debug build.
"""

import base64
import hashlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from service import BUCKET, KEY, SECRET, Service

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
READY_SECONDS_MAX = 30


def main():
    with Service() as service:
        blob_store_conforms(service.endpoint)
        binary_keeps_files_in_the_bucket(service.endpoint, service.bucket)
    print("file storage in S3: ok")


def blob_store_conforms(endpoint):
    settings = {"ENDPOINT": endpoint, "BUCKET": BUCKET, "KEY": KEY, "SECRET": SECRET}
    environment = os.environ | {f"CONCAVE_TEST_S3_{name}": value for name, value in settings.items()}
    command = ["cargo", "test", "--quiet", "-p", "storage", "--features", "s3-tests", "blobs"]
    subprocess.run(command, cwd=REPOSITORY, env=environment, check=True)


def binary_keeps_files_in_the_bucket(endpoint, bucket):
    with tempfile.TemporaryDirectory() as directory:
        data = os.path.join(directory, "data")
        server = Server(data, endpoint)
        try:
            small, large = b"hello", bytes(range(256)) * (20 << 12)
            links = [server.upload(small), server.upload(large), server.upload(b"")]
            assert len(keys(bucket)) == 3, keys(bucket)
            assert all(key.startswith("app/files/0/") for key in keys(bucket)), keys(bucket)
            assert not os.path.exists(os.path.join(data, "files")), "nothing is kept on the local disk"
            server.restart()
            for (_, link), body in zip(links, [small, large, b""]):
                assert server.fetch(link)[1] == body, f"{len(body)} bytes"
            status, part, headers = server.fetch(links[1][1], {"Range": "bytes=9000000-9000099"})
            assert (status, part) == (206, large[9_000_000:9_000_100])
            assert headers["Content-Range"] == f"bytes 9000000-9000099/{len(large)}"
            server.system("mutation", "deleteFile", {"storageId": links[0][0]})
            assert server.fetch(links[0][1])[0] == 404
            wrong = server.post(server.upload_url(), large, {"Digest": digest_of(small)})
            assert (wrong[0], json.loads(wrong[1])["code"]) == (400, "Sha256Mismatch"), wrong
            assert len(keys(bucket)) == 3, "a refused upload leaves no object"
        finally:
            server.stop()


def keys(bucket):
    return [entry.key for entry in bucket.objects.filter(Prefix="app/")]


def digest_of(body):
    return "sha-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode()


class Server:
    """The shipped binary with its files in the bucket."""

    def __init__(self, data, endpoint):
        self.data = data
        target = os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target")
        self.binary = os.environ.get("CONCAVE_BIN", str(pathlib.Path(target) / "debug" / "concave"))
        port, site_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.command = [
            *[self.binary, "serve", "--data-dir", data, "--port", str(port), "--site-port", str(site_port)],
            *["--s3-bucket", BUCKET, "--s3-endpoint", endpoint, "--s3-prefix", "app"],
        ]
        self.environment = os.environ | {"CONCAVE_S3_ACCESS_KEY_ID": KEY, "CONCAVE_S3_SECRET_ACCESS_KEY": SECRET}
        self.start()
        key = subprocess.run([self.binary, "key", "--data-dir", data], capture_output=True, text=True, check=True)
        self.key = key.stdout.strip()

    def start(self):
        self.process = subprocess.Popen(self.command, env=self.environment)
        deadline = time.monotonic() + READY_SECONDS_MAX
        while True:
            try:
                return urllib.request.urlopen(f"{self.url}/version").read()
            except OSError:
                assert self.process.poll() is None, "the server ended"
                assert time.monotonic() < deadline, "the server does not answer"
                time.sleep(0.05)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def restart(self):
        self.stop()
        self.start()

    def system(self, kind, name, args):
        call = {"path": f"_system/frontend/fileStorageV2:{name}", "args": args, "format": "json"}
        headers = {"Content-Type": "application/json", "Authorization": f"Convex {self.key}"}
        status, body, _ = request("POST", f"{self.url}/api/{kind}", json.dumps(call).encode(), headers)
        answer = json.loads(body)
        assert (status, answer["status"]) == (200, "success"), answer
        return answer["value"]

    def upload_url(self):
        return self.system("mutation", "generateUploadUrl", {})

    def post(self, url, body, headers):
        return request("POST", url, body, headers)

    def upload(self, body):
        """Stores a file; returns its id and its link."""
        status, answer, _ = self.post(self.upload_url(), body, {"Digest": digest_of(body)})
        assert status == 200, answer
        storage_id = json.loads(answer)["storageId"]
        return storage_id, self.system("query", "getFile", {"storageId": storage_id})["url"]

    def fetch(self, link, headers={}):
        return request("GET", link, None, headers)


def request(method, url, body, headers):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers, method=method)) as response:
            return response.status, response.read(), response.headers
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read(), refusal.headers


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


if __name__ == "__main__":
    sys.exit(main())
