"""Every field and every file, asked for by everybody: whoever may not see a thing learns nothing of it.

The table below says for each field of the schema who may ask. A field that is not in it fails the test: nothing is
added without saying who it is for.
"""

import asyncio
import json
import re
import time
import unittest

import websockets

from house import House, until

OPEN, ANYBODY, PERSON = "without sign-in", "any credential", "a signed-in person"
READ, WRITE, BILLING = "HISTORY_READ", "GENERATIONS_WRITE", "BILLING_READ"
SCOPES = {READ, WRITE, BILLING}
MONEY = "BILLING_READ or GENERATIONS_WRITE"

# Field: its arguments, what is asked of the answer, who may ask. $generation and the like stand for ids of things
# of the owner's; `key` for a new idempotency key.
QUERIES = {
    "studio": ("", "creditsPerPoster", OPEN),
    "exportMarkets": ("", "code", OPEN),
    "viewer": ("", "id", OPEN),
    "node": ("id: $generation", "id", READ),
    "generation": ("id: $generation", "id", READ),
    "generations": ("", "nodes { id } totalCount", READ),
    "generationEvents": ("generationId: $generation", "seq", READ),
    "exportCheck": ('generationId: $generation, market: "taobao"', "__typename ... on UserError { code }", READ),
    "quote": ("input: {dimensions: [0]}", "credits", MONEY),
    "order": ("id: $order", "id", BILLING),
    "orders": ("", "nodes { id } totalCount", BILLING),
    "ledgerEntries": ("", "nodes { id } totalCount", BILLING),
    "apiKeys": ("", "id", PERSON),
    "webhookEndpoints": ("", "id deliveries { nodes { id } totalCount }", PERSON),
}
NODES = {
    "user": PERSON,
    "generation": READ,
    "poster": READ,
    "revision": READ,
    "edit": READ,
    "order": BILLING,
    "entry": BILLING,
    "key": PERSON,
    "webhook": PERSON,
    "delivery": PERSON,
}
REFUSALS = "__typename ... on UserError { code } ... on InvalidInput { fields { path code } }"
MUTATIONS = {
    "sendLoginCode": ('input: {email: "nobody@example.com"}', "__typename", OPEN),
    "signIn": ('input: {email: "nobody@example.com", code: "000000", challengeId: "x"}', REFUSALS, OPEN),
    "signOut": ("", "signedOut", OPEN),
    "createGeneration": (
        'input: {idempotencyKey: "key", photoIds: [$upload], description: "手工陶杯", dimensions: [9]}',
        REFUSALS,
        WRITE,
    ),
    "cancelGeneration": ("input: {generationId: $generation}", REFUSALS, WRITE),
    "retryPoster": ('input: {idempotencyKey: "key", posterId: $poster}', REFUSALS, WRITE),
    "createEdit": (
        'input: {idempotencyKey: "key", baseRevisionId: $revision, mode: WHOLE_IMAGE, prompt: "背景换成蓝色"}',
        REFUSALS,
        WRITE,
    ),
    "updatePosterCopy": ('input: {baseRevisionId: $revision, lines: [{id: "title", text: "新"}]}', REFUSALS, WRITE),
    "restoreRevision": ("input: {revisionId: $revision}", REFUSALS, WRITE),
    "setCover": ("input: {revisionId: $revision}", REFUSALS, WRITE),
    "renameGeneration": ('input: {generationId: $generation, productName: "改名"}', REFUSALS, WRITE),
    "deleteGeneration": ("input: {generationId: $generation}", REFUSALS, WRITE),
    "createOrder": ('input: {idempotencyKey: "key", amountYuan: 10, channel: SANDBOX}', REFUSALS, PERSON),
    "cancelOrder": ("input: {orderId: $order}", REFUSALS, PERSON),
    "revokeSignInSession": ("input: {sessionId: $login}", "revokedId", PERSON),
    "deleteAccount": ('input: {email: "nobody@example.com"}', REFUSALS, PERSON),
    "cancelAccountDeletion": ("", "user { id }", PERSON),
    "createApiKey": ('input: {name: "x", scopes: [BILLING_READ]}', REFUSALS, PERSON),
    "revokeApiKey": ("input: {apiKeyId: $key}", REFUSALS, PERSON),
    "createWebhookEndpoint": ('input: {url: "https://hooks.example/x", kinds: [ORDER_PAID]}', REFUSALS, PERSON),
    "updateWebhookEndpoint": ("input: {webhookEndpointId: $webhook, enabled: false}", REFUSALS, PERSON),
    "rotateWebhookSecret": ("input: {webhookEndpointId: $webhook}", REFUSALS, PERSON),
    "replayWebhookDelivery": ("input: {deliveryId: $delivery}", REFUSALS, PERSON),
    "deleteWebhookEndpoint": ("input: {webhookEndpointId: $webhook}", "deletedId", PERSON),
}
SUBSCRIPTIONS = {
    "generationEvents": ("generationId: $generation", "seq", READ),
    "walletChanged": ("", "credits", BILLING),
    "orderChanged": ("id: $order", "id", BILLING),
}
# Things of the right form that nobody has.
MISSING = {
    "user": "user_999999",
    "generation": "session_20200101000000_ffff",
    "poster": "session_20200101000000_ffff/00",
    "revision": "session_20200101000000_ffff/00-prime",
    "edit": "edit_999999",
    "order": "order_999999",
    "entry": "entry_999999",
    "key": "key_999999",
    "upload": "upload_" + "f" * 32,
    "webhook": "webhook_999999",
    "delivery": "delivery_999999",
    "login": "login_" + "f" * 32,
}
FIRST_THINGS = """{ viewer { id signInSessions { id } } ledgerEntries(last: 1) { nodes { id } } apiKeys { id }
    webhookEndpoints { id deliveries(last: 1) { nodes { id } } } }"""
