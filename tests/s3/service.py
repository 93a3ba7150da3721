"""An S3-speaking service with one bucket, until standard input ends; prints its address and the bucket's name."""

import logging
import sys

import boto3
from moto.server import ThreadedMotoServer

BUCKET = "concave-test"
KEY, SECRET = "test-key", "test-secret"


class Service:
    """moto's server on a free port of this machine."""

    def __enter__(self):
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self.server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
        self.server.start()
        host, port = self.server.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"
        s3 = boto3.resource(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
        )
        self.bucket = s3.Bucket(BUCKET)
        self.bucket.create()
        return self

    def __exit__(self, *_):
        self.server.stop()


if __name__ == "__main__":
    with Service() as service:
        print(service.endpoint, BUCKET, flush=True)
        sys.stdin.read()
