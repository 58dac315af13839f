"""A topology on this machine: brought up, watched, changed under load, broken, and gone without a trace."""

import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import unittest
import urllib.request

import shop

TOPOLOGY = pathlib.Path(__file__).resolve().parents[2] / "topologies" / "2-tiers.yaml"
PICTURE = pathlib.Path(__file__).resolve().parents[2] / "demo/images/demo-0061.webp"
FAST = TOPOLOGY.with_name("4-fast.yaml")
ENGINES = ["/usr/sbin/ip", "/usr/sbin/haproxy", "/usr/sbin/varnishd", "/usr/lib/postgresql/15/bin/postgres", "/usr/sbin/nats-server",
           "/usr/bin/redis-server"]


def missing():
    """Why a fleet cannot be tried here; None when it can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    absent = [engine for engine in ENGINES if not os.access(engine, os.X_OK)]
    if absent:
        return f"{', '.join(absent)} is not installed"
    tried = subprocess.run(["/usr/sbin/ip", "netns", "add", "md-trial"], capture_output=True, text=True)
    if tried.returncode != 0:
        return f"no network namespace can be made here: {tried.stderr.strip()}"
    subprocess.run(["/usr/sbin/ip", "netns", "delete", "md-trial"], check=True)
    return None


def free_network():
    taken = subprocess.run(["/usr/sbin/ip", "-4", "-o", "address"], capture_output=True, text=True, check=True).stdout
    return next(f"10.78.{i}.0/24" for i in range(os.getpid() % 200, 255) if f" 10.78.{i}." not in taken)


def traces(words):
    """Namespaces, cables and processes that carry one of these words."""
    found = [path.name for path in pathlib.Path("/run/netns").glob("md-*")] if pathlib.Path("/run/netns").exists() else []
    found += [path.name for path in pathlib.Path("/sys/class/net").glob("md*")]
    found = [name for name in found if any(word in name for word in words)]
    for entry in pathlib.Path("/proc").iterdir():
        try:
            command = (entry / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ") if entry.name.isdigit() else ""
        except OSError:
            continue
        if any(word in command for word in words):
            found.append(command)
    return found


class Visitors:
    """Eight people who ask for one page after another through the load balancer, and two who order, once each time; what went
    wrong is written down."""

    def __init__(self, front, path="/api/v1/sales"):
        self.front, self.path = front, path
        self.address = front.url.removeprefix("http://")
        self.good, self.ordered, self.bad, self.stopped = 0, 0, [], False
        self.threads = [threading.Thread(target=self.visit) for _ in range(8)]
        self.threads += [threading.Thread(target=self.order, args=(shopper,)) for shopper in front.shoppers(2)]
        for thread in self.threads:
            thread.start()

    def visit(self):
        connection = http.client.HTTPConnection(self.address, timeout=20)
        while not self.stopped:
            try:
                connection.request("GET", self.path)
                answer = connection.getresponse()
                answer.read()
                if answer.status == 200:
                    self.good += 1
                else:
                    self.bad.append(answer.status)
            except (OSError, http.client.HTTPException) as error:
                self.bad.append(repr(error))
                connection.close()
            time.sleep(0.005)
        connection.close()

    def order(self, shopper):
        number = 0
        while not self.stopped:
            number += 1
            try:
                answer = self.front.order(shopper, f"visit-{shopper['customer']}-{number}", "mug")
                if answer.status == 201:
                    self.ordered += 1
                else:
                    self.bad.append(answer.text)
            except (OSError, http.client.HTTPException) as error:
                self.bad.append(repr(error))
            time.sleep(0.02)

    def stop(self):
        self.stopped = True
        for thread in self.threads:
            thread.join()


@unittest.skipIf(missing(), missing() or "")
class FleetTest(shop.ShopTest):
    FILE = TOPOLOGY

    def setUp(self):
        super().setUp()
        os.chmod(self.directory, 0o711)
        self.home = self.directory / "fleet"
        text = re.sub(r"(?m)^network: .*$", f"network: {free_network()}", self.FILE.read_text())
        text = text.replace("shared_buffers_mib: 256", "shared_buffers_mib: 32")
        self.topology = self.directory / "tiers.yaml"
        self.topology.write_text(text)
        self.addCleanup(self.fleet, "down", "--delete")

    def fleet(self, command, *arguments, fails=None):
        done = shop.run("fleet", command, self.topology, *arguments, "--directory", self.home)
        if fails is None:
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        else:
            self.assertEqual(done.returncode, 2, done.stdout)
            self.assertIn(fails, done.stderr)
        return done.stdout

    def status(self):
        return json.loads(self.fleet("status", "--json"))

    def front(self):
        """The shop as people reach it, with the operators' address of its first web process."""
        front = shop.Shop.__new__(shop.Shop)
        admin = json.loads((self.home / "data" / "web-1" / "admin.json").read_text())
        front.url, front.admin_url, front.token = self.status()["shop"], admin["url"], admin["token"]
        return front

    def part(self, name):
        return next(part for part in self.status()["parts"] if part["name"] == name)

    def wait_until_ready(self, name, after_pid, within_s=20):
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            part = self.part(name)
            if part["pid"] != after_pid and part["state"] == "ready":
                return part
            time.sleep(0.1)
        self.fail(f"{name} did not come back: {part}")

    def rehearse(self, *arguments):
        return [shop.PROGRAM, "rehearse", "--json", "--topology", str(self.topology), "--shoppers", "200", "--units", "200", "--arrive",
                "3s", *arguments]


