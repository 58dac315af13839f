"""A real SMTP server (aiosmtpd) for tests: smtp_server.py PORT DIRECTORY [auth] [tls].

Each letter becomes a file DIRECTORY/NUMBER.eml with its envelope in DIRECTORY/NUMBER.json. Readers named gone@… are refused
for good, busy@… for now. `auth` asks for the user "shop" with "open sesame"; `tls` offers STARTTLS with DIRECTORY/cert.pem,
which it makes.
"""

import json
import pathlib
import subprocess
import sys
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

PORT, DIRECTORY, WISHES = int(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3:]


class Letters:
    def __init__(self):
        self.count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone@"):
            return "550 5.1.1 No such mailbox"
        if address.startswith("busy@"):
            return "451 4.3.0 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if envelope.rcpt_tos[0].startswith("unwanted@"):
            return "554 5.7.1 Not wanted here"
        self.count += 1
        facts = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "utf8": bool(envelope.smtp_utf8),
                 "tls": session.ssl is not None, "user": str(session.auth_data or "")}
        (DIRECTORY / f"{self.count}.json").write_text(json.dumps(facts), encoding="utf-8")
        (DIRECTORY / f"{self.count}.eml").write_bytes(envelope.original_content)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    good = getattr(data, "login", b"") == b"shop" and getattr(data, "password", b"") == b"open sesame"
    return AuthResult(success=good, auth_data="shop" if good else None, handled=good)


def main():
    settings = {}
    if "tls" in WISHES:
        import ssl
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                        "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
                        DIRECTORY / "key.pem", "-out", DIRECTORY / "cert.pem"], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(DIRECTORY / "cert.pem", DIRECTORY / "key.pem")
        settings |= {"tls_context": context, "require_starttls": True}
    if "auth" in WISHES:
        settings |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
    controller = Controller(Letters(), hostname="127.0.0.1", port=PORT, enable_SMTPUTF8=True, **settings)
    controller.start()
    while True:
        time.sleep(60)


main()
