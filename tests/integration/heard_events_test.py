"""Several processes of one shop with a real NATS: what one has changed the others hear of, and find in time when they do not."""

import pathlib
import sys
import urllib.request

import shop
from several import SeveralTest
from shop import call
from engine_server import EngineServer  # of bench, which the tests of PostgreSQL put on the path

DEMO = pathlib.Path(__file__).resolve().parents[2] / "demo/images"


class Nats(EngineServer):
    """A nats-server with JetStream."""

    program = "nats-server"

    def __init__(self):
        super().__init__()
        self.url = f"nats://127.0.0.1:{self.port}"

    def command(self):
        return [self.program, "--addr", "127.0.0.1", "--port", self.port, "--jetstream", "--store_dir", self.directory / "store"]


class HeardEvents(SeveralTest):
    def setUp(self):
        super().setUp()
        self.nats = Nats()
        self.addCleanup(self.nats.end)

    def process(self, name, *settings, **process):
        return super().process(name, f"events={self.nats.url}", *settings, **process)

    @staticmethod
    def figure(process, name):
        text = call(process.admin_url + "/metrics").text
        return int(float(next(line.split()[-1] for line in text.splitlines() if line.startswith(name + " "))))

    @staticmethod
    def price(process):
        return (call(process.url + "/api/v1/products/mug").json or {}).get("price", {}).get("amount_minor")

    def prices_seen(self, one, others, amounts):
        took = []
        for amount in amounts:
            one.stock_up("mug", 1, amount)
            took.append(self.until("the price", 1.0, lambda amount=amount: {self.price(other) for other in others} == {amount}))
        return took

    def test_a_price_is_seen_everywhere_when_it_is_heard_of_and_when_nobody_hears(self):
        one, two, three = self.process("one"), self.process("two"), self.process("three")
        one.stock_up("mug", 10)
        self.until("the goods", 5, lambda: {self.price(two), self.price(three)} == {12000})
        self.until("events are carried", 15, lambda: self.figure(two, "marketday_events_connected") == 1
                   and self.figure(two, "marketday_events_heard_total") >= 1)
        heard = self.figure(three, "marketday_events_heard_total")
        took = self.prices_seen(one, [two, three], [11000, 10000, 9500, 9400])
        self.until("all of it was heard", 3, lambda: self.figure(three, "marketday_events_heard_total") >= heard + 4)
        self.nats.kill()
        self.until("it is noticed", 10, lambda: self.figure(three, "marketday_events_connected") == 0)
        unheard = self.prices_seen(one, [two, three], [8000, 7900, 7800])
        four = self.process("four")  # begun without it
        self.nats.start()
        self.until("it is used again", 15, lambda: {self.figure(process, "marketday_events_connected")
                                                   for process in (three, four)} == {1})
        heard = self.figure(four, "marketday_events_heard_total")
        again = self.prices_seen(one, [two, three, four], [7000, 6900])
        self.until("the new one has heard of it", 3, lambda: self.figure(four, "marketday_events_heard_total") >= heard + 2)
        for what, seconds in (("with NATS", took), ("without", unheard), ("with it again", again)):
            print(f"a price was seen by two others, {what}, after", ", ".join(f"{s * 1000:.0f} ms" for s in seconds),
                  file=sys.stderr)

    def picture(self, process, url):
        """The bytes, and whether they are what will always be shown."""
        answer = urllib.request.urlopen(process.url + url, timeout=10)
        return answer.read(), "immutable" in answer.headers["Cache-Control"]

    def test_a_picture_is_finished_by_a_worker_and_shown_small_until_one_is_there(self):
        # The web processes and the workers share their pictures, as in a fleet.
        shared = self.directory / "images"
        shared.mkdir()
        for name in ("web", "worker", "other"):
            (self.directory / name).mkdir(mode=0o700)
            (self.directory / name / "images").symlink_to(shared)
        web = self.process("web", "roles=web,scheduler")
        web.stock_up("pot", 5)
        given = web.operate("POST", "/products/pot/images", (DEMO / "demo-0061.webp").read_bytes())
        url = given["url"]
        small, lasting = self.picture(web, url.replace("-1280", "-320"))
        self.assertTrue(lasting)
        for width in (640, 1280):
            self.assertEqual(self.picture(web, url.replace("-1280", f"-{width}")), (small, False))
        self.until("the event is published", 10, lambda: self.sql("SELECT count(*) FROM outbox WHERE sent = 0") == "0")
        self.assertEqual(self.picture(web, url), (small, False))
        # Two of them share the work, and nothing is made twice.
        workers = [self.process(name, "roles=worker") for name in ("worker", "other")]
        took = self.until("the worker makes it", 15, lambda: self.picture(web, url)[1])
        print(f"a picture that had waited was whole {took:.2f} s after its worker had started", file=sys.stderr)
        sizes = [len(self.picture(web, url.replace("-1280", f"-{width}"))[0]) for width in (320, 640, 1280)]
        self.assertEqual(sizes, sorted(set(sizes)))
        again = web.operate("POST", "/products/pot/images", (DEMO / "demo-0021.webp").read_bytes())
        took = self.until("another is made", 15, lambda: self.picture(web, again["url"])[1])
        print(f"a picture was whole {took:.2f} s after it was given", file=sys.stderr)
        name = "marketday_images_finished_total"
        self.until("both are counted", 3, lambda: sum(self.figure(worker, name) for worker in workers) == 2)
        self.assertEqual(self.figure(web, name), 0)


if __name__ == "__main__":
    shop.main()