STATE = """{ viewer { wallet { credits frozen version } } apiKeys { id revokedAt }
    generations { nodes { id productName version cover { id } posters { state version revisions { id } } } }
    orders { nodes { id status } } webhookEndpoints { id disabledAt previousSecretUntil deliveries { totalCount } } }"""


def codes(answer):
    return {error["extensions"]["code"] for error in answer.get("errors", [])}


def without_request_id(answer):
    return re.sub(r'"requestId": "[^"]*"', "", json.dumps(answer, ensure_ascii=False, sort_keys=True))


class Isolation(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.house = House(BILLING__WELCOME_CREDITS="400", HTTP__REQUEST_TIMEOUT_SECONDS="300")
        cls.addClassCleanup(cls.house.__exit__)
        cls.house.__enter__()
        cls.owner, cls.other = cls.house.seller("owner@example.com"), cls.house.seller("other@example.com")
        owner = cls.owner
        owner.data(
            'mutation { createWebhookEndpoint(input: {url: "https://hooks.example/a", kinds: [GENERATION_COMPLETED]}) '
            "{ __typename } }"
        )
        cls.keys = {scope: owner.key(*(SCOPES - {scope})) for scope in SCOPES}
        cls.keys[PERSON], cls.keys[MONEY] = owner.key(*SCOPES), owner.key(READ)
        generation = owner.generation(0)
        edit = owner.data(
            f"""mutation {{ createEdit(input: {{idempotencyKey: "e", baseRevisionId: "{generation}/00-prime",
            mode: WHOLE_IMAGE, prompt: "背景换成深蓝色"}}) {{ ... on CreateEditSuccess {{ edit {{ id }} }}
            ... on InvalidInput {{ fields {{ path code }} }} }} }}"""
        )["createEdit"]["edit"]["id"]
        ended = f'{{ node(id: "{edit}") {{ ... on Edit {{ state }} }} }}'
        until("the edit", lambda: owner.data(ended)["node"]["state"] in ("SUCCEEDED", "REFUNDED"))
        order = owner.data(
            'mutation { createOrder(input: {idempotencyKey: "o", amountYuan: 10, channel: SANDBOX}) '
            "{ ... on CreateOrderSuccess { order { id } } } }"
        )["createOrder"]["order"]["id"]
        first = owner.data(FIRST_THINGS)
        cls.things = {
            "user": first["viewer"]["id"],
            "generation": generation,
            "poster": f"{generation}/00",
            "revision": f"{generation}/00-prime",
            "edit": edit,
            "order": order,
            "entry": first["ledgerEntries"]["nodes"][0]["id"],
            "key": first["apiKeys"][0]["id"],
            "upload": owner.photo(),
            "webhook": first["webhookEndpoints"][0]["id"],
            "delivery": first["webhookEndpoints"][0]["deliveries"]["nodes"][0]["id"],
            "login": first["viewer"]["signInSessions"][0]["id"],
        }
        with cls.house.database() as database:
            session, user = database.execute("SELECT id, user_id FROM sign_in_sessions ORDER BY created_at_ms").fetchone()
        now = int(time.time())
        cls.expired = cls.house.forged_token(user, session, now - 700_000, now - 10)
        valid = cls.house.forged_token(user, session, now, now + 60)
        assert cls.house.ask("{ viewer { id } }", token=valid)["data"]["viewer"], "the forge works"

    def document(self, kind, field, row, things):
        arguments, selection, _ = row
        for name, thing in things.items():
            arguments = re.sub(rf"\${name}\b", json.dumps(thing), arguments)
        arguments = arguments.replace('"key"', json.dumps(f"{field}-{time.monotonic_ns()}"))
        return f"{kind} {{ it: {field}{f'({arguments})' if arguments else ''} {{ {selection} }} }}"

    def rows(self, queries=True):
        tables = [("query", QUERIES), ("mutation", MUTATIONS)] if queries else [("mutation", MUTATIONS)]
        for kind, table in tables:
            for field, row in table.items():
                yield kind, field, row
        if queries:
            for name, who in NODES.items():
                yield "query", "node", (f"id: ${name}", "id", who)

    def test_every_field_is_in_the_table(self):
        schema = "{ __schema { queryType { fields { name } } mutationType { fields { name } } subscriptionType { fields { name } } } }"
        found = self.house.ask(schema)["data"]["__schema"]
        for kind, table in [("query", QUERIES), ("mutation", MUTATIONS), ("subscription", SUBSCRIPTIONS)]:
            fields = {field["name"] for field in found[f"{kind}Type"]["fields"]}
            self.assertEqual(fields, set(table), f"{kind}: say in this table who may ask for what is new")

    def test_nobody_and_an_expired_token(self):
        asked = 0
        for kind, field, row in self.rows():
            document = self.document(kind, field, row, self.things)
            asked += 1
            expired = self.house.ask(document, token=self.expired)
            self.assertEqual((codes(expired), expired.get("data")), ({"UNAUTHENTICATED"}, None), document)
            anonymous = self.house.ask(document)
            if row[2] == OPEN:
                self.assertNotIn("errors", anonymous, document)
            else:
                self.assertEqual(codes(anonymous), {"UNAUTHENTICATED"}, document)
                self.assertFalse((anonymous.get("data") or {}).get("it"), document)
        print(f"    {asked} fields asked for without sign-in and with an expired token", flush=True)

    def test_keys_without_the_scope(self):
        before = self.owner.data(STATE)
        asked = 0
        for kind, field, (arguments, selection, who) in self.rows():
            if who in (OPEN, ANYBODY):
                continue
            document = self.document(kind, field, (arguments, selection, who), self.things)
            answer = self.keys[who].ask(document)
            asked += 1
            # One's own account is a key's to see; the wallet in it is not.
            if (field, arguments) == ("node", "id: $user"):
                continue
            self.assertEqual(codes(answer), {"FORBIDDEN"}, f"{document}: {answer}")
            self.assertFalse((answer.get("data") or {}).get("it"), document)
        self.assertEqual(self.owner.data(STATE), before, "nothing has changed")
        print(f"    {asked} fields asked for with a key that lacks the scope", flush=True)

    def test_another_seller_cannot_tell_a_foreign_thing_from_none(self):
        before = self.owner.data(STATE)
        ids = [thing for name, thing in self.things.items() if name != "upload"]
        asked = 0
        for kind, field, row in self.rows():
            # These make something new, or concern the one who asks alone.
            if field in ("signOut", "createApiKey", "createOrder", "createWebhookEndpoint", "cancelAccountDeletion"):
                continue
            document = self.document(kind, field, row, self.things)
            foreign = self.other.ask(document)
            asked += 1
            told = json.dumps(foreign)
            if "$" in row[0]:
                missing = self.other.ask(self.document(kind, field, row, MISSING))
                self.assertEqual(without_request_id(foreign), without_request_id(missing), document)
                data = (foreign.get("data") or {}).get("it")
                is_refused = "errors" in foreign or not data or "Success" not in str(data.get("__typename", "id" in data and "Success"))
                self.assertTrue(is_refused, f"{document}: {foreign}")
            for thing in ids:
                self.assertNotIn(f'"{thing}"', told, document)
        self.assertEqual(self.owner.data(STATE), before, "nothing has changed")
        print(f"    {asked} fields asked for by another seller", flush=True)

    def test_the_owner_sees_it_all(self):
        for kind, field, row in self.rows():
            if kind == "mutation":
                continue
            answer = self.owner.ask(self.document(kind, field, row, self.things))
            self.assertNotIn("errors", answer, field)
            self.assertIsNotNone(answer["data"]["it"], f"{field}: {answer}")

    def test_subscriptions(self):
        people = {
            "nobody": (None, "UNAUTHENTICATED"),
            "another seller": (self.other.token, "NOT_FOUND"),
            "an expired token": (self.expired, 4403),
        }
        for field, row in SUBSCRIPTIONS.items():
            document = self.document("subscription", field, row, self.things)
            for who, (token, expected) in people.items():
                if field == "walletChanged" and who == "another seller":
                    continue
                self.assertEqual(self.first_message(document, token), expected, f"{field} for {who}")
            self.assertEqual(self.first_message(document, self.keys[row[2]].token), "FORBIDDEN", field)
            self.assertEqual(self.first_message(document, self.owner.token), "next", field)
            if "$" in row[0]:
                missing = self.document("subscription", field, row, MISSING)
                self.assertEqual(self.first_message(missing, self.other.token), "NOT_FOUND", field)

    def first_message(self, document, token):
        """`next`, the code of the first error, or the code that the socket is closed with."""

        async def talk():
            url = self.house.url.replace("http://", "ws://") + "/graphql"
            async with websockets.connect(url, subprotocols=["graphql-transport-ws"]) as socket:
                payload = {"authorization": f"Bearer {token}"} if token else {}
                await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
                try:
                    await socket.recv()
                    await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": document}}))
                    answer = json.loads(await asyncio.wait_for(socket.recv(), 30))
                except websockets.ConnectionClosed as closed:
                    return closed.rcvd.code
                if answer["type"] != "error":
                    errors = answer["payload"].get("errors")
                    return errors[0]["extensions"]["code"] if errors else answer["type"]
                return answer["payload"][0]["extensions"]["code"]

        return asyncio.run(talk())

    def files(self):
        """Every address of a file of the owner's, with its signature."""
        found = self.owner.data(
            """query($id: ID!) { generation(id: $id) { photos { url small: url(width: 270) }
            posters { revisions { url small: url(width: 270) masterUrl } } } }""",
            {"id": self.things["generation"]},
        )["generation"]
        addresses = [photo[name] for photo in found["photos"] for name in photo]
        addresses += [picture[name] for poster in found["posters"] for picture in poster["revisions"] for name in picture]
        return [address.removeprefix(self.house.url) for address in addresses if address]

    def test_files(self):
        generation = self.things["generation"]
        signed = self.files()
        self.assertGreaterEqual(len(signed), 4)
        bare = {re.sub(r"[?&](exp|sig|v|h)=[^&]*", "", path).replace("&w=", "?w=") for path in signed}
        bare = {path.split("?")[0] + ("?w=270" if "w=270" in path else "") for path in bare}
        bare |= {f"/files/{generation}/archive.zip", f"/files/{generation}/productname.txt"}
        bare |= {f"/files/{generation}/exports/{name}" for name in ("taobao.zip", "00-prime.zh.jpg")}
        asked = 0
        for path in sorted(bare):
            missing = path.replace(generation, MISSING["generation"])
            for who, token in [("nobody", None), ("expired", self.expired), ("key", self.keys[READ].token), ("other", self.other.token)]:
                foreign, absent = (self.house.request("GET", which, token=token) for which in (path, missing))
                asked += 1
                self.assertIn(foreign[0], (401, 403, 404), f"{path} for {who}")
                self.assertEqual(foreign[0], absent[0], f"{path} for {who}")
                self.assertEqual(without_id(foreign[2]), without_id(absent[2]), f"{path} for {who}")
        for path in signed:
            self.assertEqual(self.house.request("GET", path)[0], 200, path)
            for changed in self.tampered(path, signed):
                status, _, body = self.house.request("GET", changed)
                asked += 1
                self.assertIn(status, (400, 401, 403, 404, 410), changed)
                self.assertLess(len(body), 2000, changed)
        print(f"    {asked} addresses of files that must not open", flush=True)

    def tampered(self, path, signed):
        sig = re.search(r"sig=([^&]+)", path).group(1)
        exp = re.search(r"exp=(\d+)", path).group(1)
        yield path.replace(sig, sig[:-2] + ("aa" if sig[-2:] != "aa" else "bb"))
        yield path.replace(sig, sig[:-4])
        yield path.replace(sig, "")
        yield path.replace(f"exp={exp}", f"exp={int(exp) + 1}")
        yield path.replace(f"exp={exp}", "exp=1")
        yield path.replace(f"exp={exp}", "exp=99999999999999999999")
        yield path.replace("sig=", "nosig=")
        yield path.replace("/files/", "/files//")
        yield path.replace("/files/", "/files/..%2f")
        name = path.split("?")[0].rsplit("/", 1)[1]
        yield path.replace(name, "01-prime.jpg" if name != "01-prime.jpg" else "02-prime.jpg")
        for other in signed:
            # The signature of another file.
            if name not in other:
                yield path.replace(sig, re.search(r"sig=([^&]+)", other).group(1))

    def test_guessed_names_of_sets(self):
        generation = self.things["generation"]
        stem = generation[:-4]
        answers = set()
        for number in range(500):
            guess = f"{stem}{number:04x}"
            if guess != generation:
                answers.add(self.house.request("GET", f"/files/{guess}/00-prime.jpg", token=self.other.token)[0])
        self.assertEqual(answers, {404})
        self.assertEqual(self.house.request("GET", f"/files/{generation}/00-prime.jpg", token=self.other.token)[0], 404)
        self.assertEqual(self.house.request("GET", f"/files/{generation}/00-prime.jpg", token=self.owner.token)[0], 200)

    def test_paths_that_climb(self):
        for path in (
            "/files/../../etc/passwd",
            "/files/%2e%2e/%2e%2e/haibao.db",
            "/files/..%2f..%2fhaibao.db/x",
            f"/files/{self.things['generation']}/..%2f..%2f..%2fsecret.key",
            f"/files/{self.things['generation']}/%00",
            f"/files/{self.things['generation']}/00-prime.jpg%00.png",
            f"/files/{self.things['generation']}/exports/..%2f00-prime.jpg",
            "/samples/..%2f..%2fCargo.toml",
            "/assets/../../secret.key",
        ):
            for token in (None, self.owner.token):
                status, _, body = self.house.request("GET", path, token=token)
                self.assertIn(status, (400, 401, 404), path)
                self.assertNotIn(b"root:", body)


def without_id(body):
    return re.sub(rb'"requestId":\s*"[^"]*"', b"", body)


if __name__ == "__main__":
    unittest.main()
