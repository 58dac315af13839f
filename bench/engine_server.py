"""A throwaway engine for benchmarks and tests: on loopback, in a directory of its own, run by an unprivileged user."""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time


class EngineServer:
    """It has a port and a directory of its own from the beginning to `end`, also while it is killed; it ends with whoever
    started it. An engine says its `program`, its `command`, and how it `answers`."""

    program = ""

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=f"marketday-{self.program}-"))
        self.directory.chmod(0o777)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def command(self):
        raise NotImplementedError

    def answers(self):
        """Whether it takes work; OSError while nobody is there."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True

    def start(self):
        command = [str(word) for word in self.command()]
        if os.geteuid() == 0:
            command = ["setpriv", "--pdeathsig", "KILL", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", *command]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while True:
            try:
                if self.answers():
                    return
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.program} did not start; is the package {self.program} installed?")
            time.sleep(0.02)

    def kill(self):
        """kill -9."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self):
        if self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)
