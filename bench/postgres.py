"""A throwaway PostgreSQL for benchmarks: on loopback, in a directory of its own, run by an unprivileged user, with fsync."""
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")

# What a shop does that sells each order in a transaction of its own: the same rows as a batch writes for it.
ONE_ORDER = r"""
\set customer random(1, 1000000)
BEGIN;
UPDATE one_stock SET available = available - 1, reserved = reserved + 1 WHERE sku_no = 1 AND available > 0;
INSERT INTO one_keys VALUES (gen_random_uuid(), :customer);
INSERT INTO one_orders VALUES (gen_random_uuid(), :customer, 1, 900, 'KRW', '{"recipient":"Kim","line1":"1 Road"}');
INSERT INTO one_lines VALUES (gen_random_uuid(), 0, 1, 1, 900);
INSERT INTO one_ledger (sku_no, units) VALUES (1, 1);
INSERT INTO one_outbox (events) VALUES ('[{"type":"order.reserved"}]');
COMMIT;
"""
ONE_TABLES = """
CREATE TABLE one_stock (sku_no bigint PRIMARY KEY, available bigint CHECK (available >= 0), reserved bigint)
    WITH (fillfactor = 50);
INSERT INTO one_stock VALUES (1, 1000000000, 0);
CREATE TABLE one_keys (key uuid PRIMARY KEY, customer bigint);
CREATE TABLE one_orders (id uuid PRIMARY KEY, customer bigint, state bigint, total bigint, currency text, address text);
CREATE INDEX ON one_orders (customer, id);
CREATE TABLE one_lines (id uuid, line bigint, sku_no bigint, quantity bigint, price bigint, PRIMARY KEY (id, line));
CREATE TABLE one_ledger (sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sku_no bigint, units bigint);
CREATE TABLE one_outbox (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, events text);
"""


class Postgres:
    """A primary; `replica` makes servers that stream from it."""

    def __init__(self, shared_buffers="512MB"):
        self._settle(shared_buffers)
        self._run("initdb", "-D", self.data, "-U", "shop", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        self.start()
        self.names = 0

    def _settle(self, shared_buffers):
        self.shared_buffers = shared_buffers
        self.process = None
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="marketday-postgres-"))
        self.user = "postgres" if os.geteuid() == 0 else None
        if self.user:
            owner = pwd.getpwnam(self.user)
            os.chown(self.directory, owner.pw_uid, owner.pw_gid)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.data = str(self.directory / "data")

    def start(self):
        """Starts the server, again after `kill`, and waits until it answers."""
        self.process = subprocess.Popen(
            self._as_user(str(PROGRAMS / "postgres"), "-D", self.data, "-p", str(self.port), "-k", str(self.directory),
                          "-c", "listen_addresses=127.0.0.1", "-c", "fsync=on",
                          "-c", f"shared_buffers={self.shared_buffers}",
                          "-c", "max_wal_size=4GB", "-c", "max_connections=60", "-c", "wal_retrieve_retry_interval=500ms"),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while subprocess.run([str(PROGRAMS / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]).returncode:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("PostgreSQL did not start")
            time.sleep(0.05)

    def replica(self):
        """Another server, begun with a copy of this one, that repeats what this one writes."""
        other = Postgres.__new__(Postgres)
        other._settle("64MB")
        other._run("pg_basebackup", "-h", "127.0.0.1", "-p", str(self.port), "-U", "shop", "-D", other.data, "-R",
                   "-X", "stream", "-c", "fast", "--no-sync")
        other.start()
        return other

    def signal(self, number):
        """To all processes of the server at once, as when its host ends or stops."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in (self.process.pid, *map(int, children)):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait()

    def sql(self, url, text):
        """What a statement on one of this server's databases gives, a row a line."""
        return self._run("psql", "-X", "-q", "-A", "-t", self.url(url), "-c", text).split("\n")[:-1]

    def url(self, database):
        """The address here of a database whose address at the primary is given."""
        return re.sub(r":\d+/", f":{self.port}/", database)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _as_user(self, *command):
        if not self.user:
            return list(command)
        return ["setpriv", "--pdeathsig", "QUIT", "--reuid", self.user, "--regid", self.user, "--clear-groups", *command]

    def _run(self, program, *arguments):
        done = subprocess.run(self._as_user(str(PROGRAMS / program), *arguments), capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed: {done.stderr[-500:]}")
        return done.stdout

    def new_database(self):
        """The URL of a new, empty database."""
        self.names += 1
        name = f"shop{self.names}"
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "shop", name)
        return f"postgres://shop@127.0.0.1:{self.port}/{name}"

    def one_transaction_an_order(self, connections, seconds):
        """Orders a second when each is a transaction of its own, on that many connections."""
        url = self.new_database()
        self._run("psql", "-q", url, "-c", ONE_TABLES)
        script = self.directory / "one_order.sql"
        script.write_text(ONE_ORDER)
        out = self._run("pgbench", "-n", "-M", "prepared", "-f", str(script), "-c", str(connections), "-j", "2",
                        "-T", str(seconds), url)
        return float(re.search(r"tps = ([0-9.]+)", out).group(1))


class Sold:
    """How many units of a product have been ordered, looked at twenty times a second."""

    def __init__(self, database, sku):
        self.samples = []  # (monotonic time, units)
        query = ("SELECT coalesce(sum(s.reserved + s.sold), 0) FROM stock s JOIN offers k USING (sku_no) "
                 f"WHERE k.sku = '{sku}' \\watch 0.05\n")
        self.process = subprocess.Popen([str(PROGRAMS / "psql"), "-X", "-q", "-A", "-t", database], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.process.stdin.write(query)
        self.process.stdin.flush()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            if line.strip().isdigit():
                self.samples.append((time.monotonic(), int(line)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def wait_for_orders(self, within_s=60):
        deadline = time.monotonic() + within_s
        while not self.samples or self.samples[-1][1] <= 0:
            if time.monotonic() > deadline:
                raise RuntimeError("nothing was ordered")
            time.sleep(0.05)

    def rate(self, begin, end):
        """Units a second between two times."""
        within = [sample for sample in self.samples if begin <= sample[0] <= end]
        if len(within) < 2:
            raise RuntimeError("the database was not looked at")
        return (within[-1][1] - within[0][1]) / (within[-1][0] - within[0][0])

    def seconds_until(self, rate, since, window_s=0.5):
        """From `since` until the first half second at that rate has begun, of those in which it is not reached before."""
        last_slow = since
        at = since
        while at + window_s <= self.samples[-1][0]:
            if self.rate(at, at + window_s) < rate:
                last_slow = at + window_s
            at += 0.05
        return last_slow - since
