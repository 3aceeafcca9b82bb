"""What people may ask for about themselves: a copy of everything, and to be forgotten."""

import json
import unittest

from house import House

DELETE = """mutation($email: String!) { deleteAccount(input: {email: $email}) { __typename
    ... on DeleteAccountSuccess { deletesAt } ... on InvalidInput { fields { path code } } } }"""


class Accounts(unittest.TestCase):
    def test_export_and_deletion(self):
        with House() as house:
            seller, other = house.seller("li@example.com"), house.seller("wang@example.com")
            generation = seller.generation(0)
            seller.key("HISTORY_READ")
            status, text = house.command("users", "export", "li@example.com", "--out", "li")
            self.assertEqual(status, 0, text)
            out = house.folder / "li"
            account = json.loads((out / "account.json").read_text())
            self.assertEqual(account["users"]["email"], "li@example.com")
            self.assertEqual(account["generations"][0]["id"], generation)
            picture = (out / "pictures" / generation / "00-prime.jpg").read_bytes()
            self.assertEqual(picture[:2], b"\xff\xd8")
            self.assertTrue(list((out / "uploads").iterdir()))
            self.assertNotIn("secret_sha256", (out / "account.json").read_text())
            self.assertNotIn("wang@example.com", (out / "account.json").read_text())
            self.assertEqual(house.command("users", "export", "nobody@example.com", "--out", "x")[0], 1)

            wrong = seller.data(DELETE, {"email": "wang@example.com"})["deleteAccount"]
            self.assertEqual(wrong["fields"], [{"path": "email", "code": "NOT_ALLOWED"}])
            asked = seller.data(DELETE, {"email": "li@example.com"})["deleteAccount"]
            self.assertEqual(seller.data("{ viewer { deletesAt } }")["viewer"]["deletesAt"], asked["deletesAt"])
            self.assertTrue(all(key["revokedAt"] for key in seller.data("{ apiKeys { revokedAt } }")["apiKeys"]))
            back = seller.data("mutation { cancelAccountDeletion { user { deletesAt email } } }")
            self.assertEqual(back["cancelAccountDeletion"]["user"], {"deletesAt": None, "email": "li@example.com"})

            self.assertEqual(house.command("users", "delete", "li@example.com")[0], 1, "it must be meant")
            status, text = house.command("users", "delete", "li@example.com", "--yes")
            self.assertEqual(status, 0, text)
            self.assertEqual(house.command("users", "delete", "li@example.com", "--yes")[0], 1)
            stored = b"".join(file.read_bytes() for file in (house.folder / "data").rglob("*") if file.is_file() and "mail" not in file.parts)
            self.assertFalse((house.folder / "data" / "outputs" / "1" / generation / "00-prime.jpg").exists())
            self.assertNotIn(picture[2000:3000], stored, "no copy of the picture is left, renditions included")
            status, text = house.command("doctor")
            self.assertEqual(status, 0, text)
            self.assertEqual(other.data("{ viewer { email } }")["viewer"]["email"], "wang@example.com")


if __name__ == "__main__":
    unittest.main()
