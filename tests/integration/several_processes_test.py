"""Several `marketday serve` processes, each with a data directory of its own, on one PostgreSQL: one shop."""

import asyncio
import json
import signal
import sys
import threading
import time

import shop
from several import SeveralTest
from shop import ADDRESS, call

SEEN_WITHIN_S = 1.0  # what one process changes, all others see


class SeveralProcesses(SeveralTest):
    def test_what_one_process_signs_the_other_knows(self):
        one, two = self.both()
        one.stock_up("mug", 10)
        (shopper,) = one.shoppers(1)
        for process in (one, two):
            seen = call(process.url + "/api/v1/me", headers={"Authorization": f"Bearer {shopper['token']}"})
            self.assertEqual(seen.status, 200, seen.text)
        self.assertFalse((self.directory / "two" / "secret.key").exists())
        bought = one.order(shopper, "a-key-of-one", "mug")
        self.assertEqual(bought.status, 201, bought.text)
        again = two.order(shopper, "a-key-of-one", "mug")
        self.assertEqual((again.status, again.json["order"]), (201, bought.json["order"]), again.text)

    def test_a_key_that_comes_to_two_processes_at_once_gives_one_order(self):
        one, two = self.both()
        one.stock_up("mug", 100)
        shoppers = one.shoppers(20)
        answers = []

        def press(process, shopper, key):
            answers.append((key, process.order(shopper, key, "mug")))

        for number, shopper in enumerate(shoppers):
            pressed = [threading.Thread(target=press, args=(process, shopper, f"pressed-twice-{number}"))
                       for process in (one, two)]
            for thread in pressed:
                thread.start()
            for thread in pressed:
                thread.join()
        orders = {}
        for key, answer in answers:
            self.assertEqual(answer.status, 201, answer.text)
            orders.setdefault(key, set()).add(answer.json["order"])
        self.assertEqual([len(made) for made in orders.values()], [1] * 20)
        self.audited()

    def test_a_place_in_line_is_the_same_at_every_process_and_outlives_the_leader(self):
        one, two = self.both()
        one.stock_up("mug", 8)
        shoppers = one.shoppers(30)
        sale = self.sale(one, 8, 4)
        tickets = []
        for number, shopper in enumerate(shoppers):
            here, there = (one, two) if number % 2 else (two, one)
            ticket = self.line(here, "POST", sale, shopper).json["ticket"]
            # At once where the other does not know of it yet, and no second one by joining there.
            self.assertEqual(self.line(there, "GET", sale, ticket=ticket).json["state"], "before_opening")
            self.assertEqual(self.line(there, "POST", sale, shopper).json["ticket"], ticket)
            tickets.append(ticket)
        self.until("one of them leads", 8, lambda: self.leads(one) != self.leads(two))
        leader, other = (one, two) if self.leads(one) else (two, one)
        self.until("the draw", 10, lambda: self.line(other, "GET", sale, ticket=tickets[0]).json.get("place"))
        places = [[self.line(process, "GET", sale, ticket=ticket).json["place"] for ticket in tickets]
                  for process in (one, two)]
        self.assertEqual(places[0], places[1])
        self.assertEqual(sorted(places[0]), list(range(1, 31)))
        draws = [call(f"{process.url}/api/v1/sales/{sale}/draw").json for process in (one, two)]
        self.assertEqual(draws[0], draws[1])

        leader.kill()
        leading = self.until("another leads", 12, lambda: self.leads(other))
        first = [tickets[places[0].index(place)] for place in range(1, 9)]
        self.until("the first eight are admitted", 10, lambda: all(
            self.line(other, "GET", sale, ticket=ticket).json["state"] == "admitted" for ticket in first))
        last = [ticket for ticket in tickets if ticket not in first]
        self.assertNotIn("admitted", {self.line(other, "GET", sale, ticket=ticket).json["state"] for ticket in last})
        print(f"a line went on {leading:.1f} s after its leader's death", file=sys.stderr)
        self.audited()

    def test_a_price_a_log_out_and_a_sale_are_seen_everywhere_within_a_second(self):
        one, two = self.both()
        one.stock_up("mug", 10)
        (shopper,) = one.shoppers(1)
        session = {"Authorization": f"Bearer {shopper['token']}"}

        def price(process):
            return (call(process.url + "/api/v1/products/mug").json or {}).get("price", {}).get("amount_minor")

        self.until("the goods", 5, lambda: price(two) == 12000)
        took = []
        for amount in (11000, 10000, 9500):
            self.assertIn(price(two), (12000, 11000, 10000))  # kept near
            one.stock_up("mug", 1, amount)
            took.append(self.until("the price", SEEN_WITHIN_S, lambda: price(two) == amount))
        self.assertEqual(call(two.url + "/api/v1/me", headers=session).status, 200)
        self.assertEqual(call(one.url + "/api/v1/sessions/current", "DELETE", headers=session).status // 100, 2)
        took.append(self.until("the log-out", SEEN_WITHIN_S,
                               lambda: call(two.url + "/api/v1/me", headers=session).status == 401))
        sale = self.sale(one, 5, 3600)
        took.append(self.until("the sale", SEEN_WITHIN_S,
                               lambda: call(f"{two.url}/api/v1/sales/{sale}").status == 200))
        print("seen elsewhere after", ", ".join(f"{s * 1000:.0f} ms" for s in took), file=sys.stderr)

    def test_a_crowd_does_not_miss_a_process_that_is_killed(self):
        one, two = self.both()
        crowd = self.crowd_at_both(one, two, "--keep-alive-across-restart")
        self.until_tickets(crowd, 150)
        leader = one if self.leads(one) else two
        leader.kill()
        time.sleep(1.5)
        self.process("one" if leader is one else "two")
        self.ends_well(crowd)

    def test_a_frozen_scheduler_is_replaced_and_does_no_harm_when_it_thaws(self):
        one = self.process("one")
        one.stock_up("mug", 100)
        two = self.process("two")
        shoppers = one.shoppers(30)

        # Those that are done every second or more often; the others move with their next turn.
        often = "'relay', 'expire-holds', 'reconcile', 'notifications', 'refunds', 'forget-keys'"

        def held():
            return dict(line.split("|") for line in self.sql(f"SELECT name, holder FROM leases WHERE name IN ({often})").split())

        def tokens():
            return {name: int(token) for name, token in
                    (line.split("|") for line in self.sql(f"SELECT name, token FROM leases WHERE name IN ({often})").split())}

        self.until("the jobs are held", 10, lambda: len(held()) == 6)
        first, before = held(), tokens()
        self.assertEqual(len(set(first.values())), 1, "one process runs every job")
        for number in range(10):
            self.assertEqual(one.order(shoppers[number], f"before-the-freeze-{number}", "mug").status, 201)
        one.process.send_signal(signal.SIGSTOP)
        try:
            for number in range(10, 20):
                self.assertEqual(two.order(shoppers[number], f"during-the-freeze-{number}", "mug").status, 201)
            gap = self.until("the other holds every job", 40,
                             lambda: not set(held().values()) & set(first.values()))
            self.until("the outbox drains", 10, lambda: self.sql("SELECT count(*) FROM outbox WHERE sent = 0") == "0")
        finally:
            one.process.send_signal(signal.SIGCONT)
        taken = tokens()
        self.assertTrue(all(taken[name] > before[name] for name in before))
        for number in range(20, 30):
            self.assertEqual(one.order(shoppers[number], f"after-the-thaw-{number}", "mug").status, 201)
        time.sleep(2)
        self.assertFalse(set(held().values()) & set(first.values()), "the thawed one runs no job")
        self.until("the outbox drains", 10, lambda: self.sql("SELECT count(*) FROM outbox WHERE sent = 0") == "0")
        self.assertEqual(self.sql("SELECT count(*) FROM (SELECT message_id FROM bus_messages GROUP BY 1 HAVING count(*) > 1) d"),
                         "0")
        print(f"jobs moved {gap:.1f} s after their process froze", file=sys.stderr)
        self.audited()

    def test_five_hundred_at_once_on_ten_connections_get_an_answer_or_a_declared_refusal(self):
        one = self.process("one", "database_pool.connections=8", "database_pool.operator_connections=2")
        one.stock_up("mug", 1000)
        shoppers = one.shoppers(500)
        host, port = one.url.split("//")[1].split(":")

        async def buy(shopper, number):
            reader, writer = await asyncio.open_connection(host, port)
            body = json.dumps({"currency": "KRW", "address": ADDRESS,
                               "lines": [{"sku": "mug", "quantity": 1, "unit_price_minor": 12000}]}).encode()
            writer.write((f"POST /api/v1/orders HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer {shopper['token']}\r\n"
                          f"Idempotency-Key: crowded-{number}\r\nContent-Type: application/json\r\n"
                          f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n").encode() + body)
            answer = (await reader.read()).decode()
            writer.close()
            return answer

        async def everybody():
            return await asyncio.gather(*(buy(shopper, number) for number, shopper in enumerate(shoppers)))

        answers = asyncio.run(everybody())
        statuses = [answer.split(" ", 2)[1] for answer in answers]
        self.assertLessEqual(set(statuses), {"201", "503"})
        self.assertGreater(statuses.count("201"), 0)
        for answer in answers:
            if " 503 " in answer.split("\r\n")[0]:
                self.assertIn("retry-after:", answer.lower())
        self.assertNotIn("pool", "".join(answers).lower())
        self.audited()

    def test_each_role_does_its_own_work_alone(self):
        web = self.process("web", "roles=web")
        (scheduler,) = [self.process("scheduler", "roles=scheduler,worker")]
        web.stock_up("mug", 5)
        (shopper,) = web.shoppers(1)
        self.assertEqual(web.order(shopper, "of-a-web-process", "mug").status, 201)
        asked = call(web.url + "/api/v1/accounts", "POST", {"email": "kim@example.kr", "password": "a long sentence is enough"})
        self.assertEqual(asked.status, 202, asked.text)
        self.until("the worker sends the letter", 4, lambda: list((scheduler.data / "mail").glob("*.eml")))
        self.until("the event is published", 10, lambda: self.sql("SELECT count(*) FROM outbox WHERE sent = 0") == "0")
        holders = set(self.sql("SELECT holder FROM leases WHERE name <> 'lines'").split())
        self.assertEqual(len(holders), 1)
        with self.assertRaises(OSError):
            call(scheduler.url + "/livez", timeout=2)


if __name__ == "__main__":
    shop.main()
