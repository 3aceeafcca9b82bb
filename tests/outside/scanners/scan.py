"""Scanners that others use against services like this one: graphql-cop and sqlmap. On demand, by `scripts/scan.sh`.

Both are programs of their own and no part of this project: `HAIBAO_GRAPHQL_COP` names the folder of the first, the second
is found on the path. `HAIBAO_SCAN_DATABASE` (a postgres:// address of an empty database) scans with that behind the server
instead of SQLite, `HAIBAO_SCAN_ONLY` only what has this text in its name.
"""

import copy
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from house import House  # noqa: E402
from test_isolation import FIRST_THINGS, MUTATIONS, QUERIES, REFUSALS  # noqa: E402

DATABASE = os.environ.get("HAIBAO_SCAN_DATABASE", "")
ONLY = os.environ.get("HAIBAO_SCAN_ONLY", "")
# What a server in production does where nothing is set.
AS_IN_PRODUCTION = {"HTTP__INTROSPECTION": "signed_in", "HTTP__QUERIES_BY_GET": "false"}
FOUND, NOTHING = "identified the following injection point", "do not appear to be injectable"
SCHEMA = """{ __schema { queryType { name } types { kind name fields { name args { name type { ...T } } type { ...T } }
    inputFields { name type { ...T } } enumValues { name } } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }"""
# Fields that are not at the root, and the question that leads to them.
NESTED = {
    ("Generation", "marketPackUrl"): "query($market: String!, $id: ID!) { generation(id: $id) { marketPackUrl(market: $market) } }",
    ("Studio", "advertisingWarnings"): "query($description: String!) { studio { advertisingWarnings(description: $description) { word } } }",
    ("WebhookEndpoint", "deliveries"): "query($after: String, $before: String) { webhookEndpoints { deliveries(after: $after, before: $before) { totalCount } } }",
}
TEXTS = {"String", "ID", "DateTime"}
# Given only where it is their own turn: a request for a whole picture that names a mask is refused before all else.
ALONE = {"maskId", "referenceId"}
# Tried last, because nothing is left for the others after them.
ENDINGS = ("delete", "cancel", "revoke")
UNREAD = {"BAD_REQUEST", "INVALID_ID", "QUERY_TOO_COMPLEX"}


class Cop(unittest.TestCase):
    def test_nothing_high_or_medium(self):
        folder = os.environ["HAIBAO_GRAPHQL_COP"]
        with House(**AS_IN_PRODUCTION) as house:
            token = house.seller("li@example.com").token
            for who, headers in {"a stranger": {}, "a seller": {"Authorization": f"Bearer {token}"}}.items():
                command = [sys.executable, "graphql-cop.py", "-f", "-t", f"{house.url}/graphql", "-o", "json"]
                command += ["-H", json.dumps(headers)] if headers else []
                done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
                lines = [line for line in done.stdout.splitlines() if line.startswith("[")]
                self.assertTrue(lines, done.stdout + done.stderr)
                verdicts = json.loads(lines[-1])
                self.assertGreater(len(verdicts), 10)
                found = {verdict["title"] for verdict in verdicts if verdict["result"] and verdict["severity"] in ("HIGH", "MEDIUM")}
                low = {verdict["title"] for verdict in verdicts if verdict["result"]} - found
                print(f"    {who}: {len(verdicts)} tests, high or medium: {sorted(found)}, lower: {sorted(low)}", flush=True)
                # Whoever is signed in may read the schema: that is what the setting says.
                allowed = {"Introspection", "Introspection-based Circular Query"} if headers else set()
                self.assertLessEqual(found, allowed, who)


