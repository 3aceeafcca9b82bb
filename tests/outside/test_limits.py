"""Guesses, floods and tricks at the door: sign-in codes, tokens, keys, slow and strange requests."""

import asyncio
import concurrent.futures
import json
import re
import socket
import time
import unittest

import websockets

from house import SIGN_IN, House, until

# How long a revocation may take to arrive everywhere; a loaded machine gets some more.
REVOKED_WITHIN_S, PATIENCE_S = 5, 15


class Guesses(unittest.TestCase):
    def test_guesses_in_every_form_reach_five_checks(self):
        with House(SIGN_IN__RESEND_AFTER_SECONDS="0", SIGN_IN__CODE_LIFETIME_SECONDS="600") as house:
            sent, _ = house.send_code("li@example.com")
            right = until("the code", lambda: house.mailed_code("li@example.com"))
            guess = {"email": "li@example.com", "challenge": sent["challengeId"]}
            wrong = [f"{number:06}" for number in range(2000) if f"{number:06}" != right]

            # Many in one document, many documents in one request: none of them is looked at.
            aliases = " ".join(
                f'a{n}: signIn(input: {{email: "li@example.com", code: "{code}", challengeId: "{sent["challengeId"]}"}}) '
                "{ __typename }"
                for n, code in enumerate(wrong[:30])
            )
            for document in (f"mutation {{ {aliases} }}", f"mutation {{ ...f }} fragment f on Mutation {{ {aliases} }}"):
                answer = house.ask(document)
                self.assertEqual(answer["errors"][0]["extensions"]["code"], "QUERY_TOO_COMPLEX")
            batch = [{"query": SIGN_IN, "variables": guess | {"code": code}} for code in wrong[:500]]
            status, _, _ = house.request(
                "POST", "/graphql", json.dumps(batch).encode(), {"content-type": "application/json"}
            )
            self.assertEqual(status, 400)

            # Side by side: five are looked at, whatever comes at the same moment.
            with concurrent.futures.ThreadPoolExecutor(20) as pool:
                answers = list(pool.map(lambda code: house.ask(SIGN_IN, guess | {"code": code}), wrong[:400]))
            reasons = [answer["data"]["signIn"]["reason"] for answer in answers]
            self.assertEqual(reasons.count("WRONG"), 4, "the fifth wrong one kills the code")
            self.assertEqual(set(reasons), {"WRONG", "TOO_MANY_ATTEMPTS"})
            dead = house.sign_in("li@example.com", sent["challengeId"], right)
            self.assertEqual(dead["reason"], "TOO_MANY_ATTEMPTS", "even the right one")

    def test_codes_to_one_address_are_ten_in_an_hour(self):
        with House(SIGN_IN__RESEND_AFTER_SECONDS="0") as house:
            answers = [house.send_code("Li@Example.com" if n % 2 else "li@example.com")[0] for n in range(12)]
            kinds = [answer["__typename"] for answer in answers]
            self.assertEqual(kinds, ["SendLoginCodeSuccess"] * 10 + ["RateLimited"] * 2)
            challenges = {answer["challengeId"] for answer in answers[:10]}
            self.assertEqual(len(challenges), 10)
            older = house.sign_in("li@example.com", answers[0]["challengeId"], house.mailed_code("li@example.com"))
            self.assertEqual(older["reason"], "EXPIRED", "the newest code kills the older ones")

    def test_addresses_that_carry_more_than_an_address(self):
        with House() as house:
            for email in (
                "li@example.com\r\nBcc: x@example.com",
                "li@example.com\nx",
                "Li <li@example.com>",
                '"li x"@example.com',
                "li@example.com,wang@example.com",
                "li@[127.0.0.1]",
                "li@localhost",
                "a" * 250 + "@example.com",
                "",
            ):
                sent, _ = house.send_code(email)
                self.assertEqual(sent["__typename"], "InvalidInput", email)
            self.assertFalse((house.folder / "data" / "mail").exists())


