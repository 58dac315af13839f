"""People buy by plain forms: from the sign-up to the return, and whatever goes wrong between."""

import base64
import concurrent.futures
import contextlib
import email
import email.policy
import json
import re
import sqlite3
import time
import urllib.parse

import shop
from browser import Browser

PASSWORD = "a long enough sentence"
ADDRESS = {"recipient": "홍길동", "line1": "세종대로 110", "city": "서울", "postal_code": "04524"}


class BuyingPages(shop.ShopTest):
    def setUp(self):
        super().setUp()
        self.server = self.serve(self.directory / "shop", "checkout.hold_s=300", "payment.reconcile_after_s=5")
        for sku, price in (("mug", 12000), ("tea", 8000)):
            self.server.stock_up(sku, 50, price)
        self.browser = Browser(self.server.url)

    def link_of_mail(self, to, path):
        """The link of that kind in the newest mail to an address."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for mail in sorted((self.server.data / "mail").glob("*.eml"), key=lambda file: file.stat().st_mtime, reverse=True):
                head, _, body = mail.read_text().partition("\n\n")
                text = base64.b64decode(body).decode()
                link = re.search(rf"https?://\S+({re.escape(path)}\?\S+)", text)
                if f"To: {to}" in head and link:
                    return link[1]
            time.sleep(0.05)
        raise AssertionError(f"no mail to {to} with {path}")

    def sign_up(self, browser=None, email="kim@example.kr"):
        """Signs up, follows the letter, logs in."""
        browser = browser or self.browser
        page = browser.get("/sign-up")
        page = browser.submit(page.form("/sign-up"), email=email, password=PASSWORD)
        self.assertIn("Look at your mail", page.text)
        page = browser.get(self.link_of_mail(email, "/verify"))
        page = browser.submit(page.form("/verify"))
        self.assertIn("Your address is confirmed", page.notice)
        page = browser.submit(page.form("/log-in"), email=email, password=PASSWORD)
        self.assertEqual(page.path, "/")
        return browser

    def signed_in(self, prefix="b"):
        """A browser with a session that was made beforehand."""
        (shopper,) = self.server.shoppers(1, prefix)
        browser = Browser(self.server.url)
        browser.cookies["md_session"] = shopper["token"]
        return browser

    def put_in(self, browser, sku="mug", quantity="1"):
        page = browser.follow(browser.post("/basket", [("sku", sku), ("quantity", quantity)]))
        self.assertEqual(page.path, "/basket")
        return page

    def placed(self, browser, sku="mug"):
        """The payment page of a fresh order."""
        self.put_in(browser, sku)
        page = browser.submit(browser.get("/checkout").form("/checkout"), **ADDRESS)
        self.assertRegex(page.path, r"^/orders/[0-9a-f-]{36}/pay$")
        return page

    def pay(self, browser, page, token="tok_ok"):
        return browser.submit(page.form(page.path), token=token)

    def state_of(self, order_path):
        return self.server.operate("GET", "/orders/" + order_path.split("/")[2])["state"]

    def test_a_shopper_signs_up_buys_pays_and_sends_it_back(self):
        browser = self.browser
        self.put_in(browser, "tea", "2")
        self.assertEqual(browser.cookies["md_basket"], "2")
        self.assertTrue(browser.get("/checkout").url.endswith("/log-in?next=%2Fcheckout"), "one logs in first, then goes on")
        self.sign_up(browser)
        self.assertEqual(browser.cookies["md_basket"], "2", "what a visitor put in is the customer's")

        basket = browser.get("/basket")
        form = basket.form("/basket/lines")
        self.assertEqual(form.value("sku"), "tea")
        basket = browser.submit(form, quantity="3")
        self.assertEqual(basket.form("/basket/lines").value("quantity"), "3")
        self.assertIn("₩24,000", basket.text)

        checkout = browser.get("/checkout")
        for name in ADDRESS:
            self.assertIn(name, checkout.labels, "every field has its label")
        pay = browser.submit(checkout.form("/checkout"), **ADDRESS)
        self.assertIn("The goods are held until", pay.text)
        self.assertNotIn("md_basket", browser.cookies)
        done = self.pay(browser, pay)
        order = done.path
        self.assertIn("Thank you", done.notice)
        self.assertRegex(done.html, r"<code class=\"hash\">[0-9a-f]{64}</code>")
        self.assertIn("홍길동", done.text)

        self.assertIn(order, browser.get("/orders").links)
        self.assertEqual(browser.get(order + "/pay").path, order, "what is paid is not paid again")
        number = order.split("/")[2]
        self.server.operate("POST", f"/orders/{number}/ship", {"tracking": "CJ-1"})
        shipped = browser.get(order)
        self.assertIn("CJ-1", shipped.text)
        back = browser.submit(shipped.form(order + "/return"))
        self.assertIn("coming back", back.notice)
        self.assertEqual(self.state_of(order), "returned")
        self.assertEqual(browser.get("/checkout").text.count("There is nothing to order"), 1)
        again = self.put_in(browser) and browser.get("/checkout")
        self.assertEqual(again.form("/checkout").value("recipient"), "홍길동", "the last address is remembered")

        out = browser.submit(browser.get("/log-out").form("/log-out"))
        self.assertEqual(out.path, "/")
        self.assertNotIn("md_session", browser.cookies)
        self.assertEqual(browser.get(order).path, "/log-in")
        self.audit(self.server.data)

    def test_an_unpaid_order_is_cancelled(self):
        browser = self.signed_in()
        order = self.placed(browser).path.removesuffix("/pay")
        page = browser.submit(browser.get(order).form(order + "/cancel"))
        self.assertIn("cancelled", page.notice)
        self.assertEqual(self.state_of(order), "cancelled")

    def test_a_declined_card_leaves_the_goods_held_for_another(self):
        browser = self.signed_in()
        page = self.pay(browser, self.placed(browser), "tok_decline")
        self.assertIn("declined", page.notice)
        self.assertIn("Thank you", self.pay(browser, page).notice)

    def test_a_silent_bank_is_waited_for_on_a_page_that_renews_itself(self):
        browser = self.signed_in()
        page = self.pay(browser, self.placed(browser), "tok_silent")
        self.assertIn("Waiting for the bank", page.text)
        self.assertEqual(page.headers["Refresh"], "3")
        deadline = time.monotonic() + 40
        while "Waiting for the bank" in page.text and time.monotonic() < deadline:
            time.sleep(0.5)
            page = browser.get(page.path)
        if page.path.endswith("/pay"):
            page = self.pay(browser, page)  # The bank had taken nothing, and the goods are still held.
        self.assertIn("Thank you", page.notice)
        self.assertEqual(self.state_of(page.path), "paid")

    def test_a_double_click_places_one_order_and_pays_once(self):
        browser = self.signed_in()
        self.put_in(browser)
        form = browser.get("/checkout").form("/checkout")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: browser.send(form, **ADDRESS), range(4)))
        granted = {answer.headers["Location"] for answer in answers if answer.status == 303}
        self.assertEqual(len(granted), 1, [(answer.status, answer.notice) for answer in answers])
        for answer in answers:
            self.assertIn(answer.status, (303, 409), answer.text)
        pay = browser.get(granted.pop())
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: browser.send(pay.form(pay.path)), range(4)))
        self.assertEqual(browser.get(pay.path).path, pay.path.removesuffix("/pay"))
        orders = self.server.operate("GET", "/orders")["items"]
        self.assertEqual([order["state"] for order in orders], ["paid"])
        self.audit(self.server.data)

    def test_a_form_without_its_token_or_from_another_site_does_nothing(self):
        browser = self.signed_in()
        self.put_in(browser)
        form = browser.get("/checkout").form("/checkout")
        for csrf in ("", "x" * 43):
            page = browser.send(form, csrf_token=csrf, **ADDRESS)
            self.assertEqual(page.status, 403)
            self.assertEqual(page.form("/checkout").value("recipient"), "홍길동", "what was typed stays")
        refused = browser.post("/basket", [("sku", "tea")], Origin="http://evil.example", Sec_Fetch_Site="cross-site")
        self.assertEqual(refused.status, 403)
        self.assertEqual(browser.post("/basket", [("sku", "tea")], Origin=None, Sec_Fetch_Site=None).status, 403)
        login = Browser(self.server.url).post("/log-in", [("email", "a@b.kr"), ("password", "x")],
                                              Origin="http://evil.example", Sec_Fetch_Site="cross-site")
        self.assertEqual(login.status, 403)
        self.assertEqual(self.server.operate("GET", "/orders")["items"], [])

    def test_a_price_that_changes_is_shown_old_and_new_and_can_be_accepted(self):
        browser = self.signed_in()
        self.put_in(browser)
        form = browser.get("/checkout").form("/checkout")
        self.server.operate("PATCH", "/products/mug", {"price": {"amount_minor": 15000, "currency": "KRW"}})
        page = browser.send(form, **ADDRESS)
        self.assertEqual(page.status, 409)
        self.assertIn("mug: ₩12,000 → ₩15,000", page.text)
        self.assertIn("Order at the new price", page.text)
        self.assertEqual(page.form("/checkout").value("recipient"), "홍길동")
        basket = browser.get("/basket")
        self.assertIn("Was ₩12,000 when you put it in, now ₩15,000.", basket.text)
        basket = browser.submit(basket.form("/basket/prices"))
        self.assertNotIn("Was ₩12,000", basket.text)
        pay = browser.submit(page.form("/checkout"))
        self.assertIn("₩15,000", pay.text)

    def test_what_is_sold_out_or_held_is_said_with_what_to_do(self):
        self.server.stock_up("last", 1)
        first, second = self.signed_in("x"), self.signed_in("y")
        self.put_in(first, "last")
        self.put_in(second, "last")
        form = second.get("/checkout").form("/checkout")
        pay = first.submit(first.get("/checkout").form("/checkout"), **ADDRESS)
        page = second.send(form, **ADDRESS)
        self.assertEqual(page.status, 409)
        self.assertIn("in other shoppers' hands", page.notice)
        self.assertIn("some may come back", second.get("/basket").text)
        self.pay(first, pay)
        page = second.send(page.form("/checkout"))
        self.assertIn("every unit has been sold", page.notice)
        self.assertNotIn("Place the order", page.text)
        self.assertIn("Sold out", second.get("/basket").text)
        emptied = second.submit(second.get("/basket").form("/basket/lines"), press=("remove", "last"))
        self.assertIn("empty", emptied.text)

    def test_a_hold_that_has_ended_says_so_and_the_units_are_back(self):
        self.server.stop()
        self.server = self.serve(self.directory / "shop", "checkout.hold_s=5")
        browser = self.signed_in("late")
        pay = self.placed(browser)
        time.sleep(5.8)
        page = browser.get(pay.path)
        self.assertEqual(page.status, 409)
        self.assertIn("The time to pay has passed", page.text)
        self.assertEqual(self.pay(browser, pay).status, 409)
        self.assertEqual(self.state_of(pay.path), "expired")
        self.assertIn("Lapsed", browser.get(pay.path.removesuffix("/pay")).text)

    def test_missing_fields_are_marked_and_nothing_typed_is_lost(self):
        browser = self.signed_in()
        self.put_in(browser)
        page = browser.send(browser.get("/checkout").form("/checkout"), **(ADDRESS | {"city": " ", "line1": "x" * 300}))
        self.assertEqual(page.status, 400)
        self.assertIn("city-error", page.ids)
        self.assertIn("line1-error", page.ids)
        self.assertEqual(page.form("/checkout").value("recipient"), "홍길동")

    def test_a_sale_is_bought_with_the_admission_of_its_line(self):
        self.server.stock_up("jar", 10, 20000)
        sale = self.server.operate("POST", "/sales", {
            "name": {"en": "Jar night"}, "opens_at": "2020-01-01T00:00:00Z", "line": {"enabled": True, "draw": False},
            "items": [{"sku": "jar", "units": 5, "price": {"amount_minor": 9000, "currency": "KRW"}, "limit_per_customer": 1}]})["id"]
        browser = self.signed_in("s")
        time.sleep(1)
        page = browser.get(f"/checkout?sale={sale}&sku=jar&quantity=1")
        self.assertIn("₩9,000", page.text)
        refused = browser.send(page.form("/checkout"), **ADDRESS)
        self.assertEqual(refused.status, 403)
        self.assertIn(f"/line/{sale}", refused.links)
        token = {"Authorization": f"Bearer {browser.cookies['md_session']}"}
        ticket = shop.call(f"{self.server.url}/api/v1/sales/{sale}/line", "POST", {}, token).json
        standing = {}
        deadline = time.monotonic() + 20
        while standing.get("state") != "admitted" and time.monotonic() < deadline:
            time.sleep(0.2)
            standing = shop.call(f"{self.server.url}/api/v1/sales/{sale}/line", headers={"X-Ticket": ticket["ticket"]}).json
        browser.cookies[f"md_admission_{sale}"] = standing["admission"]
        pay = browser.submit(refused.form("/checkout"))
        self.assertIn("Thank you", self.pay(browser, pay).notice)
        self.assertIn("limited sale", self.put_in_refused(browser, "jar").text)

    def put_in_refused(self, browser, sku):
        page = browser.post("/basket", [("sku", sku), ("quantity", "1")])
        self.assertEqual(page.status, 409)
        return page

    def test_log_in_leads_back_into_the_shop_and_nowhere_else(self):
        self.sign_up(email="back@example.kr")
        for wanted, led in (("/orders", "/orders"), ("https://evil.example/", "/"), ("//evil.example", "/"), ("/\\evil", "/"),
                            ("/log-out", "/"), ("javascript:alert(1)", "/")):
            browser = Browser(self.server.url)
            page = browser.get("/log-in?next=" + urllib.parse.quote(wanted, safe=""))
            page = browser.send(page.form("/log-in"), email="back@example.kr", password=PASSWORD)
            self.assertEqual((page.status, page.headers["Location"]), (303, led), wanted)
        wrong = Browser(self.server.url)
        page = wrong.send(wrong.get("/log-in").form("/log-in"), email="back@example.kr", password="not this one")
        self.assertEqual(page.status, 401)
        self.assertIn("is not right", page.notice)
        self.assertEqual(page.form("/log-in").value("email"), "back@example.kr")
        self.assertEqual(page.form("/log-in").value("password"), "", "no page repeats a password")

    def test_a_password_is_reset_by_mail(self):
        self.sign_up(email="lost@example.kr")
        browser = Browser(self.server.url)
        page = browser.submit(browser.get("/reset").form("/reset"), email="lost@example.kr")
        self.assertIn("Look at your mail", page.text)
        page = browser.get(self.link_of_mail("lost@example.kr", "/reset"))
        weak = browser.send(page.form("/reset"), password="short")
        self.assertIn("at least 8", weak.text)
        page = browser.submit(weak.form("/reset"), password="quite another sentence")
        self.assertIn("changed", page.notice)
        page = browser.submit(page.form("/log-in"), email="lost@example.kr", password="quite another sentence")
        self.assertEqual(page.path, "/")

    def test_an_unverified_account_is_told_how_to_go_on(self):
        browser = self.browser
        browser.submit(browser.get("/sign-up").form("/sign-up"), email="new@example.kr", password=PASSWORD)
        self.link_of_mail("new@example.kr", "/verify")
        browser.submit(browser.get("/log-in").form("/log-in"), email="new@example.kr", password=PASSWORD)
        self.put_in(browser)
        page = browser.get("/checkout")
        self.assertEqual(page.status, 403)
        self.assertIn("Please confirm your e-mail address first", page.text)
        self.assertIn("/reset", page.links)

    def test_mails_come_from_the_shop_by_its_name(self):
        self.server.stop()
        self.server = self.serve(self.directory / "shop", "shop.name=달항아리 가게")
        browser = Browser(self.server.url)
        self.sign_up(browser, "namae@example.kr")
        self.put_in(browser)
        page = browser.submit(browser.get("/checkout").form("/checkout"), **ADDRESS)
        self.pay(browser, page)
        deadline = time.monotonic() + 20
        subjects, texts = {}, {}
        while len(subjects) < 2 and time.monotonic() < deadline:
            for file in (self.server.data / "mail").glob("*.eml"):
                mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
                subjects[mail["Subject"]] = mail["From"].addresses[0].display_name
                texts[mail["Subject"]] = mail.get_content()
            time.sleep(0.05)
        self.assertGreaterEqual(len(subjects), 2, "verification and order")
        self.assertEqual(set(subjects.values()), {"달항아리 가게"}, subjects)
        self.assertTrue(all("[달항아리 가게]" in subject for subject in subjects), subjects)
        # The order's number and the sum as the pages write them.
        number = self.server.operate("GET", "/orders/" + page.path.split("/")[2])["number"]
        self.assertIn(f"your order {number} is paid (₩12,000)", texts["[달항아리 가게] Your payment has arrived"])

    def test_an_account_that_nobody_verified_is_forgotten_in_time_and_the_address_is_free_again(self):
        for address in ("idle@example.kr", "new@example.kr"):
            self.browser.submit(self.browser.get("/sign-up").form("/sign-up"), email=address, password=PASSWORD)
        self.sign_up(email="kept@example.kr")
        self.server.stop()
        with contextlib.closing(sqlite3.connect(self.server.data / "marketday.db")) as database, database:
            database.execute("UPDATE customers SET created_at = created_at - 31 * 86400000 WHERE email != 'new@example.kr'")
        self.server = self.serve(self.directory / "shop")
        there = lambda: {one["email"] for address in ("idle", "new", "kept")
                         for one in self.server.operate("GET", f"/customers?email={address}%40example.kr")["items"]}
        deadline = time.monotonic() + 20
        while len(there()) > 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(len(there()), 2, "the one that nobody verified is gone, the new and the verified stay")
        for letter in (self.server.data / "mail").glob("*.eml"):
            letter.unlink()
        self.sign_up(Browser(self.server.url), "idle@example.kr")

    def test_pages_speak_korean_and_japanese_too(self):
        for language, basket, checkout in (("ko", "장바구니", "주문하기"), ("ja", "カート", "ご注文手続き")):
            browser = self.signed_in(language)
            browser.language = language
            self.assertIn(basket, self.put_in(browser).text)
            self.assertIn(checkout, browser.get("/checkout").text)
            self.assertIn(f'<html lang="{language}">', browser.get("/log-in").html)

    def test_the_baskets_api_and_the_pages_show_one_basket(self):
        browser = self.browser
        answer = browser.open_once("PUT", "/api/v1/basket/lines/mug", b'{"quantity":2}', {"Content-Type": "application/json"})
        self.assertEqual(answer.status, 200)
        self.assertEqual(browser.get("/basket").form("/basket/lines").value("quantity"), "2")
        self.assertIn('"units":2', browser.open_once("GET", "/api/v1/basket").html)
        self.assertEqual(browser.open_once("PUT", "/api/v1/basket/lines/mug", b'{"quantity":1000}').status, 400)
        self.assertEqual(browser.open_once("PUT", "/api/v1/basket/lines/nothing", b'{"quantity":1}').status, 404)
        self.assertIn('"lines":[]', browser.open_once("DELETE", "/api/v1/basket/lines/mug").html)
        stranger = Browser(self.server.url)
        stranger.cookies["md_guest"] = browser.cookies["md_guest"][:-4] + "AAAA"
        self.assertIn('"lines":[]', stranger.open_once("GET", "/api/v1/basket").html)

    def test_logging_in_by_the_api_takes_the_guests_basket_along(self):
        self.sign_up(email="api@example.kr")
        browser = Browser(self.server.url)
        put = browser.open_once("PUT", "/api/v1/basket/lines/mug", b'{"quantity":2}', {"Content-Type": "application/json"})
        self.assertEqual(put.status, 200)
        guest = browser.cookies["md_guest"]
        sent = json.dumps({"email": "api@example.kr", "password": PASSWORD}).encode()
        self.assertEqual(browser.open_once("POST", "/api/v1/sessions", sent, {"Content-Type": "application/json"}).status, 201)
        self.assertEqual(browser.cookies["md_basket"], "2")
        self.assertIn('"units":2', browser.open_once("GET", "/api/v1/basket").html)
        stranger = Browser(self.server.url)
        stranger.cookies["md_guest"] = guest
        self.assertIn('"lines":[]', stranger.open_once("GET", "/api/v1/basket").html)

    def test_one_sees_only_ones_own_orders(self):
        mine, other = self.signed_in("m"), self.signed_in("o")
        order = self.placed(mine).path.removesuffix("/pay")
        for path in (order, order + "/pay", "/orders/not-an-order"):
            self.assertEqual(other.get(path).status, 404)
        self.assertEqual(other.post(order + "/cancel", [("csrf_token", "x")]).status, 404)
        self.assertEqual(self.state_of(order), "reserved")


if __name__ == "__main__":
    shop.main()
