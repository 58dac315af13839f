"""A throwaway Redis for benchmarks and tests, and Sentinels that watch it."""
import csv
import socket
import subprocess

from engine_server import EngineServer

# What a shop does that sells from Redis: a key once, a limit, the stock, and the order, all in one script.
ORDER = """
if not redis.call('SET', KEYS[1], 1, 'NX', 'EX', 604800) then return 'repeated' end
if redis.call('HINCRBY', KEYS[2], ARGV[1], 1) > 1000000 then return 'limit' end
if redis.call('DECR', KEYS[3]) < 0 then redis.call('INCR', KEYS[3]) return 'sold out' end
redis.call('XADD', KEYS[4], '*', 'customer', ARGV[1], 'sku', 'hot-1', 'quantity', 1, 'price', 900, 'address', ARGV[2])
return 'reserved'
"""


class RedisServer(EngineServer):
    """`settings`: further arguments, as --name value. It keeps nothing over its end unless they say so."""

    program = "redis-server"
    saves = ("--save", "", "--appendonly", "no")
    arguments = ()

    def __init__(self, *settings):
        self.settings = settings
        super().__init__()
        self.url = f"redis://127.0.0.1:{self.port}"

    def command(self):
        return [self.program, *self.arguments, "--port", self.port, "--bind", "127.0.0.1", "--dir", self.directory, *self.saves,
                *self.settings]

    def answers(self):
        return self.ask("PING") == b"PONG"

    def ask(self, *words):
        """One command and its answer: bytes, an integer, None or a list of them; RuntimeError for an error."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            words = [word if isinstance(word, bytes) else str(word).encode() for word in words]
            connection.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words))
            with connection.makefile("rb") as stream:
                return self._answer(stream)

    def orders_by_script(self, connections, seconds):
        """Orders a second by a script, each answered after it was synced, with so many connections."""
        self.ask("FLUSHALL")
        self.ask("SET", "stock:hot-1", 900_000_000)
        script = self.ask("SCRIPT", "LOAD", ORDER).decode()
        count, rate = 20_000, 0.0
        while True:  # until a run is long enough
            done = subprocess.run(
                ["redis-benchmark", "-p", str(self.port), "-c", str(connections), "-n", str(count), "-r", "1000000000000", "-q",
                 "--csv", "EVALSHA", script, "4", "key:__rand_int__", "limit:hot-1", "stock:hot-1", "orders", "__rand_int__",
                 "Kim, 1 Road, Seoul 04524 KR"], capture_output=True, text=True, timeout=600)
            if done.returncode != 0:
                raise RuntimeError(f"redis-benchmark failed: {done.stderr[-500:]}")
            rate = float(next(csv.reader(done.stdout.strip().splitlines()[-1:]))[1])
            if count / rate >= seconds / 2:
                return rate
            count = int(rate * seconds)

    def _answer(self, stream):
        line = stream.readline()
        if not line.endswith(b"\r\n"):
            raise OSError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"+":
            return rest
        if int(rest) < 0:
            return None
        if kind == b"$":
            return stream.read(int(rest) + 2)[:-2]
        return [self._answer(stream) for _ in range(int(rest))]


class RedisSentinel(RedisServer):
    """One of those that watch a primary, which they call `name`, and give it up after `down_after_ms`."""

    saves = ()

    def __init__(self, name, primary, quorum, down_after_ms):
        self.configuration = (f"sentinel monitor {name} 127.0.0.1 {primary.port} {quorum}\n"
                              f"sentinel down-after-milliseconds {name} {down_after_ms}\n"
                              f"sentinel failover-timeout {name} 4000\n")
        super().__init__("--sentinel")

    def start(self):
        file = self.directory / "sentinel.conf"
        if not file.exists():  # it writes down there what it learns
            file.write_text(self.configuration)
            file.chmod(0o666)
        self.arguments = (str(file),)
        super().start()
