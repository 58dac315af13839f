"""A real server that speaks S3's API (OpenStack Swift with s3api) for tests: s3_server.py PORT DIRECTORY BUCKET.

It checks signatures, lengths and hashes of what it is given, and knows conditional writes. One account, whose key and secret
are those below. Says "ready" when the bucket is there; its servers end with it.
"""

import ctypes
import os
import pathlib
import pwd
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

ACCESS_KEY, SECRET_KEY = "shop:operator", "open-sesame"
PORT, DIRECTORY, BUCKET = int(sys.argv[1]), pathlib.Path(sys.argv[2]).resolve(), sys.argv[3]

PROXY = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
swift_dir = {directory}
user = {user}
workers = 0
log_level = ERROR
[pipeline:main]
pipeline = catch_errors gatekeeper healthcheck proxy-logging cache listing_formats s3api tempauth copy dlo slo proxy-logging proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:tempauth]
use = egg:swift#tempauth
user_shop_operator = open-sesame .admin
[filter:s3api]
use = egg:swift#s3api
s3_acl = false
check_bucket_owner = false
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:{memcached}
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:healthcheck]
use = egg:swift#healthcheck
[filter:proxy-logging]
use = egg:swift#proxy_logging
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:copy]
use = egg:swift#copy
[filter:dlo]
use = egg:swift#dlo
[filter:slo]
use = egg:swift#slo
"""

STORE = """
[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
swift_dir = {directory}
devices = {directory}/nodes
mount_check = false
user = {user}
workers = 0
log_level = ERROR
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ends_with_parent():
    ctypes.CDLL("libc.so.6").prctl(1, signal.SIGKILL)


def start(*command):
    with open(DIRECTORY / "server.log", "a", encoding="utf-8") as log:
        return subprocess.Popen(command, preexec_fn=ends_with_parent, stdout=log, stderr=log, cwd=DIRECTORY)


def wait_for(port, process):
    deadline = time.monotonic() + 30
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"a server of Swift did not start; look at {DIRECTORY / 'server.log'}")
            time.sleep(0.05)


def make_bucket():
    """Signed by the AWS library, since this is not what is tested."""
    import botocore.auth
    import botocore.awsrequest
    import botocore.credentials

    url = f"http://127.0.0.1:{PORT}/{BUCKET}"
    request = botocore.awsrequest.AWSRequest("PUT", url, data=b"")
    botocore.auth.S3SigV4Auth(botocore.credentials.Credentials(ACCESS_KEY, SECRET_KEY), "s3", "us-east-1").add_auth(request)
    deadline = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(urllib.request.Request(url, data=b"", method="PUT", headers=dict(request.headers)), timeout=10)
            return
        except urllib.error.HTTPError as error:
            if error.code == 409:
                return
            if time.monotonic() > deadline:
                sys.exit(f"no bucket: {error.code} {error.read().decode()}")
            time.sleep(0.1)


def ring_of(kind):
    """The port of the one server of that kind, the same whenever this is started on the directory."""
    noted = DIRECTORY / f"{kind}.port"
    if noted.exists():
        return int(noted.read_text(encoding="utf-8"))
    port = free_port()
    for arguments in (["create", "4", "1", "0"], ["add", f"r1z1-127.0.0.1:{port}/d1", "1"], ["rebalance"]):
        done = subprocess.run(["swift-ring-builder", str(DIRECTORY / f"{kind}.builder"), *arguments], capture_output=True,
                              text=True, check=False)
        if done.returncode > 1:
            sys.exit(f"no ring: {done.stdout}{done.stderr}")
    noted.write_text(str(port), encoding="utf-8")
    return port


def main():
    user = pwd.getpwuid(os.geteuid()).pw_name
    memcached = free_port()
    (DIRECTORY / "nodes" / "d1").mkdir(parents=True, exist_ok=True)
    ready = [(memcached, start("memcached", "-l", "127.0.0.1", "-p", str(memcached), "-U", "0", "-m", "16",
                               *(["-u", user] if user == "root" else [])))]
    for kind in ("account", "container", "object"):
        port = ring_of(kind)
        config = DIRECTORY / f"{kind}-server.conf"
        config.write_text(STORE.format(port=port, directory=DIRECTORY, user=user, kind=kind), encoding="utf-8")
        ready.append((port, start(f"swift-{kind}-server", str(config))))
    config = DIRECTORY / "proxy-server.conf"
    config.write_text(PROXY.format(port=PORT, directory=DIRECTORY, user=user, memcached=memcached), encoding="utf-8")
    ready.append((PORT, start("swift-proxy-server", str(config))))
    for port, process in ready:
        wait_for(port, process)
    make_bucket()
    print("ready", flush=True)
    ready[-1][1].wait()


main()
