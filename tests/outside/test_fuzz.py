"""Random operations over the whole schema: never a 5xx, never a word about the inside."""

import json
import os
import random
import re
import unittest

from house import House

CASES = 5000 if os.environ.get("HAIBAO_TEST_FULL") else 1500
LEAKS = re.compile(
    r"panicked|RUST_BACKTRACE|\.rs:\d|src/|sqlx|sea_orm|SQLITE|syntax error|SELECT |INSERT |UPDATE |/root/|/home/|/tmp/|"
    r"haibao\.db|token_secret|no such (table|column)|constraint failed|thread '",
    re.IGNORECASE,
)
TEXTS = [
    "",
    " ",
    "x",
    "' OR '1'='1",
    "'; DROP TABLE users; --",
    '" UNION SELECT 1,2,3 --',
    "%' AND 1=0 UNION ALL SELECT email FROM users --",
    "../../../../etc/passwd",
    "..%2f..%2f",
    "C:\\Windows\\win.ini",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "<script>alert(1)</script>",
    "\0",
    "a\0b",
    "\u202e\u2066\ufeff",
    "😀" * 50,
    "%s%n%x",
    "A" * 5000,
    "Z̷̡a͜l̵͝g̶o" * 20,
    "user_1",
    "order_1",
    "order_9223372036854775808",
    "session_20260110143052_a3f2",
    "session_20260110143052_a3f2/00",
    "session_20260110143052_a3f2/00-prime",
    "upload_" + "0" * 32,
    "login_" + "0" * 32,
    "webhook_1",
    "http://169.254.169.254/latest/meta-data",
    "file:///etc/passwd",
    "li@example.com",
    "2026-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "-1",
    "1e999",
    "%",
    "_",
    "\\",
]
NUMBERS = [0, 1, -1, 2, 9, 10, 100, 101, 2**31 - 1, -(2**31), 2**31, 2**63, 10**400]
INTROSPECTION = """{ __schema { queryType { name } mutationType { name } types { kind name
    fields { name args { name type { ...T } } type { ...T } } inputFields { name type { ...T } }
    enumValues { name } possibleTypes { name } } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }"""


class Fuzz(unittest.TestCase):
    def test_random_operations(self):
        with House(BILLING__WELCOME_CREDITS="0", LIMITS__COST_PER_MINUTE="0") as house:
            self.dice = random.Random(20260110)
            schema = house.ask(INTROSPECTION)["data"]["__schema"]
            self.types = {kind["name"]: kind for kind in schema["types"]}
            roots = [("query", schema["queryType"]["name"]), ("mutation", schema["mutationType"]["name"])]
            tokens = [None, house.seller("li@example.com").token, house.seller("wang@example.com").key("BILLING_READ").token]
            fields = [(kind, field) for kind, root in roots for field in self.types[root]["fields"]]
            # These end what the test itself goes by.
            fields = [(kind, field) for kind, field in fields if field["name"] not in ("signOut", "deleteAccount")]
            counts = {}
            for case in range(CASES):
                kind, field = fields[case % len(fields)]
                self.variables, self.declared = {}, []
                call = self.call(field, 0)
                head = f"{kind}({', '.join(self.declared)})" if self.declared else kind
                document = f"{head} {{ {call} }}"
                body = json.dumps({"query": document, "variables": self.variables}).encode()
                token = self.dice.choice(tokens)
                headers = {"content-type": "application/json", "accept-language": self.dice.choice(["en", "zh-CN"])}
                status, _, answer = house.request("POST", "/graphql", body, headers, token)
                text = answer.decode()
                self.assertIn(status, (200, 400, 401, 403, 413, 429), f"{document} {self.variables}: {text}")
                parsed = json.loads(text)
                for error in parsed.get("errors", []):
                    self.assertNotEqual(error["extensions"]["code"], "INTERNAL", f"{document} {self.variables}: {text}")
                echoed = any(isinstance(value, str) and LEAKS.search(value) for value in self.walk(self.variables))
                if not echoed:
                    self.assertIsNone(LEAKS.search(text), f"{document} {self.variables}: {text}")
                counts[field["name"]] = counts.get(field["name"], 0) + 1
            self.assertEqual(house.request("GET", "/healthz")[0], 200)
            self.assertNotIn("panicked", house.log())
            self.assertEqual(len(counts), len(fields))
            print(f"    {CASES} operations over {len(counts)} fields", flush=True)

    def walk(self, value):
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            for part in value:
                yield from self.walk(part)
        else:
            yield value

    def call(self, field, depth):
        arguments = []
        for argument in field["args"]:
            if argument["type"]["kind"] != "NON_NULL" and self.dice.random() < 0.4:
                continue
            name = f"v{len(self.variables)}"
            self.variables[name] = self.value(argument["type"])
            self.declared.append(f"${name}: {self.spelt(argument['type'])}")
            arguments.append(f"{argument['name']}: ${name}")
        call = field["name"] + (f"({', '.join(arguments)})" if arguments else "")
        return call + self.selection(field["type"], depth)

    def selection(self, kind, depth):
        while kind.get("ofType"):
            kind = kind["ofType"]
        known = self.types[kind["name"]]
        if known["kind"] == "UNION" or (known["kind"] == "INTERFACE" and not known["fields"]):
            parts = [f"... on {part['name']}{self.selection(part, depth + 1)}" for part in known["possibleTypes"]]
            return " { __typename " + (" ".join(parts) if depth < 3 else "") + " }"
        if known["kind"] not in ("OBJECT", "INTERFACE"):
            return ""
        chosen = ["__typename"]
        for field in self.dice.sample(known["fields"], min(3, len(known["fields"]))):
            inner = field["type"]
            while inner.get("ofType"):
                inner = inner["ofType"]
            is_leaf = self.types[inner["name"]]["kind"] in ("SCALAR", "ENUM")
            if is_leaf or depth < 3:
                chosen.append(self.call(field, depth + 1))
        return " { " + " ".join(dict.fromkeys(chosen)) + " }"

    def spelt(self, kind):
        if kind["kind"] == "NON_NULL":
            return self.spelt(kind["ofType"]) + "!"
        if kind["kind"] == "LIST":
            return f"[{self.spelt(kind['ofType'])}]"
        return kind["name"]

    def value(self, kind):
        if kind["kind"] == "NON_NULL":
            return self.value(kind["ofType"])
        if self.dice.random() < 0.05:
            return self.dice.choice([None, [], {}, "x", 1, True])
        if kind["kind"] == "LIST":
            return [self.value(kind["ofType"]) for _ in range(self.dice.choice([0, 1, 1, 2, 3, 12]))]
        known = self.types[kind["name"]]
        if known["kind"] == "ENUM":
            return self.dice.choice(known["enumValues"])["name"]
        if known["kind"] == "INPUT_OBJECT":
            present = [field for field in known["inputFields"] if field["type"]["kind"] == "NON_NULL" or self.dice.random() < 0.6]
            return {field["name"]: self.value(field["type"]) for field in present}
        if kind["name"] == "Int":
            return self.dice.choice(NUMBERS)
        if kind["name"] == "Boolean":
            return self.dice.random() < 0.5
        return self.dice.choice(TEXTS)


if __name__ == "__main__":
    unittest.main()
