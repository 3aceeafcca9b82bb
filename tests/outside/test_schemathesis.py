"""Operations that Schemathesis makes out of the running server's own schema: valid in form, wild in content.

The checks are ours, because its own takes every error of a field for one of the server: no 5xx, no `INTERNAL`, no word about
the inside, no panic.
`HAIBAO_TEST_FULL=1` tries 5,000 and more; `HAIBAO_TEST_SEED` repeats a run."""

import os
import random
import re
import unittest

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis_graphql import nodes

from house import House
from test_fuzz import LEAKS

CASES = 5500 if os.environ.get("HAIBAO_TEST_FULL") else 800
STATUSES = {200, 400, 401, 403, 413, 429}
# These end what the test itself goes by.
NOT_ASKED = {"Mutation.signOut", "Mutation.deleteAccount", "Mutation.revokeSignInSession"}
TEXT = re.compile(r'"""(?:[^"]|"(?!""))*"""|"(?:[^"\\]|\\.)*"')
NAMED = re.compile(rf"(\w*[iI]d|photoIds): (\[)?({TEXT.pattern})")


class Generated(unittest.TestCase):
    def test_operations_made_from_the_schema(self):
        schemathesis.graphql.scalar("DateTime", st.datetimes().map(lambda time: nodes.String(f"{time.isoformat()}Z")))
        number = int(os.environ.get("HAIBAO_TEST_SEED") or random.randrange(2**32))
        print(f"    HAIBAO_TEST_SEED={number}", flush=True)
        with House(LIMITS__COST_PER_MINUTE="0") as house:
            seller = house.seller("li@example.com")
            partner = house.seller("wang@example.com").key("HISTORY_READ", "BILLING_READ")
            real = self.real_ids(seller)
            dice = random.Random(number)
            schema = schemathesis.graphql.from_url(f"{house.url}/graphql")
            operations = [result.ok() for result in schema.get_all_operations()]
            operations = [operation for operation in operations if operation.label not in NOT_ASKED]
            self.assertGreater(len(operations), 30)
            tokens = [None, seller.token, seller.token, partner.token]
            outcomes = {}

            def ours(_context, response, case):
                self.assertIn(response.status_code, STATUSES, case.body)
                answer = response.json()
                codes = [error["extensions"]["code"] for error in answer.get("errors", [])]
                self.assertNotIn("INTERNAL", codes, f"{case.body}: {response.text}")
                # What was asked may be repeated in what is answered.
                if not LEAKS.search(case.body):
                    self.assertIsNone(LEAKS.search(response.text), f"{case.body}: {response.text}")
                outcome = codes[0] if codes else "data"
                outcomes[outcome] = outcomes.get(outcome, 0) + 1

            def tried(operation):
                @seed(number)
                @settings(
                    max_examples=-(-CASES // len(operations)),
                    phases=[Phase.generate],
                    database=None,
                    deadline=None,
                    suppress_health_check=list(HealthCheck),
                )
                @given(case=operation.as_strategy())
                def each(case):
                    if dice.random() < 0.5:
                        case.body = NAMED.sub(lambda found: self.named(found, real, dice), case.body)
                    token = dice.choice(tokens)
                    headers = {"authorization": f"Bearer {token}"} if token else {}
                    case.call_and_validate(headers=headers, checks=[ours])

                each()

            for operation in operations:
                with self.subTest(operation.label):
                    tried(operation)
            self.assertEqual(house.request("GET", "/healthz")[0], 200)
            self.assertNotIn("panicked", house.log())
            total = sum(outcomes.values())
            print(f"    {total} operations over {len(operations)} fields: {outcomes}", flush=True)
            self.assertGreater(total, CASES * 0.6, "schemas with few possibilities are through sooner")
            self.assertGreater(outcomes.get("data", 0), total / 10, "not everything is refused at the door")

    def real_ids(self, seller):
        """Names of things that are there, by the argument that takes them."""
        generation = seller.generation(0)
        order = seller.data(
            'mutation { createOrder(input: {idempotencyKey: "x", amountYuan: 1, channel: SANDBOX}) '
            "{ ... on CreateOrderSuccess { order { id } } } }"
        )["createOrder"]["order"]["id"]
        poster, revision = f"{generation}/00", f"{generation}/00-prime"
        return {
            "id": [generation, poster, revision, order],
            "generationId": [generation],
            "posterId": [poster],
            "baseRevisionId": [revision],
            "revisionId": [revision],
            "orderId": [order],
            "photoIds": [seller.photo()],
        }

    def named(self, found, real, dice):
        name, bracket, _ = found.groups()
        if name not in real:
            return found.group()
        return f'{name}: {bracket or ""}"{dice.choice(real[name])}"'


if __name__ == "__main__":
    unittest.main()
