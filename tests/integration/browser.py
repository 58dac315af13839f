"""A browser without scripts: cookies, pages, and forms as people fill them in."""

import html.parser
import http.cookies
import urllib.error
import urllib.parse
import urllib.request

VOID = {"input", "img", "br", "meta", "link", "hr"}


class Form:
    def __init__(self, attributes):
        self.action = attributes.get("action", "")
        self.method = attributes.get("method", "get").lower()
        self.fields = []  # (name, value), in order
        self.buttons = []

    def value(self, name):
        return next((value for have, value in self.fields if have == name), None)


class _Reader(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.forms, self.links, self.words, self.alerts = [], [], [], []
        self.ids, self.labels = set(), set()
        self.form = self.select = None
        self.stack, self.alert_depth = [], None

    def handle_starttag(self, tag, attrs):
        attributes = {name: value if value is not None else "" for name, value in attrs}
        if tag not in VOID:
            self.stack.append(tag)
        if "id" in attributes:
            self.ids.add(attributes["id"])
        if attributes.get("role") in ("alert", "status") and self.alert_depth is None:
            self.alert_depth = len(self.stack)
        if tag == "label":
            self.labels.add(attributes.get("for"))
        if tag == "a":
            self.links.append(attributes.get("href", ""))
        if tag == "form":
            self.form = Form(attributes)
            self.forms.append(self.form)
        if self.form is None:
            return
        if tag == "input" and "name" in attributes:
            if attributes.get("type") in ("radio", "checkbox") and "checked" not in attributes:
                return
            self.form.fields.append((attributes["name"], attributes.get("value", "")))
        if tag == "select":
            self.select = attributes["name"]
            self.form.fields.append((self.select, ""))
        if tag == "option" and self.select and ("selected" in attributes or self.form.fields[-1][1] == ""):
            self.form.fields[-1] = (self.select, attributes["value"])
        if tag == "button" and "name" in attributes:
            self.form.buttons.append((attributes["name"], attributes.get("value", "")))

    def handle_endtag(self, tag):
        if tag == "form":
            self.form = None
        if tag == "select":
            self.select = None
        if self.stack and self.stack[-1] == tag:
            if self.alert_depth == len(self.stack):
                self.alert_depth = None
            self.stack.pop()

    def handle_data(self, data):
        self.words.append(data)
        if self.alert_depth is not None:
            self.alerts.append(data)


class Page:
    def __init__(self, url, status, headers, body):
        self.url, self.status, self.headers, self.html = url, status, headers, body
        reader = _Reader()
        reader.feed(body)
        self.forms, self.links, self.ids, self.labels = reader.forms, reader.links, reader.ids, reader.labels
        self.text = " ".join(" ".join(reader.words).split())
        self.notice = " ".join(" ".join(reader.alerts).split())

    @property
    def path(self):
        return urllib.parse.urlsplit(self.url).path

    def form(self, action):
        for form in self.forms:
            if form.action.split("?")[0] == action:
                return form
        raise AssertionError(f"no form to {action} on {self.url}: {[form.action for form in self.forms]}\n{self.text[:600]}")


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Browser:
    def __init__(self, base, language="en"):
        self.base, self.language, self.cookies = base, language, {}
        self.opener = urllib.request.build_opener(_Stay())

    def open_once(self, method, path, body=None, headers=None):
        url = urllib.parse.urljoin(self.base, path)
        sent = {"Accept": "text/html", "Accept-Language": self.language, **(headers or {})}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if method == "POST":
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
            sent.setdefault("Origin", self.base)
            sent.setdefault("Sec-Fetch-Site", "same-origin")
        sent = {name: value for name, value in sent.items() if value is not None}
        request = urllib.request.Request(url, data=body, method=method, headers=sent)
        try:
            answer = self.opener.open(request, timeout=20)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            for line in answer.headers.get_all("Set-Cookie") or ():
                for name, morsel in http.cookies.SimpleCookie(line).items():
                    if morsel["max-age"] == "0":
                        self.cookies.pop(name, None)
                    else:
                        self.cookies[name] = morsel.value
            return Page(url, answer.status, answer.headers, answer.read().decode())

    def follow(self, page):
        for _ in range(6):
            if page.status != 303:
                return page
            page = self.open_once("GET", urllib.parse.urljoin(page.url, page.headers["Location"]))
        raise AssertionError("redirected for ever")

    def get(self, path):
        return self.follow(self.open_once("GET", path))

    def post(self, path, fields, **headers):
        body = urllib.parse.urlencode(fields).encode()
        return self.open_once("POST", path, body, {name.replace("_", "-"): value for name, value in headers.items()})

    def send(self, form, press=None, **changed):
        """The form with some fields filled in, as a click on its button (or on `press`) sends it."""
        fields = [(name, changed.pop(name, value)) for name, value in form.fields]
        fields += list(changed.items()) + ([press] if press else [])
        return self.post(form.action, fields)

    def submit(self, form, press=None, **changed):
        return self.follow(self.send(form, press, **changed))