class Injection(unittest.TestCase):
    """sqlmap at level 2 on every text that the API takes, one after the other."""

    def sqlmap(self, dbms, name, folder, address, body=None, headers=None):
        """What sqlmap says of the place that is marked with an asterisk."""
        _, _, host, path = address.split("/", 3)
        lines = [f"{'POST' if body else 'GET'} /{path} HTTP/1.1", f"Host: {host}"]
        lines += [f"{key}: {value}" for key, value in (headers or {}).items()]
        request = folder / f"{name}.txt"
        request.write_text("\r\n".join([*lines, "", body or ""]))
        command = ["sqlmap", "-r", str(request), "--batch", "--level", "2", "--disable-coloring", "--flush-session"]
        command += ["--ignore-stdin", "--time-sec", "3", "--ignore-code", "*", "--output-dir", str(folder / name), "--threads", "2"]
        command += ["-t", str(folder / f"{name}.requests"), "--dbms", dbms]
        return subprocess.run(command, capture_output=True, text=True, timeout=1800).stdout

    def test_sqlmap_finds_what_is_there(self):
        """The judge is judged first: a server that pastes texts into SQL is found out."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), Careless)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with tempfile.TemporaryDirectory() as folder:
            body = json.dumps({"query": "query($name: String!) { it }", "variables": {"name": "li*"}})
            address = f"http://127.0.0.1:{server.server_address[1]}/graphql"
            said = self.sqlmap("SQLite", "careless", Path(folder), address, body, {"Content-Type": "application/json"})
        server.shutdown()
        server.server_close()
        self.assertIn(FOUND, said)

    def test_every_text_of_the_schema_and_every_address(self):
        self.assertTrue(shutil.which("sqlmap"), "install sqlmap")
        settings = {"BILLING__WELCOME_CREDITS": "100000", "OBSERVABILITY__LOG": "warn"}
        with House(**settings, **({"DATABASE__URL": DATABASE} if DATABASE else {})) as house, tempfile.TemporaryDirectory() as folder:
            seller = house.seller("li@example.com")
            targets = [*self.addresses(seller, self.prepare(seller)), *self.operations()]
            targets = [target for target in targets if ONLY in target[0]]
            targets.sort(key=lambda target: ("Mutation" in target[0], any(f"-{word}" in target[0] for word in ENDINGS)))
            self.assertGreater(len(targets), 0 if ONLY else 60)
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {seller.token}"}

            def scan(target):
                name, path, body = target
                started = time.monotonic()
                said = self.sqlmap("PostgreSQL" if DATABASE else "SQLite", name, Path(folder), house.url + path, body, headers)
                asked = len(list((Path(folder) / f"{name}.requests").read_text(errors="replace").split("HTTP request [")))
                status, _, plain = house.request("POST" if body else "GET", path.replace("*", ""), self.unmarked(body), headers)
                print(f"    {name}: {asked} requests, {time.monotonic() - started:.0f} s", flush=True)
                return name, said, asked, plain.decode(errors="replace") if body else ""

            with ThreadPoolExecutor(2) as pool:
                answers = list(pool.map(scan, targets))
            for name, said, asked, plain in answers:
                with self.subTest(name):
                    self.assertNotIn(FOUND, said)
                    self.assertIn(NOTHING, said)
                    self.assertGreater(asked, 20, said)
                    # What was tried went past the door: without the asterisk the question is understood.
                    self.assertFalse([code for code in UNREAD if f'"{code}"' in plain], plain)
            self.assertEqual(house.request("GET", "/healthz")[0], 200)
            self.assertEqual(house.request("GET", "/readyz")[0], 200)
            self.assertNotIn("panicked", house.log())
            print(f"    {len(answers)} texts", flush=True)

    def unmarked(self, body):
        return body.replace('*"', '"').encode() if body else None

    def addresses(self, seller, generation):
        """Paths and their parameters, each marked in turn."""
        for name, path in {
            "files-set": f"/files/{generation}*/00-prime.jpg",
            "files-file": f"/files/{generation}/00-prime.jpg*",
            "files-width": f"/files/{generation}/00-prime.jpg?w=270*",
            "files-exp": f"/files/{generation}/00-prime.jpg?exp=1*&sig=x",
            "files-sig": f"/files/{generation}/00-prime.jpg?exp=99999999999&sig=x*",
            "exports-file": f"/files/{generation}/exports/taobao.zip*",
            "notify-order": "/payments/sandbox/notify?order=1*&sig=x",
            "notify-channel": "/payments/sandbox*/notify",
            "sample": "/samples/serum.jpg*",
        }.items():
            yield name, path, None

    def prepare(self, seller):
        found = seller.data(SCHEMA)["__schema"]["types"]
        self.types = {kind["name"]: kind for kind in found}
        self.things, self.special = self.real_things(seller)
        return self.things["generationId"]

    def operations(self):
        """Name, path and body of a question for every text of the schema, with the text marked."""
        for kind in self.types.values():
            for field in kind["fields"] or []:
                if kind["name"].startswith("__") or kind["name"] == "Subscription" or not field["args"]:
                    continue
                special = self.special.get(field["name"], {})
                variables = {name: self.sample(name, argument["type"]) for argument in field["args"] for name in [argument["name"]]}
                variables |= {name: value for name, value in special.items() if name in variables}
                question = self.question(kind["name"], field, variables)
                for path in leaves(variables):
                    yield "-".join([kind["name"], field["name"], *map(str, path)]), "/graphql", marked(question, variables, path)

    def question(self, kind, field, variables):
        if (kind, field["name"]) in NESTED:
            if "marketPackUrl" in field["name"]:
                variables["id"] = Plain(self.things["generationId"])
            return NESTED[kind, field["name"]]
        if not variables or not list(leaves(variables)):
            return ""
        self.assertIn(kind, ("Query", "Mutation"), f"say in NESTED how {kind}.{field['name']} is reached")
        table = QUERIES if kind == "Query" else MUTATIONS
        selection = table[field["name"]][1].replace("$", "") if field["name"] in table else REFUSALS
        declared = ", ".join(f"${argument['name']}: {written(argument['type'])}" for argument in field["args"])
        passed = ", ".join(f"{argument['name']}: ${argument['name']}" for argument in field["args"])
        return f"{kind.lower()}({declared}) {{ it: {field['name']}({passed}) {{ {selection} }} }}"

    def sample(self, name, kind):
        """A value that is accepted, so that the text reaches what lies behind the door."""
        if kind["kind"] == "NON_NULL":
            return self.sample(name, kind["ofType"])
        if kind["kind"] == "LIST":
            return [self.sample(name, kind["ofType"])]
        if kind["kind"] == "ENUM":
            first = self.types[kind["name"]]["enumValues"][0]["name"]
            return Plain({"channel": "SANDBOX", "mode": "WHOLE_IMAGE"}.get(name, first))
        if kind["kind"] == "INPUT_OBJECT":
            return {field["name"]: self.sample(field["name"], field["type"]) for field in self.types[kind["name"]]["inputFields"]}
        if kind["name"] in TEXTS:
            return self.things.get(name)
        return {"Boolean": True, "Int": 1, "Float": 1.0}[kind["name"]] if name not in ("last",) else None

    def real_things(self, seller):
        seller.data(
            'mutation { createWebhookEndpoint(input: {url: "https://hooks.example/a", kinds: [GENERATION_COMPLETED]}) '
            "{ __typename } }"
        )
        generation = seller.generation(0)
        order = seller.data(
            'mutation { createOrder(input: {idempotencyKey: "x", amountYuan: 1, channel: SANDBOX}) '
            "{ ... on CreateOrderSuccess { order { id } } } }"
        )["createOrder"]["order"]["id"]
        seller.key("HISTORY_READ")
        first = seller.data(FIRST_THINGS)
        poster, revision = f"{generation}/00", f"{generation}/00-prime"
        end = "pageInfo { endCursor }"
        pages = seller.data(
            f"{{ generations {{ {end} }} orders {{ {end} }} ledgerEntries {{ {end} }} webhookEndpoints {{ deliveries {{ {end} }} }} }}"
        )
        pages["deliveries"] = pages.pop("webhookEndpoints")[0]["deliveries"]
        special = {name: dict.fromkeys(("after", "before"), page["pageInfo"]["endCursor"]) for name, page in pages.items()}
        special |= {"order": {"id": order}, "generationEvents": {"after": "0"}}
        return {
            "email": "li@example.com",
            "code": "000000",
            "challengeId": "x",
            "sessionId": "login_" + "0" * 32,
            "idempotencyKey": "key",
            "photoIds": seller.photo(),
            "description": "手工陶杯",
            "generationId": generation,
            "posterId": poster,
            "baseRevisionId": revision,
            "revisionId": revision,
            "prompt": "背景换成深蓝色",
            "id": generation,
            "text": "新",
            "productName": "改名",
            "orderId": order,
            "name": "x",
            "expiresAt": "2030-01-01T00:00:00Z",
            "apiKeyId": first["apiKeys"][0]["id"],
            "url": "https://hooks.example/b",
            "webhookEndpointId": first["webhookEndpoints"][0]["id"],
            "deliveryId": first["webhookEndpoints"][0]["deliveries"]["nodes"][0]["id"],
            "search": "口红",
            "market": "taobao",
            "maskId": "upload_" + "0" * 32,
            "referenceId": "upload_" + "0" * 32,
            "payerId": "x",
        }, special


class Plain(str):
    """A text that is not tried: one of a fixed list, or there for another's sake."""


