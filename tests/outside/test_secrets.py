"""Secrets that were planted in every setting: none of them comes out anywhere, at the most talkative log level."""

import base64
import json
import time
import unittest
import urllib.parse

from house import House, Seller, base64url, until

CANARIES = {
    "SIGN_IN__TOKEN_SECRET": "canary-token-secret-7b1f9d3a5c8e",
    "SIGN_IN__PREVIOUS_TOKEN_SECRET": "canary-previous-secret-2e4a6c8f",
    "STORAGE__S3__SECRET_ACCESS_KEY": "canary-storage-key-91b2c3d4",
    "IMAGE_PROVIDERS__0__API_KEY": "sk-canary-image-key-55aa66bb",
    "TEXT_MODELS__0__API_KEY": "sk-canary-text-key-77cc88dd",
}
MAIL_PASSWORD = "canary mail/password@1"


def spellings(secret):
    data = secret.encode()
    yield data
    yield urllib.parse.quote(secret, safe="").encode()
    yield data.hex().encode()
    for shift in range(3):
        # The same bytes inside a longer text that was packed as a whole; its edges depend on the neighbours.
        packed = base64.b64encode(b"\0" * shift + data)[4:-4]
        yield packed
    yield base64url(data).encode()[:-2]


class Secrets(unittest.TestCase):
    def test_planted_secrets_come_out_nowhere(self):
        nobody = "http://127.0.0.1:9"
        settings = CANARIES | {
            "MAIL__MAILER": "smtp",
            "MAIL__SMTP_URL": f"smtp://user:{urllib.parse.quote(MAIL_PASSWORD, safe='')}@localhost:9",
            "MAIL__TIMEOUT_SECONDS": "2",
            "IMAGE_PROVIDERS__0__NAME": "painter",
            "IMAGE_PROVIDERS__0__KIND": "openai",
            "IMAGE_PROVIDERS__0__MODEL": "gpt-image-1",
            "IMAGE_PROVIDERS__0__BASE_URL": f"{nobody}/v1",
            "IMAGE_PROVIDERS__0__ALLOW_PRIVATE_ADDRESS": "true",
            "TEXT_MODELS__0__NAME": "reader",
            "TEXT_MODELS__0__KIND": "openai",
            "TEXT_MODELS__0__MODEL": "small",
            "TEXT_MODELS__0__BASE_URL": f"{nobody}/v1",
            "TEXT_MODELS__0__ALLOW_PRIVATE_ADDRESS": "true",
            "WEBHOOKS__ALLOW_PRIVATE_ADDRESSES": "true",
        }
        with House(**settings) as house:
            told = []
            sent, _ = house.send_code("li@example.com")
            self.assertEqual(sent["__typename"], "MailUnavailable")
            seller = self.forged_seller(house)
            key = seller.key("HISTORY_READ")
            hook = seller.data(
                f'mutation {{ createWebhookEndpoint(input: {{url: "{nobody}/", kinds: [GENERATION_COMPLETED]}}) '
                "{ ... on CreateWebhookEndpointSuccess { secret } } }"
            )["createWebhookEndpoint"]["secret"]
            generation = seller.generation(0)
            log = "{ webhookEndpoints { deliveries { nodes { attempts { outcome } } } } }"
            until("a try", lambda: seller.data(log)["webhookEndpoints"][0]["deliveries"]["nodes"][0]["attempts"])
            told.append(str(seller.ask("query($id: ID!) { generation(id: $id) { posters { failure { code message } } } }", {"id": generation})))
            for token in ("hb_" + "0" * 12 + "_" + "0" * 64, key.token[:-1] + "x", seller.token[:-2], "x"):
                told.append(str(house.ask("{ viewer { id } }", token=token)))
            for body in (b"{", b"[]", b'{"query": "{ x"}', b'{"query": "{ node(id: \\"x\\") { id } }"}'):
                told.append(house.request("POST", "/graphql", body, {"content-type": "application/json"})[2].decode())
            for path in ("/metrics", "/readyz", "/files/x/y", "/schema.graphql"):
                told.append(house.request("GET", path)[2].decode(errors="replace"))
            for verb in (["config"], ["doctor"], ["doctor", "--providers"], ["doctor", "--json"]):
                told.append(house.command(*verb)[1])
            self.assertIn('"***"', told[-4], "the settings were printed")

            log = house.log()
            self.assertIn("TRACE", log)
            places = {"log": log.encode(), "answers and output": "\n".join(told).encode()}
            stored = b"".join(file.read_bytes() for file in (house.folder / "data").glob("haibao.db*"))
            planted = {**CANARIES, "MAIL password": MAIL_PASSWORD}
            made = {"token": seller.token, "key": key.token.rsplit("_", 1)[1], "web hook": hook.removeprefix("whsec_")}
            for name, secret in {**planted, **made}.items():
                for spelling in spellings(secret) if name in planted else [secret.encode()]:
                    for place, text in places.items():
                        self.assertNotIn(spelling, text, f"{name} in the {place}")
                    self.assertNotIn(spelling, stored, f"{name} in the database")

    def forged_seller(self, house):
        """Signed in without mail: the rows and a token of our own making."""
        now = int(time.time())
        session = "c" * 32
        with house.database() as database:
            database.execute("INSERT INTO users (email) VALUES ('seller@example.com')")
            user, = database.execute("SELECT id FROM users").fetchone()
            database.execute(
                "INSERT INTO sign_in_sessions (id, user_id, created_at_ms, expires_at_ms) VALUES (?, ?, ?, ?)",
                (session, user, now * 1000, (now + 6000) * 1000),
            )
        status, text = house.command("credits", "grant", "seller@example.com", "40")
        self.assertEqual(status, 0, text)
        return Seller(house, "seller@example.com", house.forged_token(user, session, now, now + 6000))

    def test_the_password_of_redis(self):
        password = "canary redis/password@1"
        url = f"redis://user:{urllib.parse.quote(password, safe='')}@127.0.0.1:9/0"
        with House(REDIS__URL=url) as house:
            send = 'mutation { sendLoginCode(input: {email: "li@example.com"}) { __typename } }'
            answer = house.ask(send)
            self.assertEqual(answer["errors"][0]["extensions"]["code"], "SERVICE_UNAVAILABLE", answer)
            told = json.dumps(answer) + house.command("config")[1] + house.log()
            self.assertIn("redis://user:***@127.0.0.1:9/0", told)
            self.assertIn("Redis did not take a step", told)
            for spelling in spellings(password):
                self.assertNotIn(spelling, told.encode())

    def test_secrets_may_stand_in_files(self):
        with House() as house:
            file = house.folder / "secret"
            file.write_text("canary-in-a-file-0123456789abcdefgh\n")
            house._environment["HAIBAO_SIGN_IN__TOKEN_SECRET_FILE"] = str(file)
            status, text = house.command("config")
            self.assertEqual(status, 0, text)
            self.assertNotIn("canary", text.replace(str(file), ""))


if __name__ == "__main__":
    unittest.main()
