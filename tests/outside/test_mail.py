"""Codes by mail, from GraphQL to a mail server and back in."""

import contextlib
import email
import email.policy
import re
import tempfile
import unittest
from email.utils import parsedate_to_datetime
from datetime import datetime, timedelta, timezone
from pathlib import Path

import peers
from house import House, until

FROM = "海报 Posters <no-reply@posters.example>"


def mail_settings(port, authority=None, scheme="smtp", password=peers.PASSWORD_IN_URL, timeout_s=3):
    settings = {
        "MAIL__MAILER": "smtp",
        "MAIL__SMTP_URL": f"{scheme}://{peers.USER}:{password}@localhost:{port}",
        "MAIL__FROM": FROM,
        "MAIL__TIMEOUT_SECONDS": timeout_s,
    }
    return settings | ({"MAIL__SMTP_CA_FILE": authority.file} if authority else {})


class Mail(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def open(self, peer, **changes):
        """The server in front of this mail server."""
        peer.start()
        self.addCleanup(peer.stop)
        house = House(**mail_settings(peer.port, **changes))
        self.addCleanup(house.__exit__)
        return house.__enter__()

    def read(self, inbox, count=1):
        until("the mail", lambda: len(inbox.mails) >= count)
        return email.message_from_bytes(inbox.mails[-1], policy=email.policy.default)

    def assert_no_secret_in_the_log(self, house, *codes):
        log = house.log()
        self.assertIn("graphql", log, "the log is there")
        for secret in (peers.PASSWORD, peers.PASSWORD_IN_URL, *codes):
            self.assertNotIn(secret, log)

    def assert_arrives_and_opens(self, house, inbox):
        sent, _ = house.send_code("li@example.com")
        self.assertEqual(sent["__typename"], "SendLoginCodeSuccess", sent)
        mail = self.read(inbox)
        code = re.fullmatch(r"海报登录验证码 (\d{6})", mail["subject"]).group(1)
        self.assertEqual(mail["to"], "li@example.com")
        self.assertEqual(mail["from"].addresses[0].display_name, "海报 Posters")
        self.assertEqual(mail["from"].addresses[0].addr_spec, "no-reply@posters.example")
        self.assertRegex(mail["message-id"], r"^<[0-9a-f]{32}@posters\.example>$")
        self.assertLess(abs(parsedate_to_datetime(mail["date"]) - datetime.now(timezone.utc)), timedelta(minutes=10))
        self.assertEqual(mail["auto-submitted"], "auto-generated")
        self.assertEqual(mail.get_content_type(), "multipart/alternative")
        for kind, own, other in [("plain", "您的登录验证码是", "Your sign-in code"), ("html", "您的登录", "sign-in")]:
            text = mail.get_body((kind,)).get_content()
            self.assertIn(code, text)
            self.assertLess(text.index(own), text.index(other), "the reader's language comes first")
        # Every step after the greeting was encrypted and signed in.
        self.assertEqual({seen[1:] for seen in inbox.seen}, {(True, True)}, inbox.seen)
        signed_in = house.sign_in("li@example.com", sent["challengeId"], code)
        self.assertEqual(signed_in["__typename"], "SignInSuccess", signed_in)
        sent, _ = house.send_code("wang@example.com", "en")
        english = self.read(inbox, 2)
        other_code = re.fullmatch(r"(\d{6}) is your Haibao sign-in code", english["subject"]).group(1)
        self.assertTrue(english.get_body(("plain",)).get_content().startswith("Your sign-in code"))
        self.assertNotEqual(english["message-id"], mail["message-id"])
        self.assert_no_secret_in_the_log(house, code, other_code)

    def assert_unavailable(self, house, inbox=None, within_s=10):
        sent, took = house.send_code("li@example.com")
        self.assertEqual((sent["__typename"], sent["code"]), ("MailUnavailable", "MAIL_UNAVAILABLE"), sent)
        self.assertLess(took, within_s)
        self.assertTrue(sent["message"])
        again, _ = house.send_code("li@example.com")
        self.assertEqual(again["__typename"], "MailUnavailable", "a mail that failed makes nobody wait")
        if inbox:
            self.assertEqual(inbox.mails, [])
        self.assert_no_secret_in_the_log(house)

    def test_starttls_with_sign_in_and_an_own_authority(self):
        inbox, authority = peers.Inbox(), peers.Authority(self.folder)
        self.assert_arrives_and_opens(self.open(peers.starttls(inbox, authority), authority=authority), inbox)

    def test_tls_from_the_first_byte(self):
        inbox, authority = peers.Inbox(), peers.Authority(self.folder)
        peer = peers.implicit_tls(inbox, authority)
        self.assert_arrives_and_opens(self.open(peer, authority=authority, scheme="smtps"), inbox)

    def test_a_certificate_of_an_unknown_authority(self):
        inbox = peers.Inbox()
        for trusted in (None, peers.Authority(self.folder)):
            peer = peers.starttls(inbox, peers.Authority(self.folder))
            self.assert_unavailable(self.open(peer, authority=trusted), inbox)
        self.assertEqual(inbox.seen, [])

    def test_a_certificate_of_another_name(self):
        inbox, authority = peers.Inbox(), peers.Authority(self.folder, "mail.example.org")
        self.assert_unavailable(self.open(peers.starttls(inbox, authority), authority=authority), inbox)
        self.assertEqual(inbox.seen, [])

    def test_nothing_is_said_in_clear(self):
        inbox = peers.Inbox()
        self.assert_unavailable(self.open(peers.in_clear(inbox)), inbox)
        self.assertEqual(inbox.seen, [])

    def test_a_wrong_password(self):
        inbox, authority = peers.Inbox(), peers.Authority(self.folder)
        house = self.open(peers.starttls(inbox, authority), authority=authority, password="wrong")
        self.assert_unavailable(house, inbox)
        self.assertEqual(inbox.seen, [])

    def test_not_now_and_no(self):
        for answer in ("451 4.7.1 later", "550 5.1.1 nobody here"):
            with self.subTest(answer):
                inbox, authority = peers.Inbox([answer]), peers.Authority(self.folder)
                self.assert_unavailable(self.open(peers.starttls(inbox, authority), authority=authority), inbox)

    def test_not_now_once(self):
        inbox, authority = peers.Inbox(["451 4.3.2 busy", "250 OK"]), peers.Authority(self.folder)
        house = self.open(peers.starttls(inbox, authority), authority=authority)
        sent, _ = house.send_code("li@example.com")
        self.assertEqual(sent["__typename"], "SendLoginCodeSuccess", sent)
        self.read(inbox)

    def test_nobody_listens(self):
        peer = peers.in_clear(peers.Inbox())
        peer.start()
        port = peer.port
        peer.stop()
        with House(**mail_settings(port)) as house:
            self.assert_unavailable(house)

    def test_a_server_that_never_speaks_holds_nobody_up(self):
        for scheme in ("smtp", "smtps"):
            with self.subTest(scheme), contextlib.ExitStack() as stack:
                peer = peers.Silent()
                stack.callback(peer.stop)
                house = stack.enter_context(House(**mail_settings(peer.port, scheme=scheme)))
                for number in range(5):
                    sent, took = house.send_code(f"li{number}@example.com")
                    self.assertEqual(sent["__typename"], "SendLoginCodeSuccess", sent)
                    self.assertLess(took, 10)
                until("the end of the mail", lambda: "sign-in code was not sent" in house.log())
                # The code that never left is dead, and its pause with it.
                again = until("another try", lambda: self.asked_again(house))
                self.assertEqual(again["__typename"], "SendLoginCodeSuccess")

    @staticmethod
    def asked_again(house):
        sent, _ = house.send_code("li0@example.com")
        return sent if sent["__typename"] == "SendLoginCodeSuccess" else None


if __name__ == "__main__":
    unittest.main()
