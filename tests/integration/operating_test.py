"""What operators do over a real server: find, look into, try without harm, and every deed is in the log."""

import datetime
import json
import time
import unittest
import urllib.parse
import urllib.request

import shop


class Operating(shop.ShopTest):
    def setUp(self):
        super().setUp()
        self.shop = self.serve(self.directory / "shop", "shop.utc_offset_minutes=0")
        self.headers = {"Authorization": f"Bearer {self.shop.token}"}

    def get(self, path, status=200, **query):
        url = self.shop.admin_url + "/admin/v1" + path + ("?" + urllib.parse.urlencode(query) if query else "")
        answer = shop.call(url, "GET", None, self.headers)
        self.assertEqual(answer.status, status, answer.text)
        return answer.json

    def post(self, path, body=None, status=200, method="POST", headers=None):
        answer = shop.call(self.shop.admin_url + "/admin/v1" + path, method, body, headers or self.headers)
        self.assertEqual(answer.status, status, answer.text)
        return answer.json

    def until(self, condition, what):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            found = condition()
            if found:
                return found
            time.sleep(0.1)
        self.fail(f"{what} did not come about")

    def paid_order(self, shopper, key, sku="lantern", quantity=1):
        placed = self.shop.order(shopper, key, sku, quantity)
        self.assertEqual(placed.status, 201, placed.text)
        paid = shop.call(f"{self.shop.url}/api/v1/orders/{placed.json['order']}/payment", "POST",
                         {"method": "card", "token": "tok_ok"},
                         {"Authorization": f"Bearer {shopper['token']}", "Idempotency-Key": key + "-pay"})
        self.assertEqual(paid.status, 200, paid.text)
        return placed.json

    def test_orders_are_found_looked_into_and_refunded_after_a_dry_run(self):
        self.shop.stock_up("lantern", 10)
        kim, lee = self.shop.shoppers(2)
        mine = self.paid_order(kim, "k1", quantity=2)
        other = self.shop.order(lee, "k2", "lantern").json
        ids = lambda **query: [one["order"] for one in self.get("/orders", **query)["items"]]
        self.assertEqual(ids(), [other["order"], mine["order"]])
        self.assertEqual(ids(number=mine["number"]), [mine["order"]])
        self.assertEqual(ids(number=mine["number"].lower().replace("-", "")), [mine["order"]])
        self.assertEqual(ids(number=other["order"]), [other["order"]])
        self.assertEqual(ids(customer=lee["customer"]), [other["order"]])
        self.assertEqual(ids(customer=lee["customer"], state="paid"), [])
        self.assertEqual(ids(state="paid"), [mine["order"]])
        now = datetime.datetime.now(datetime.timezone.utc)
        in_minutes = lambda minutes: (now + datetime.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.assertEqual(len(ids(**{"from": in_minutes(-5), "to": in_minutes(5)})), 2)
        self.assertEqual(ids(**{"from": in_minutes(5)}), [])
        self.assertEqual(ids(to=in_minutes(-5)), [])
        for wrong in ({"number": "what"}, {"customer": "x"}, {"from": "soon"}):
            self.get("/orders", 400, **wrong)

        order = mine["order"]
        detail = self.get(f"/orders/{order}")
        self.assertEqual([one["movement"] for one in detail["ledger"]], ["reserve", "sell"])
        self.assertEqual([one["state"] for one in detail["payments"]], ["captured"])
        self.assertIsNone(detail["payments"][0]["refund"])
        would = self.post(f"/orders/{order}/refund?dry_run=1", {"restock": True})["would"]
        self.assertEqual((would["from"], would["to"], would["money_returned"]["amount_minor"]), ("paid", "refunded", 24000))
        self.assertEqual(would["units"], [{"sku": "lantern", "units": 2, "movement": "restock"}])
        self.assertEqual(self.get(f"/orders/{order}")["state"], "paid", "a dry run changed something")
        self.post(f"/orders/{other['order']}/refund?dry_run=1", {"restock": True}, 409)
        self.assertEqual(self.post(f"/orders/{other['order']}/cancel?dry_run=1")["would"]["to"], "cancelled")
        self.post(f"/orders/{order}/refund", {"restock": True})
        detail = self.get(f"/orders/{order}")
        self.assertEqual([one["movement"] for one in detail["ledger"]], ["reserve", "sell", "restock"])
        self.assertTrue(detail["payments"][0]["refund"]["done_at"])

        log = self.get("/operators-log", target=order)["items"]
        self.assertEqual([(one["operation"], one["dry_run"], one["outcome"]) for one in log],
                         [("refundOrder", False, "done"), ("refundOrder", True, "done")])
        self.assertEqual(log[0]["details"], {"restock": True})
        self.assertEqual(log[0]["operator"], "local")

    def test_stock_and_products_and_sales_are_tried_without_harm(self):
        self.shop.stock_up("lantern", 10)
        body = {"sku": "lantern", "movement": "withdraw", "units": 4, "reason": "broken"}
        self.assertEqual(self.post("/stock?dry_run=1", body)["would"]["available_after"], 6)
        self.assertEqual(self.get("/stock/lantern")["available"], 10)
        self.post("/stock?dry_run=1", body | {"units": 11}, 409)
        self.post("/stock?dry_run=1", body | {"sku": "nothing"}, 404)
        would = self.post("/products/lantern?dry_run=1", {"hidden": True}, method="PATCH")["would"]
        self.assertTrue(would["hidden"])
        self.assertFalse(self.get("/products/lantern")["hidden"])
        sale = self.post("/sales", {"name": {"en": "Sale"}, "opens_at": "2020-01-01T00:00:00Z", "items": [
            {"sku": "lantern", "units": 5, "price": {"amount_minor": 1, "currency": "KRW"}}]}, 201)
        would = self.post(f"/sales/{sale['id']}/state?dry_run=1", {"state": "closed"})["would"]
        self.assertEqual((would["from"], would["to"], would["items"][0]["unsold"]), ("open", "closed", 5))
        self.assertEqual(self.get(f"/sales/{sale['id']}")["state"], "open")
        self.post(f"/sales/{sale['id']}/state", {"state": "closed"})
        self.post(f"/sales/{sale['id']}/state?dry_run=1", {"state": "open"}, 409)
        log = self.get("/operators-log", operation="createSale")["items"]
        self.assertEqual(log[0]["target"], sale["id"])

    def test_a_viewer_is_refused_with_the_role_that_is_needed(self):
        made = self.post("/operators", {"name": "vera", "role": "viewer"}, 201)
        opened = self.post("/sessions", {"name": "vera", "password": made["password"]}, 201)
        viewer = {"Authorization": f"Bearer {opened['token']}"}
        refused = self.post("/stock", {"sku": "lantern", "movement": "receive", "units": 1}, 403, headers=viewer)
        self.assertEqual(refused["type"], "/problems/role-needed")
        self.assertEqual(self.get("/operators-log", operator="vera")["items"][0]["problem"], "role-needed")

    def test_customers_are_found_and_shown_no_more_than_needed(self):
        shop.call(self.shop.url + "/api/v1/accounts", "POST",
                  {"email": "Kim.Minji@example.org", "password": "a long enough passphrase", "locale": "ko"})
        found = self.get("/customers", email="kim.minji@EXAMPLE.org")["items"]
        self.assertEqual([one["email"] for one in found], ["K…@e….org"])
        self.assertEqual(self.get("/customers", email="nobody@example.org")["items"], [])
        one = self.get(f"/customers/{found[0]['customer']}")
        self.assertEqual((one["email"], one["locale"], one["verified"]), ("Kim.Minji@example.org", "ko", False))
        self.get("/customers/00000000-0000-7000-8000-000000000000", 404)
        page = self.get("/customers", limit=1)
        self.assertEqual(len(page["items"]), 1)
        self.get("/customers", 400, limit=0)

    def test_figures_follow_events_and_agree_with_a_recount(self):
        self.shop.stock_up("lantern", 10)
        kim, lee = self.shop.shoppers(2)
        order = self.paid_order(kim, "k1", quantity=2)["order"]
        self.paid_order(lee, "k2")
        declined = self.shop.order(lee, "k3", "lantern").json["order"]
        shop.call(f"{self.shop.url}/api/v1/orders/{declined}/payment", "POST", {"method": "card", "token": "tok_declined"},
                  {"Authorization": f"Bearer {lee['token']}", "Idempotency-Key": "k3-pay"})
        self.post(f"/orders/{order}/refund", {"restock": True})

        def today():
            day = self.get("/statistics")["days"][-1]
            return day if day["paid"] == 2 and day["refunded"] == 1 and day["visitors"] == 2 else None
        day = self.until(today, "the day's figures")
        self.assertEqual((day["orders"], day["signed_up"], day["customers"], day["conversion"]), (3, 2, 2, 1.0))
        self.assertEqual(day["revenue"], [{"amount_minor": 36000, "currency": "KRW"}])
        self.assertEqual(day["refunds"], [{"amount_minor": 24000, "currency": "KRW"}])
        figures = self.get("/statistics")
        self.assertEqual(len(figures["days"]), 30)
        self.assertEqual(figures["best_goods"], [{"sku": "lantern", "units": 3,
                                                  "revenue": {"amount_minor": 36000, "currency": "KRW"}}])
        self.assertEqual(figures["months"][-1]["visitors"], 2)
        self.assertEqual(figures["retention"][-1]["customers"], 2)

        def checked():
            answer = shop.call(self.shop.admin_url + "/admin/v1/statistics/check", "POST", None, self.headers)
            return answer.json if answer.status == 200 else None
        check = self.until(checked, "the recount")
        self.assertEqual(check["items"], [])
        self.assertEqual(self.get("/statistics")["drift"]["differences"], 0)
        self.get("/statistics", 400, **{"from": "2026-02-01", "to": "2026-01-01"})

    def test_events_can_be_seen_and_the_configuration_says_where_values_come_from(self):
        self.assertEqual(self.get("/events")["items"], [])
        self.get("/events", state="pending", topic="orders")
        self.get("/events", 400, state="lost")
        self.post("/events/17-order-mail/retry", status=404)
        self.post("/events/nothing/retry", status=404)
        settings = {one["key"]: one for one in self.get("/configuration")["items"]}
        self.assertEqual(settings["shop.utc_offset_minutes"]["value"], "0")
        self.assertNotEqual(settings["shop.utc_offset_minutes"]["source"], "default")
        self.assertEqual(settings["shop.utc_offset_minutes"]["default"], "540")
        self.assertEqual(settings["shop.currency"]["source"], "default")
        self.assertTrue(all(one["help"] for one in settings.values()))

    def test_a_forecast_says_on_what_it_rests(self):
        found = self.post("/sales/forecast", {"shoppers": 20000, "arrive_s": 10, "units": 1000})
        self.assertGreater(found["sold_out_s"], 0.5)
        self.assertGreater(found["line_length_max"], 500)
        self.assertEqual((found["basis"]["store"], found["basis"]["requests"]), ("trial", "assumed"))
        self.assertGreater(found["basis"]["store_orders_per_s"], 100)
        self.assertEqual(list(self.shop.data.glob(".trial*")), [])
        few = self.post("/sales/forecast", {"shoppers": 10, "arrive_s": 1, "units": 1000})
        self.assertIsNone(few["sold_out_s"])
        self.post("/sales/forecast", {"shoppers": 0, "arrive_s": 1, "units": 1}, 400)


class ForecastAgainstRehearsal(shop.ShopTest):
    # A machine that is busy with other tests halves and doubles both figures.
    FACTOR = 4

    def test_a_forecast_is_near_what_a_rehearsal_shows(self):
        arguments = {"shoppers": 1500, "arrive_s": 3, "units": 150}
        done = shop.run("rehearse", "--shoppers", 1500, "--arrive", "3s", "--units", 150, "--json", timeout=180)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        seen = json.loads(done.stdout)["seconds_to_sold_out"]
        server = self.serve(self.directory / "shop")
        found = server.operate("POST", "/sales/forecast", arguments)
        self.assertLess(found["sold_out_s"], seen * self.FACTOR, (found, seen))
        self.assertGreater(found["sold_out_s"], seen / self.FACTOR, (found, seen))


if __name__ == "__main__":
    shop.main()
