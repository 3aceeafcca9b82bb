"""The programs in docs/API.md, exactly as they stand there."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from house import ROOT, House, until

PHOTO = ROOT / "tests/fixtures/photos/coffee-pouch.jpg"
WEB = ROOT / "web/node_modules"


def programs():
    """Each program by the file name that its first comment gives it."""
    text = (ROOT / "docs/API.md").read_text()
    found = {}
    for body in re.findall(r"^```(?:sh|python|ts)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        name = re.search(r"^(?:#|//) (\w+\.(?:sh|py|ts)) ", body, re.MULTILINE)
        if name:
            found[name.group(1)] = body
    return found


class Examples(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for name, body in programs().items():
            (self.folder / name).write_text(body)

    def compiled(self, name):
        """TypeScript, with its types checked as strictly as ours."""
        (self.folder / "package.json").write_text('{"type": "module"}')
        modules = self.folder / "node_modules"
        if not modules.exists():
            modules.symlink_to(WEB)
        options = "--strict --target es2023 --module nodenext --lib es2023,dom --types node --skipLibCheck".split()
        done = subprocess.run(
            [WEB / ".bin/tsc", *options, name], cwd=self.folder, capture_output=True, text=True, timeout=300
        )
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return name.replace(".ts", ".js")

    def test_from_the_photo_to_the_pictures(self):
        self.assertEqual(set(programs()), {"haibao.sh", "haibao.py", "haibao.ts", "receiver.py", "receiver.ts"})
        with House() as house:
            for language, command in [
                ("shell", ["bash", "haibao.sh"]),
                ("python", [sys.executable, "haibao.py"]),
                ("typescript", ["node", self.compiled("haibao.ts")]),
            ]:
                seller = house.seller(f"{language}@example.com").key("GENERATIONS_WRITE", "HISTORY_READ")
                environment = os.environ | {"HAIBAO_URL": house.url, "HAIBAO_KEY": seller.token}
                done = subprocess.run(
                    [*command, PHOTO, language], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=600
                )
                self.assertEqual(done.returncode, 0, f"{language}: {done.stdout} {done.stderr}")
                pictures = {file.name: file.read_bytes() for file in (self.folder / language).iterdir()}
                self.assertEqual(list(pictures), ["00-prime.jpg"], language)
                self.assertEqual(pictures["00-prime.jpg"][:2], b"\xff\xd8", language)

    def test_receivers_of_web_hooks(self):
        with House(WEBHOOKS__ALLOW_PRIVATE_ADDRESSES="true") as house:
            seller = house.seller("li@example.com")
            receivers = []
            for command in ([sys.executable, "receiver.py"], ["node", self.compiled("receiver.ts")]):
                with socket.socket() as free:
                    free.bind(("127.0.0.1", 0))
                    port = free.getsockname()[1]
                made = seller.data(
                    "mutation($url: String!) { createWebhookEndpoint(input: {url: $url, kinds: [POSTER_SUCCEEDED]}) "
                    "{ ... on CreateWebhookEndpointSuccess { secret } } }",
                    {"url": f"http://127.0.0.1:{port}/"},
                )["createWebhookEndpoint"]
                environment = os.environ | {"HAIBAO_HOOK_SECRET": made["secret"]}
                output = open(self.folder / f"{port}.txt", "w+")
                process = subprocess.Popen([*command, str(port)], cwd=self.folder, env=environment, stdout=output)
                self.addCleanup(output.close)
                self.addCleanup(process.wait)
                self.addCleanup(process.kill)
                receivers.append(self.folder / f"{port}.txt")
                until("the receiver", lambda: self.listens(port))
            seller.generation(0)
            for told in receivers:
                until("the message", lambda: told.read_text() == "poster.succeeded\n")
            log = seller.data("{ webhookEndpoints { deliveries { nodes { attempts { outcome status } } } } }")
            tries = [row["attempts"] for hook in log["webhookEndpoints"] for row in hook["deliveries"]["nodes"]]
            self.assertEqual(tries, [[{"outcome": "DELIVERED", "status": 204}]] * 2)

    @staticmethod
    def listens(port):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return True
        except OSError:
            return False


if __name__ == "__main__":
    unittest.main()