class Tokens(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.house = House()
        cls.addClassCleanup(cls.house.__exit__)
        cls.house.__enter__()

    def viewer(self, token):
        answer = self.house.ask("{ viewer { email } }", token=token)
        return (answer.get("data") or {}).get("viewer")

    def test_forged_tokens(self):
        self.house.seller("forge@example.com")
        with self.house.database() as database:
            row = "SELECT s.id, s.user_id FROM sign_in_sessions s JOIN users u ON u.id = s.user_id WHERE u.email LIKE 'forge%'"
            session, user = database.execute(row).fetchone()
        now = int(time.time())
        good = self.house.forged_token(user, session, now, now + 60)
        self.assertTrue(self.viewer(good), "the forge works")
        for changes in ({"aud": "other"}, {"iss": "other"}, {"exp": now - 60}, {"nbf": now + 3600}, {"iat": now + 3600}, {"sub": "999"}, {"sid": "x"}):
            token = self.house.forged_token(user, session, now, now + 60, **changes)
            self.assertIsNone(self.viewer(token), changes)
        header, claims, signature = good.split(".")
        none = "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0"
        for token in (f"{none}.{claims}.", f"{none}.{claims}.{signature}", f"{header}.{claims}.", f"{header}.{claims}", good[:-3], good + "x", "x"):
            self.assertIsNone(self.viewer(token), token)

    def test_a_session_that_is_ended_is_ended_everywhere(self):
        for everywhere in (False, True):
            seller = self.house.seller(f"out-{everywhere}@example.com".lower())
            took, code = asyncio.run(self.sign_out(seller, everywhere))
            self.assertEqual(code, 4401)
            print(f"    a live socket was closed {took:.2f} s after sign-out", flush=True)
            self.assertLess(took, PATIENCE_S)
            self.assertIsNone(self.viewer(seller.token))

    async def sign_out(self, seller, everywhere):
        url = self.house.url.replace("http://", "ws://") + "/graphql"
        async with websockets.connect(url, subprotocols=["graphql-transport-ws"]) as live:
            await live.send(json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {seller.token}"}}))
            await live.recv()
            await live.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": "subscription { walletChanged { credits } }"}}))
            await live.recv()
            started = time.monotonic()
            argument = "true" if everywhere else "false"
            await asyncio.to_thread(seller.data, f"mutation {{ signOut(everywhere: {argument}) {{ signedOut }} }}")
            try:
                while True:
                    await asyncio.wait_for(live.recv(), PATIENCE_S)
            except websockets.ConnectionClosed as closed:
                return time.monotonic() - started, closed.rcvd.code

    def test_sessions_are_listed_and_one_is_ended(self):
        first = self.house.seller("list@example.com")
        with self.house.database() as database:
            session, user = database.execute(
                "SELECT s.id, s.user_id FROM sign_in_sessions s JOIN users u ON u.id = s.user_id WHERE u.email = 'list@example.com'"
            ).fetchone()
            now = int(time.time() * 1000)
            other = "f" * 32
            database.execute(
                "INSERT INTO sign_in_sessions (id, user_id, created_at_ms, expires_at_ms) VALUES (?, ?, ?, ?)",
                (other, user, now, now + 60_000_000),
            )
        second = self.house.forged_token(user, other, now // 1000, now // 1000 + 6000)
        self.assertTrue(self.viewer(second))
        listed = first.data("{ viewer { signInSessions { id isCurrent address userAgent } } }")["viewer"]["signInSessions"]
        self.assertEqual({row["id"]: row["isCurrent"] for row in listed}, {f"login_{session}": True, f"login_{other}": False})
        own = next(row for row in listed if row["isCurrent"])
        self.assertEqual(own["address"], "127.0.0.1")
        self.assertIn("Python", own["userAgent"])
        revoke = "mutation($id: ID!) { revokeSignInSession(input: {sessionId: $id}) { revokedId } }"
        stranger = self.house.seller("stranger@example.com")
        self.assertEqual(stranger.ask(revoke, {"id": f"login_{other}"})["errors"][0]["extensions"]["code"], "NOT_FOUND")
        first.data(revoke, {"id": f"login_{other}"})
        self.assertIsNone(self.viewer(second))
        self.assertTrue(self.viewer(first.token))

    def test_a_revoked_key_is_dead(self):
        seller = self.house.seller("key@example.com")
        partner = seller.key("HISTORY_READ")
        self.assertTrue(self.viewer(partner.token))
        key = seller.data("{ apiKeys { id lastUsedAt prefix } }")["apiKeys"][0]
        seller.data("mutation($id: ID!) { revokeApiKey(input: {apiKeyId: $id}) { __typename } }", {"id": key["id"]})
        self.assertIsNone(self.viewer(partner.token))
        secret = partner.token.rsplit("_", 1)[1]
        database = b"".join(file.read_bytes() for file in (self.house.folder / "data").glob("haibao.db*"))
        self.assertIn(key["prefix"].encode(), database)
        self.assertNotIn(secret.encode(), database)
        self.assertNotIn(secret, self.house.log())


class Costs(unittest.TestCase):
    def test_keys_have_an_allowance_of_costs(self):
        with House(LIMITS__COST_PER_MINUTE="2000") as house:
            seller = house.seller("li@example.com")
            partner = seller.key("HISTORY_READ")
            dear = "{ generations(first: 100) { nodes { id productName state createdAt } } }"
            answers = [partner.ask(dear) for _ in range(8)]
            codes = [answer.get("errors", [{"extensions": {"code": "OK"}}])[0]["extensions"]["code"] for answer in answers]
            self.assertEqual(codes[0], "OK")
            self.assertEqual(codes[-1], "RATE_LIMITED", codes)
            self.assertEqual(sorted(codes), codes, "what is refused stays refused for a while")
            self.assertNotIn("errors", seller.ask("{ viewer { id } }"), "the person is counted apart from the key")

    def test_answers_say_what_is_left(self):
        with House(LIMITS__COST_PER_MINUTE="2000") as house:
            partner = house.seller("li@example.com").key("HISTORY_READ")
            query = json.dumps({"query": "{ generations(first: 100) { nodes { id productName state createdAt } } }"}).encode()

            def asked(token=partner.token):
                _, headers, body = house.request("POST", "/graphql", query, {"content-type": "application/json"}, token)
                return headers, json.loads(body)

            left, before, refused = [], None, None
            while refused is None and len(left) < 20:
                headers, answer = asked()
                self.assertEqual(headers["ratelimit-policy"], '"cost";q=2000;w=60')
                state = re.fullmatch(r'"cost";r=(\d+);t=(\d+)', headers["ratelimit"])
                points, seconds = int(state[1]), int(state[2])
                # The bucket fills evenly: what is missing is there again after its share of the minute.
                self.assertAlmostEqual(seconds, (2000 - points) * 60 / 2000, delta=1)
                if "errors" in answer:
                    self.assertEqual(answer["errors"][0]["extensions"]["code"], "RATE_LIMITED")
                    refused = headers
                else:
                    left.append(points)
                    self.assertIsNone(headers["retry-after"])
            self.assertIsNotNone(refused, left)
            cost = left[0] - left[1]
            self.assertGreater(cost, 200)
            # Between two questions some points grow back: 33 a second.
            for earlier, later in zip(left, left[1:]):
                self.assertTrue(earlier - cost <= later <= earlier - cost + 200, left)
            self.assertLess(points, cost, "less was left than it costs")
            self.assertTrue(1 <= int(refused["retry-after"]) <= cost * 60 / 2000 + 1, refused["retry-after"])
            headers, answer = asked(token=None)
            self.assertNotIn("ratelimit", headers, "a stranger is not told of others at the same address")
        with House() as house:
            partner = house.seller("li@example.com").key("HISTORY_READ")
            headers, _ = asked(partner.token)
            self.assertNotIn("ratelimit", headers, "a limit that is off is not spoken of")


class Strange(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.house = House()
        cls.addClassCleanup(cls.house.__exit__)
        cls.house.__enter__()

    def post(self, body, content_type="application/json", **headers):
        return self.house.request("POST", "/graphql", body, {"content-type": content_type} | headers)[0]

    def test_only_json_of_one_operation(self):
        body = b'{"query": "mutation { signOut { signedOut } }"}'
        self.assertEqual(self.post(body), 200)
        for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx", ""):
            self.assertEqual(self.post(body, content_type), 415, content_type)
        self.assertEqual(self.post(b"[" + body + b"]"), 400)
        for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
            self.assertEqual(self.post(body, origin=origin, cookie="haibao_session=x"), 403, origin)
        status, _, _ = self.house.request("GET", "/graphql?query=mutation%20%7B%20signOut%20%7B%20signedOut%20%7D%20%7D")
        self.assertEqual(status, 405)

    def test_bombs_are_refused_in_a_moment(self):
        before = self.house.peak_memory()
        deep = "{ studio " * 40 + "{ creditsPerPoster }" + " }" * 40
        directives = "{ studio { creditsPerPoster " + "@include(if: true) " * 2000 + "} }"
        fields = "{ studio { " + " ".join(f"a{n}: creditsPerPoster" for n in range(3000)) + " } }"
        cycle = "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }"
        wide = "{ " + " ".join(f"g{n}: generations(first: 100) {{ nodes {{ posters {{ revisions {{ id }} }} }} }}" for n in range(30)) + " }"
        doubling = "{ ...f0 } " + " ".join(f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in range(60)) + " fragment f60 on Query { __typename }"
        nested = "[" * 100_000
        for name, document in {"deep": deep, "directives": directives, "fields": fields, "cycle": cycle, "wide": wide, "doubling": doubling}.items():
            started = time.monotonic()
            answer = self.house.ask(document)
            took = time.monotonic() - started
            self.assertIn("errors", answer, name)
            self.assertIn(answer["errors"][0]["extensions"]["code"], ("QUERY_TOO_COMPLEX", "BAD_REQUEST"), name)
            self.assertLess(took, PATIENCE_S, name)
        for body in (nested.encode(), b'{"query": "{ studio { creditsPerPoster } }", "variables": ' + nested.encode() + b"}", b"\xff" * 1000):
            self.assertEqual(self.post(body), 400)
        self.assertEqual(self.post(b'{"query": "' + b" " * 300_000 + b'"}'), 413)
        self.assertLess(self.house.peak_memory() - before, 32 << 20)

    def test_slow_requests_end(self):
        host, port = self.house.address.split(":")
        for beginning in (b"", b"P", b"GET / HTTP/1.1\r\nhost: x\r\n", b"POST /graphql HTTP/1.1\r\nx: "):
            with socket.create_connection((host, int(port)), timeout=60) as slow:
                slow.sendall(beginning)
                started = time.monotonic()
                slow.settimeout(60)
                try:
                    while slow.recv(4096):
                        pass
                except ConnectionResetError:
                    pass  # cut off all the same
                print(f"    a request that never ends was cut after {time.monotonic() - started:.0f} s", flush=True)

    def test_every_answer_has_the_safety_headers(self):
        for method, path in (
            ("GET", "/"),
            ("GET", "/history"),
            ("GET", "/assets/none.js"),
            ("GET", "/healthz"),
            ("GET", "/schema.graphql"),
            ("GET", "/files/session_20200101000000_ffff/00-prime.jpg"),
            ("GET", "/samples/none.jpg"),
            ("POST", "/graphql"),
            ("POST", "/uploads"),
            ("POST", "/payments/none/notify"),
            ("DELETE", "/"),
        ):
            _, headers, _ = self.house.request(method, path, headers={"accept": "text/html"})
            for name, value in {
                "x-content-type-options": "nosniff",
                "x-frame-options": "DENY",
                "referrer-policy": "same-origin",
                "cross-origin-opener-policy": "same-origin",
                "cross-origin-resource-policy": "same-origin",
            }.items():
                self.assertEqual(headers[name], value, f"{method} {path}")
            policy = headers["content-security-policy"]
            self.assertIn("frame-ancestors 'none'", policy, path)
            self.assertIn("default-src", policy)
            for loose in ("unsafe-inline", "unsafe-eval", "*"):
                self.assertNotIn(loose, policy.replace("ws: wss:", ""), path)
            self.assertIsNone(headers["server"], "nobody needs to know what we are made of")


if __name__ == "__main__":
    unittest.main()