class Tiers(FleetTest):
    def test_it_comes_up_is_changed_under_load_and_goes_without_a_trace(self):
        self.assertIn("+ start haproxy on edge", self.fleet("plan"))
        self.fleet("up", "--rehearsal")
        status = self.status()
        address = status["shop"].removeprefix("http://")
        self.assertEqual({part["state"] for part in status["parts"]}, {"ready"})
        self.assertIn("nothing to do", self.fleet("plan", "--rehearsal"))
        self.assertIn("~ restart web-1", self.fleet("plan"))
        # Shoppers reach the shop, passed through unread too, and never the operators.
        self.assertEqual(shop.call(f"http://{address}/").status, 200)
        self.assertEqual(shop.call(f"http://{address}:8080/api/v1/sales").status, 200)
        self.assertEqual(shop.call(f"http://{address}/admin/v1/sales").status, 404)
        self.fleet("scale", "web=9", fails="web can be 0 to 4")
        self.fleet("scale", "web=2")
        front = self.front()
        front.stock_up("mug", 10_000)
        # A picture is shown at once, and whole when the worker, which is another process, has made it.
        picture = front.operate("POST", "/products/mug/images", PICTURE.read_bytes())["url"]
        deadline = time.monotonic() + 15
        while "immutable" not in urllib.request.urlopen(f"http://{address}{picture}", timeout=10).headers["Cache-Control"]:
            self.assertLess(time.monotonic(), deadline, "the worker has not made the picture")
            time.sleep(0.05)
        visitors = Visitors(front)
        try:
            # Everybody is replaced, then one more comes and goes: nobody notices.
            before = {part["name"]: part["pid"] for part in self.status()["parts"]}
            self.fleet("restart", "web")
            after = {part["name"]: part["pid"] for part in self.status()["parts"]}
            self.assertTrue(before["web-1"] != after["web-1"] and before["web-2"] != after["web-2"])
            self.assertEqual(before["haproxy"], after["haproxy"])
            self.fleet("scale", "web=3")
            self.fleet("scale", "web=2")
        finally:
            visitors.stop()
        self.assertEqual(visitors.bad, [])
        self.assertGreater(visitors.good, 100)
        self.assertGreater(visitors.ordered, 20)
        # What dies is started again; so is the keeper, by `up`, which leaves everything else alone.
        worker = self.part("worker-1")["pid"]
        os.kill(worker, signal.SIGKILL)
        self.assertEqual(self.wait_until_ready("worker-1", worker)["restarts"], 1)
        keeper = int((self.home / "state.yaml").read_text().split("keeper: {pid: ")[1].split(",")[0])
        os.kill(keeper, signal.SIGKILL)
        self.assertIn("nobody watches", self.fleet("status"))
        before = {part["name"]: part["pid"] for part in self.status()["parts"]}
        self.fleet("up", "--rehearsal")
        after = {part["name"]: part["pid"] for part in self.status()["parts"]}
        self.assertEqual(before, {**after, **{name: before[name] for name in before if name not in after}})
        self.assertIn("web-1", self.fleet("logs", "--lines", "200"))
        # And down, also when nobody is left to be asked.
        fleet_id = next(line.split()[1] for line in (self.home / "state.yaml").read_text().splitlines() if line.startswith("id:"))
        keeper = int((self.home / "state.yaml").read_text().split("keeper: {pid: ")[1].split(",")[0])
        os.kill(keeper, signal.SIGKILL)
        (self.home / "state.yaml").write_text("parts: [")
        self.fleet("down", "--delete")
        self.assertEqual(traces([fleet_id, str(self.home)]), [])
        self.assertFalse(self.home.exists())
        self.fleet("down", "--delete")

    def test_a_web_process_killed_in_the_middle_of_a_sale_loses_nothing(self):
        environment = {**os.environ, "TMPDIR": str(self.directory)}
        done = subprocess.run(self.rehearse("--fault", "web"), capture_output=True, text=True, timeout=240, env=environment)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        result = json.loads(done.stdout)
        self.assertEqual((result["units_sold"], result["orders_lost"], result["contradictions"]), (200, 0, 0))
        self.assertGreater(result["faults"][0]["seconds_to_first_order"], 0)
        self.assertEqual(list(self.directory.glob("marketday-rehearsal-*")), [])
        self.assertEqual(traces([str(self.directory)]), [])

    def test_a_rehearsal_that_is_killed_is_cleared_away_by_its_keeper(self):
        environment = {**os.environ, "TMPDIR": str(self.directory)}
        rehearsal = subprocess.Popen(self.rehearse(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        deadline = time.monotonic() + 20
        while not list(self.directory.glob("marketday-rehearsal-*/fleet/data/web-1/admin.json")) and time.monotonic() < deadline:
            time.sleep(0.05)
        home = next(self.directory.glob("marketday-rehearsal-*"))
        rehearsal.kill()
        rehearsal.communicate()
        deadline = time.monotonic() + 30
        while ((home / "fleet").exists() or traces([str(home)])) and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(traces([str(home)]), [])
        self.assertFalse((home / "fleet").exists())
        shutil.rmtree(home)


# As a worker does, run on a worker's host.
PURGE = """import http.client, sys
connection = http.client.HTTPConnection(sys.argv[1], timeout=5)
connection.request("PURGE", "/", headers={"Surrogate-Key": "everything"})
answer = connection.getresponse()
print(answer.status, answer.read().decode())"""


class Fast(FleetTest):
    FILE = FAST

    def page(self, address, path="/", method="GET", **headers):
        connection = http.client.HTTPConnection(address, timeout=10)
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body, dict(answer.getheaders())

    def cached(self, *arguments, **headers):
        status, body, found = self.page(*arguments, **headers)
        self.assertEqual(status, 200)
        return found["Cache-Status"], body

    def fleet_id(self):
        return re.search(r"(?m)^id: (\S+)", (self.home / "state.yaml").read_text())[1]

    def seconds_until_seen(self, cdn, amount):
        """From the change of a price at one process to its answer by the CDN, asked for all the time in between."""
        self.front().stock_up("mug", 1, amount)
        begun = time.monotonic()
        while time.monotonic() < begun + 5:
            status, body, _ = self.page(cdn, "/api/v1/products/mug")
            if status == 200 and json.loads(body)["price"]["amount_minor"] == amount:
                seen = time.monotonic() - begun
                return seen
            time.sleep(0.01)
        self.fail(f"the price {amount} was not seen")

    def test_pages_come_from_the_cdn_and_outlive_what_stands_behind_it(self):
        self.fleet("up", "--rehearsal")
        status = self.status()
        self.assertEqual({part["state"] for part in status["parts"]}, {"ready"})
        self.assertLess(self.part("replica-1")["lag_seconds"], 5)
        cdn, origin = (status[name].removeprefix("http://") for name in ("shop", "origin"))
        self.cached(cdn)
        self.assertEqual(self.cached(cdn)[0], "cdn; hit")
        # Each language has its own; whose session it is does not matter, for it is not asked with it.
        korean = self.cached(cdn, Accept_Language="ko-KR,ko;q=0.9")[1]
        english = self.cached(cdn, Accept_Language="en-GB, ja;q=0.5", Cookie="md_session=somebody; md_guest=x")[1]
        self.assertNotEqual(korean, english)
        self.assertEqual(self.cached(cdn, Cookie="md_session=somebody; md_lang=en"), ("cdn; fwd=miss; stored", english))
        self.assertEqual(self.page(cdn, "/api/v1/me")[2]["Cache-Status"], "cdn; fwd=bypass")
        self.assertEqual(self.page(cdn, "/log-in")[2]["Cache-Status"], "cdn; fwd=bypass")
        self.assertNotIn("Surrogate-Key", self.page(cdn)[2])
        # Nobody but the workers may say what is old.
        self.assertEqual(self.page(cdn, method="PURGE", Surrogate_Key="everything")[0], 403)
        # A changed price is seen through it, wherever it was kept.
        took = [self.seconds_until_seen(cdn, amount) for amount in (12000, 11000, 10500, 9000)][1:]
        self.assertLess(max(took), 3, took)
        print(f"prices were seen through the CDN after {', '.join(f'{s:.2f}' for s in took)} s", file=sys.stderr)
        time.sleep(4)  # longer than purges are repeated: nothing old comes back
        self.assertEqual(json.loads(self.page(cdn, "/api/v1/products/mug")[1])["price"]["amount_minor"], 9000)
        self.assertEqual(self.cached(cdn, "/api/v1/products/mug")[0], "cdn; hit")
        # The load balancer is gone: what is kept is still there, what is not says so.
        haproxy = self.part("haproxy")["pid"]
        os.kill(int((self.home / "state.yaml").read_text().split("keeper: {pid: ")[1].split(",")[0]), signal.SIGKILL)
        os.kill(haproxy, signal.SIGKILL)
        time.sleep(2)  # longer than the page is fresh to a browser
        self.assertEqual(self.page(cdn)[0], 200)
        # What is kept for nobody of a language does not stand before what is kept for others.
        self.assertEqual(self.page(cdn, Accept_Language="ja")[0], 503)
        self.assertEqual(self.page(cdn, Accept_Language="en")[0], 200)
        self.assertEqual(self.page(cdn)[0], 200)
        # Purged too: the origin has nothing better.
        purged = subprocess.run(["/usr/sbin/ip", "netns", "exec", f"md-{self.fleet_id()}-jobs", sys.executable, "-c", PURGE, cdn],
                                capture_output=True, text=True)
        self.assertRegex(purged.stdout, "200 [1-9][0-9]* answers are old", purged.stderr)
        self.assertEqual(self.cached(cdn)[0], "cdn; hit")
        self.assertEqual(self.page(cdn, "/log-in")[0], 503)
        status, body, _ = self.page(cdn, "/api/v1/me")
        self.assertEqual((status, json.loads(body)["type"]), (503, "busy"))
        # `up` brings it back; a copy and the CDN itself are started again by the keeper, and shoppers do without.
        self.fleet("up", "--rehearsal")
        pids = {name: self.part(name)["pid"] for name in ("replica-2", "varnish")}
        for pid in pids.values():
            os.kill(pid, signal.SIGKILL)
        self.assertEqual(self.page(origin)[0], 200)
        for name, pid in pids.items():
            self.assertGreaterEqual(self.wait_until_ready(name, pid)["restarts"], 1)
        # One engine alone, by its name.
        before = {part["name"]: part["pid"] for part in self.status()["parts"]}
        self.fleet("restart", "replica-1")
        after = {part["name"]: part["pid"] for part in self.status()["parts"]}
        self.assertEqual([name for name in before if before[name] != after[name]], ["replica-1"])
        self.fleet("restart", "web-1", fails="restarted by their kind")
        # A copy that was taken away has lost its place at the primary: when it is wanted again it is made anew.
        both = self.topology.read_text()
        self.topology.write_text(both.replace("replicas: [copy-a, copy-b]", "replicas: [copy-a]"))
        self.fleet("up", "--rehearsal")
        self.assertNotIn("replica-2", [part["name"] for part in self.status()["parts"]])
        self.topology.write_text(both)
        self.fleet("up", "--rehearsal")
        self.assertEqual(self.part("replica-2")["state"], "ready")

    def test_a_sale_goes_on_at_the_origin_when_the_cdn_is_killed(self):
        environment = {**os.environ, "TMPDIR": str(self.directory)}
        done = subprocess.run(self.rehearse("--fault", "varnish"), capture_output=True, text=True, timeout=240, env=environment)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        result = json.loads(done.stdout)
        self.assertEqual((result["units_sold"], result["orders_lost"], result["contradictions"]), (200, 0, 0))
        self.assertGreater(result["faults"][0]["seconds_to_first_order"], 0)
        self.assertEqual(traces([str(self.directory)]), [])


class Single(FleetTest):
    FILE = TOPOLOGY.with_name("1-single.yaml")

    def test_a_move_that_failed_is_tried_again_until_it_succeeds(self):
        self.fleet("up")
        part = self.part("shop-1")
        self.topology.write_text(self.topology.read_text().replace("hosts: [shop]", "hosts: [shop, next]", 1)
                                 .replace("    hosts: [shop]", "    hosts: [next]"))
        # It is ended where it was, and then its configuration cannot be written.
        obstacle = next((self.home / "config").glob("shop-1*"))
        obstacle = obstacle.with_name(obstacle.name + ".new")
        obstacle.mkdir()
        self.fleet("up", fails="cannot write")
        status = self.status()
        self.assertEqual([(one["state"], one["host"], one["wanted_host"]) for one in status["parts"]], [("dead", "shop", "next")])
        self.assertIn("cannot write", status["problem"])
        self.assertLessEqual(status["retry_in_seconds"], 5)
        said = self.fleet("status")
        self.assertIn("shop, to move to next", said)
        self.assertRegex(said, r"tried 1 times; again in [0-5] s")
        # Tried again in vain, after twice the time.
        deadline = time.monotonic() + 15
        while self.status()["failures"] < 2 and time.monotonic() < deadline:
            time.sleep(0.2)
        self.assertEqual(self.status()["failures"], 2)
        self.assertGreater(self.status()["retry_in_seconds"], 5)
        obstacle.rmdir()
        moved = self.wait_until_ready("shop-1", part["pid"], within_s=30)
        self.assertEqual((moved["host"], moved["wanted_host"]), ("next", "next"))
        status = self.status()
        self.assertEqual((status["problem"], status["failures"], status["retry_in_seconds"]), ("", 0, None))
        self.assertIn("nothing to do", self.fleet("plan"))


class WithoutPrivileges(shop.ShopTest):
    def test_a_topology_that_cannot_be_is_refused_with_its_line(self):
        wrong = self.directory / "wrong.yaml"
        wrong.write_text(TOPOLOGY.read_text().replace("max_connections: 100", "max_connections: 20"))
        done = shop.run("fleet", "plan", wrong)
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, r"wrong.yaml:\d+: the processes may open \d+ connections")
        wrong.write_text(TOPOLOGY.read_text() + "settings: {shop: {curency: KRW}}\n")
        done = shop.run("fleet", "plan", wrong)
        self.assertIn('did you mean "shop.currency"?', done.stderr)
        done = shop.run("rehearse", "--topology", TOPOLOGY, "--fault", "wep")
        self.assertEqual(done.returncode, 2)

    @unittest.skipIf(os.geteuid() != 0, "only root can become somebody else")
    def test_without_root_it_says_so(self):
        done = subprocess.run(["setpriv", "--reuid", "65534", "--clear-groups", shop.PROGRAM, "fleet", "up", str(TOPOLOGY), "--directory",
                               "/tmp/never"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("only root may", done.stderr)


if __name__ == "__main__":
    shop.main()
