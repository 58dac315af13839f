"""A throwaway topology for benchmarks: brought up by `marketday fleet`, gone afterwards. Needs root."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from shop import Shop

TOPOLOGIES = pathlib.Path(__file__).resolve().parents[1] / "topologies"


class FleetShop(Shop):
    """The shop at a topology's load balancer; its admin API is that of the first web process."""

    def __init__(self, program, topology, network="10.79.7.0/24"):
        if os.geteuid() != 0:
            raise RuntimeError("network namespaces need root")
        self.program = str(program)
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="marketday-bench-"))
        self.directory.chmod(0o711)
        text = (TOPOLOGIES / topology).read_text()
        here = next(line.split()[1] for line in text.splitlines() if line.startswith("network:"))
        self.topology = self.directory / topology
        self.topology.write_text(text.replace(here, network) + "\nsettings: {log_level: warn}\n")
        try:
            self.fleet("up", "--rehearsal")
            self.url = json.loads(self.fleet("status", "--json"))["shop"]
        except Exception:
            self.stop()
            raise
        self.data = self.directory / "fleet" / "data" / "web-1"
        self.admin = json.loads((self.data / "admin.json").read_text())

    def fleet(self, command, *arguments):
        done = subprocess.run([self.program, "fleet", command, str(self.topology), *arguments, "--directory",
                               str(self.directory / "fleet")], capture_output=True, text=True, timeout=180)
        if done.returncode != 0:
            raise RuntimeError(f"fleet {command} ended with {done.returncode}: {done.stderr[-500:]}")
        return done.stdout

    def add_sale(self, *arguments, **options):
        sale = super().add_sale(*arguments, **options)
        time.sleep(1)  # by then every process has seen it
        return sale

    def stop(self):
        self.fleet("down", "--delete")
        shutil.rmtree(self.directory, ignore_errors=True)
