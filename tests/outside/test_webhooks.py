"""Web hooks as a partner meets them: from GraphQL to a server of their own, judged by the specification's library."""

import http.server
import json
import threading
import unittest

from standardwebhooks import Webhook

from house import House, until

CREATE = """mutation($url: String!, $kinds: [WebhookKind!]!) {
    createWebhookEndpoint(input: {url: $url, kinds: $kinds}) { __typename
    ... on CreateWebhookEndpointSuccess { secret webhookEndpoint { id url kinds disabledAt } }
    ... on InvalidInput { fields { path code } } } }"""
LOG = """{ webhookEndpoints { id failingSince deliveries(first: 20) { totalCount nodes {
    id kind state nextAttemptAt finishedAt payload attempts { outcome status durationMs } } } } }"""


class Partner:
    """A server that keeps what it is told; `answers` are given one after the other, the last for ever."""

    def __init__(self):
        partner = self
        self.told, self.answers = [], [200]

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                partner.told.append(({name.lower(): value for name, value in self.headers.items()}, body))
                status = partner.answers.pop(0) if len(partner.answers) > 1 else partner.answers[0]
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class Webhooks(unittest.TestCase):
    def setUp(self):
        self.partner = Partner()
        self.addCleanup(self.partner.close)

    def test_a_set_and_a_recharge_are_told_and_judged_by_the_reference_library(self):
        with House(WEBHOOKS__ALLOW_PRIVATE_ADDRESSES="true") as house:
            seller = house.seller("li@example.com")
            kinds = ["GENERATION_COMPLETED", "POSTER_SUCCEEDED", "POSTER_REFUNDED", "ORDER_PAID"]
            made = seller.data(CREATE, {"url": self.partner.url, "kinds": kinds})["createWebhookEndpoint"]
            self.assertEqual(made["webhookEndpoint"]["kinds"], kinds)
            secret = made["secret"]
            self.partner.answers = [500, 200]
            generation = seller.generation(0, 8)
            until("the messages", lambda: self.delivered(seller) == 3)
            self.assertEqual(len(self.partner.told), 4, "one was refused at first")

            judge = Webhook(secret)
            messages = [judge.verify(body, headers) for headers, body in self.partner.told]
            self.assertEqual(
                sorted(message["type"] for message in messages[1:]),
                ["generation.completed", "poster.succeeded", "poster.succeeded"],
            )
            headers, body = self.partner.told[0]
            for wrong in (body + b" ", body.replace(b"session", b"sessiom")):
                with self.assertRaises(Exception):
                    judge.verify(wrong, headers)
            # The picture that a message names opens with a key, and its hash is what the message says.
            told = next(message["data"] for message in messages if message["type"] == "poster.succeeded")
            self.assertEqual(told["generationId"], generation)
            path = told["revision"]["url"].removeprefix(house.url)
            self.assertEqual(house.request("GET", path)[0], 401)
            status, _, picture = house.request("GET", path, token=seller.key("HISTORY_READ").token)
            self.assertEqual((status, len(picture)), (200, told["revision"]["byteSize"]))

            # By hand once more: the same id, the same bytes, a signature of now.
            again = told["posterId"], self.partner.told[-1]
            delivery = next(row for row in self.deliveries(seller) if row["payload"] == again[1][1].decode())
            replayed = seller.data(
                """mutation($id: ID!) { replayWebhookDelivery(input: {deliveryId: $id}) { __typename } }""",
                {"id": delivery["id"]},
            )
            self.assertEqual(replayed["replayWebhookDelivery"]["__typename"], "ReplayWebhookDeliverySuccess")
            until("the replay", lambda: len(self.partner.told) == 5)
            self.assertEqual(self.partner.told[4][1], again[1][1])
            self.assertEqual(self.partner.told[4][0]["webhook-id"], delivery["id"])
            judge.verify(self.partner.told[4][1], self.partner.told[4][0])

            # What signs is in no table in the clear, and neither is it in the log.
            for place in (house.log(), (house.folder / "data" / "haibao.db").read_bytes().decode("latin-1")):
                self.assertNotIn(secret.removeprefix("whsec_"), place)

    def test_private_addresses_are_refused(self):
        with House() as house:
            seller = house.seller("li@example.com")
            for url in (self.partner.url, self.partner.url.replace("http:", "https:"), "https://169.254.169.254/"):
                made = seller.data(CREATE, {"url": url, "kinds": ["ORDER_PAID"]})["createWebhookEndpoint"]
                self.assertEqual(made["fields"], [{"path": "url", "code": "NOT_ALLOWED"}], url)
            self.assertEqual(self.partner.told, [])

    def deliveries(self, seller):
        return [row for hook in seller.data(LOG)["webhookEndpoints"] for row in hook["deliveries"]["nodes"]]

    def delivered(self, seller):
        return sum(1 for row in self.deliveries(seller) if row["state"] == "DELIVERED")


if __name__ == "__main__":
    unittest.main()
