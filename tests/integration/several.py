"""What the tests of several processes of one shop share: the processes on one database, and a balancer before them."""

import asyncio
import json
import subprocess
import threading
import time

import shop
from postgres_shop import PostgresTest
from shop import call


class Balancer:
    """Spreads connections over addresses, one after the other; passes by those that do not take any."""

    def __init__(self, urls):
        self.backends = [url.split("//")[1].split(":") for url in urls]
        self.loop = asyncio.new_event_loop()
        self.turn = 0
        listening = threading.Event()
        threading.Thread(target=self._run, args=(listening,), daemon=True).start()
        listening.wait()

    def _run(self, listening):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % server.sockets[0].getsockname()[1]
        listening.set()
        self.loop.run_forever()

    async def _serve(self, reader, writer):
        for _ in self.backends:
            self.turn += 1
            try:
                inside = await asyncio.open_connection(*self.backends[self.turn % len(self.backends)])
                break
            except OSError:
                continue
        else:
            return writer.close()
        await asyncio.gather(self._carry(reader, inside[1]), self._carry(inside[0], writer))

    @staticmethod
    async def _carry(reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)


class SeveralTest(PostgresTest):
    """Several processes of one shop."""

    def process(self, name, *settings, **process):
        return self.serve(self.directory / name, f"database={self.database}", "database_pool.processes=2",
                          f"payment.sandbox_books={self.directory / 'bank.db'}", *settings, **process)

    def both(self):
        return self.process("one"), self.process("two")

    def until(self, what, within_s, holds):
        """How long it took."""
        begun = time.monotonic()
        while not holds():
            self.assertLess(time.monotonic() - begun, within_s, f"not within {within_s} s: {what}")
            time.sleep(0.02)
        return time.monotonic() - begun

    @staticmethod
    def sale(process, units, opens_in_s, **line):
        return process.operate("POST", "/sales", {
            "name": {"en": "Sale"}, "opens_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + opens_in_s)),
            "line": {"enabled": True, "admission_valid_s": 60, **line},
            "items": [{"sku": "mug", "units": units, "limit_per_customer": 1,
                       "price": {"amount_minor": 9000, "currency": "KRW"}}]})["id"]

    def crowd_at_both(self, one, two, *options):
        """400 shoppers for 150 units that both processes sell, through a balancer; the crowd, under way."""
        one.stock_up("mug", 150)
        sale = self.sale(one, 150, 5)
        self.until("both show the sale", 2, lambda: all(
            call(f"{process.url}/api/v1/sales/{sale}").status == 200 for process in (one, two)))
        balancer = Balancer([one.url, two.url])
        self.addCleanup(balancer.stop)
        return subprocess.Popen(
            [shop.PROGRAM, "crowd", balancer.url, "--data", str(one.data), "--sale", sale, "--shoppers", "400", "--arrive",
             "4s", "--before-opening", "1s", "--repeat", "5", "--verify", "all", "--patience", "40s", "--report",
             str(self.directory / "crowd"), "--quiet", "--json", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def until_tickets(self, crowd, count):
        self.until("tickets are taken", 30, lambda: crowd.poll() is not None or
                   int(self.sql("SELECT count(*) FROM line_tickets")) > count)
        self.assertIsNone(crowd.poll(), crowd.poll() is not None and crowd.communicate())

    def ends_well(self, crowd):
        """Everything is sold, once, and what is stored is what shoppers were told."""
        out, said = crowd.communicate(timeout=90)
        self.assertEqual(crowd.returncode, 0, out[-2000:] + said[-2000:])
        self.assertEqual(int(self.sql("SELECT sum(taken) FROM sale_items")), 150, json.loads(out))
        self.audited("--history", str(self.directory / "crowd" / "history.jsonl"))

    @staticmethod
    def line(process, method, sale, shopper=None, ticket=None):
        headers = {"Authorization": f"Bearer {shopper['token']}"} if shopper else {}
        if ticket:
            headers["X-Ticket"] = ticket
        return call(f"{process.url}/api/v1/sales/{sale}/line", method, headers=headers)

    def leads(self, process):
        """Whether this process closes the list and calls."""
        text = call(process.admin_url + "/metrics").text
        return any(line.startswith("marketday_line_leads{") and line.endswith(" 1") for line in text.splitlines())
