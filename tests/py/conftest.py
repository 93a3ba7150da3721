"""A server with the test app on it, shared by the whole run.

`CONCAVE_URL` names one that already runs with the test app pushed; without it one is started and the app is pushed
with the official CLI.
"""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

import pytest

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
READY_SECONDS_MAX = 30
TEST_SECONDS_MAX = 180


def binary():
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    path = pathlib.Path(os.environ.get("CONCAVE_BIN", target / "debug" / "concave"))
    if not path.exists():
        pytest.exit(f"{path} is missing: run `cargo build -p cli`, or set CONCAVE_BIN", returncode=2)
    return str(path)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def wait_until_ready(url, process):
    end = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < end:
        assert process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(f"{url}/version", timeout=5):
                return
        except OSError:
            time.sleep(0.02)
    raise AssertionError("the server did not answer")


def push_test_app(url, key, directory):
    project = pathlib.Path(directory) / "app"
    shutil.copytree(REPOSITORY / "tests" / "app", project)
    modules = REPOSITORY / "tests" / "node_modules"
    (project / "node_modules").symlink_to(modules)
    env = {name: value for name, value in os.environ.items() if not name.startswith("CONVEX_")}
    env |= {"CONVEX_SELF_HOSTED_URL": url, "CONVEX_SELF_HOSTED_ADMIN_KEY": key, "CI": "1"}
    command = ["node", modules / "convex/bin/main.js", "dev", "--once", "--typecheck", "disable", "--tail-logs", "disable"]
    subprocess.run(command, cwd=project, env=env, check=True)


@contextlib.contextmanager
def app_server(*options, environment=None):
    """A server of its own with the test app on it: gives its address and its process."""
    directory = tempfile.mkdtemp(prefix="concave-py-")
    data = os.path.join(directory, "data")
    port, site_port = free_ports(2)
    url = f"http://127.0.0.1:{port}"
    command = [binary(), "serve", "--data-dir", data, "--port", str(port), "--site-port", str(site_port), *options]
    process = subprocess.Popen(command, env=os.environ | (environment or {}))
    try:
        wait_until_ready(url, process)
        key = subprocess.run([binary(), "key", "--data-dir", data], check=True, capture_output=True, text=True).stdout.strip()
        push_test_app(url, key, directory)
        yield url, process
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(directory)


@pytest.fixture(scope="session")
def url():
    if "CONCAVE_URL" in os.environ:
        yield os.environ["CONCAVE_URL"]
        return
    with app_server() as (url, _):
        yield url


@pytest.fixture(autouse=True)
def time_limit(url):
    """Ends the whole run when a test hangs: the client waits in native code, where nothing else can end it."""
    signal.alarm(TEST_SECONDS_MAX)
    yield
    signal.alarm(0)


@pytest.fixture
def fresh_name(request):
    return f"{request.node.name}-{os.getpid()}"