def leaves(value, path=()):
    """The places of all texts in these variables."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from leaves(inner, (*path, place))
    elif isinstance(value, str) and not isinstance(value, Plain):
        yield path


def marked(question, variables, path):
    variables = copy.deepcopy(variables)
    inner = variables
    for key in path[:-1]:
        inner = inner[key]
    if isinstance(inner, dict):
        inner.update((key, None) for key in ALONE if key != path[-1] and key in inner)
    inner[path[-1]] += "*"
    return json.dumps({"query": question, "variables": variables}, ensure_ascii=False)


def written(kind):
    if kind["kind"] == "NON_NULL":
        return written(kind["ofType"]) + "!"
    return f"[{written(kind['ofType'])}]" if kind["kind"] == "LIST" else kind["name"]


class Careless(BaseHTTPRequestHandler):
    """What nobody should write."""

    def do_POST(self):
        name = json.loads(self.rfile.read(int(self.headers["content-length"])))["variables"]["name"]
        database = sqlite3.connect(":memory:")
        database.executescript("CREATE TABLE people (name TEXT); INSERT INTO people VALUES ('li'), ('wang')")
        try:
            answer = {"data": database.execute(f"SELECT name FROM people WHERE name = '{name}'").fetchall()}
        except sqlite3.Error:
            answer = {"errors": [{"message": "internal"}]}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    unittest.main()
