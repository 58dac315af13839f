"""A real server on loopback that speaks S3's API, with one bucket, for the tests of pictures in it."""

import pathlib
import socket
import subprocess

PROGRAM = pathlib.Path(__file__).resolve().parents[1] / "support/s3_server.py"
BUCKET = "pictures"


class Bucket:
    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / "secret").write_text("open-sesame\n")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.start()

    def start(self):
        self.process = subprocess.Popen(["/usr/bin/python3", str(PROGRAM), str(self.port), str(self.directory), BUCKET],
                                        stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "ready\n":
            raise RuntimeError(f"the S3 server does not start; look at {self.directory / 'server.log'}")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def settings(self, prefix):
        """Of a shop that keeps its pictures here, under `prefix`."""
        return [f"images=s3://{BUCKET}/{prefix}", f"images_server.endpoint=http://127.0.0.1:{self.port}",
                "images_server.access_key=shop:operator", f"images_server.secret_key_file={self.directory / 'secret'}",
                "images_server.within_ms=5000"]
