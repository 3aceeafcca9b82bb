"""The real program on a private port with a data folder of its own, and questions to it."""

import base64
import hashlib
import hmac
import json
import os
import re
import socket
import sqlite3
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PATIENCE_S = 120

SEND = """mutation($email: String!) { sendLoginCode(input: {email: $email}) {
    __typename ... on SendLoginCodeSuccess { challengeId expiresAt resendAt } ... on UserError { code message } } }"""
SIGN_IN = """mutation($email: String!, $code: String!, $challenge: ID!) {
    signIn(input: {email: $email, code: $code, challengeId: $challenge}) {
    __typename ... on SignInSuccess { accessToken user { id email } } ... on UserError { code message }
    ... on LoginCodeRejected { reason attemptsLeft } } }"""


def until(what, ask, patience_s=PATIENCE_S):
    """Asks again and again until there is an answer."""
    end = time.monotonic() + patience_s
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"waited too long for {what}")
        time.sleep(0.1)


class House:
    """A running server; use it in a `with`."""

    def __init__(self, **settings):
        self._folder = tempfile.TemporaryDirectory(prefix="haibao-outside-")
        self.folder = Path(self._folder.name)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.url = f"http://{self.address}"
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HAIBAO_")}
        environment |= {
            "HAIBAO_DATA_DIR": str(self.folder / "data"),
            "HAIBAO_HTTP__ADDRESS": self.address,
            "HAIBAO_OBSERVABILITY__LOG": "trace",
            "HAIBAO_SIGN_IN__SENDS_PER_IP_PER_HOUR": "0",
            "HAIBAO_SIGN_IN__SENDS_PER_HOUR": "0",
            "HAIBAO_LIMITS__REQUESTS_PER_MINUTE": "0",
            "HAIBAO_LIMITS__COST_PER_MINUTE": "0",
            "HAIBAO_LIMITS__UPLOADS_PER_HOUR": "0",
            "HAIBAO_LIMITS__GENERATIONS_PER_HOUR": "0",
            "HAIBAO_LIMITS__ORDERS_PER_HOUR": "0",
        }
        environment |= {f"HAIBAO_{name}": str(value) for name, value in settings.items()}
        self._environment = environment
        self._log = open(self.folder / "server.log", "wb")
        program = os.environ["HAIBAO_BIN"]
        self._process = subprocess.Popen(
            [program, "serve"],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def __enter__(self):
        until("the server", self._answers)
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._log.close()
        self._folder.cleanup()

    def _answers(self):
        assert self._process.poll() is None, f"the server ended: {self.log()[-4000:]}"
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5):
                return True
        except OSError:
            return False

    def command(self, *arguments):
        """Exit status and output of another verb of the program, on the same data."""
        program = [os.environ["HAIBAO_BIN"], *arguments]
        done = subprocess.run(program, cwd=self.folder, env=self._environment, capture_output=True, timeout=120)
        return done.returncode, (done.stdout + done.stderr).decode(errors="replace")

    def log(self):
        return (self.folder / "server.log").read_text(errors="replace")

    def database(self):
        return sqlite3.connect(self.folder / "data" / "haibao.db", timeout=30)

    def request(self, method, path, body=None, headers=None, token=None):
        """Status, headers and body of any answer."""
        headers = dict(headers or {})
        if token:
            headers["authorization"] = f"Bearer {token}"
        request = urllib.request.Request(f"{self.url}{path}", body, headers, method=method)
        try:
            with urllib.request.build_opener(NoRedirect).open(request, timeout=300) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.headers, refused.read()

    def ask(self, query, variables=None, language="zh-CN", token=None):
        """What GraphQL answers, errors included."""
        headers = {"content-type": "application/json", "accept-language": language}
        body = json.dumps({"query": query, "variables": variables or {}}).encode()
        return json.loads(self.request("POST", "/graphql", body, headers, token)[2])

    def send_code(self, email, language="zh-CN"):
        """What `sendLoginCode` answers, and after how many seconds."""
        started = time.monotonic()
        answer = self.ask(SEND, {"email": email}, language)
        took = time.monotonic() - started
        return answer["data"]["sendLoginCode"], took

    def sign_in(self, email, challenge, code):
        answer = self.ask(SIGN_IN, {"email": email, "code": code, "challenge": challenge})
        return answer["data"]["signIn"]

    def mailed_code(self, email):
        """The code in the newest development mail to this address."""
        mails = sorted((self.folder / "data" / "mail").glob(f"*-{email}.txt"))
        return re.search(r"\d{6}", mails[-1].read_text()).group() if mails else None

    def seller(self, email):
        """Somebody who has just signed in."""
        sent, _ = self.send_code(email)
        code = until("the code", lambda: self.mailed_code(email))
        signed_in = self.sign_in(email, sent["challengeId"], code)
        assert signed_in["__typename"] == "SignInSuccess", signed_in
        return Seller(self, email, signed_in["accessToken"])

    def forged_token(self, user_id, session_id, issued_at, expires_at, **changes):
        """A token as this server would sign it: its secret lies in its folder."""
        secret = self._environment.get("HAIBAO_SIGN_IN__TOKEN_SECRET", "").encode()
        secret = secret or (self.folder / "data" / "secret.key").read_bytes().strip()
        root = hmac.digest(b"haibao/1", secret, "sha256")
        key = hmac.digest(root, b"tokens\x01", "sha256")
        header = {"typ": "JWT", "alg": "HS256", "kid": hashlib.sha256(key).digest()[:4].hex()}
        claims = {"sub": str(user_id), "sid": session_id, "iat": issued_at, "exp": expires_at}
        claims |= {"iss": "haibao", "aud": "haibao"} | changes
        text = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims))
        return f"{text}.{base64url(hmac.digest(key, text.encode(), 'sha256'))}"

    def peak_memory(self):
        """The most memory that the server has used so far, in bytes."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) * 1024


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def multipart(file, name="photo.png", mime="image/png", purpose="PHOTO"):
    """A form with one file, as browsers send it."""
    boundary = uuid.uuid4().hex
    parts = f'--{boundary}\r\ncontent-disposition: form-data; name="purpose"\r\n\r\n{purpose}\r\n'.encode()
    parts += f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="{name}"\r\n'.encode()
    parts += f"content-type: {mime}\r\n\r\n".encode() + file + f"\r\n--{boundary}--\r\n".encode()
    return parts, {"content-type": f"multipart/form-data; boundary={boundary}"}


class Seller:
    """Somebody with a token (or a key) and a house to use it in."""

    def __init__(self, house, email, token):
        self.house, self.email, self.token = house, email, token

    def ask(self, query, variables=None):
        return self.house.ask(query, variables, token=self.token)

    def data(self, query, variables=None):
        answer = self.ask(query, variables)
        assert "errors" not in answer, answer
        return answer["data"]

    def upload(self, file, **form):
        body, headers = multipart(file, **form)
        status, _, answer = self.house.request("POST", "/uploads", body, headers, self.token)
        return status, json.loads(answer)

    def photo(self):
        file = (ROOT / "tests/fixtures/photos/lipstick-cutout.png").read_bytes()
        status, answer = self.upload(file)
        assert status == 201, answer
        return answer["id"]

    def generation(self, *dimensions):
        """A finished set."""
        created = self.data(
            """mutation($input: CreateGenerationInput!) { createGeneration(input: $input) { __typename
            ... on CreateGenerationSuccess { generation { id } } ... on UserError { code message } } }""",
            {
                "input": {
                    "idempotencyKey": uuid.uuid4().hex,
                    "photoIds": [self.photo()],
                    "description": "山止正红口红，3.5 g，丝绒雾面，持久不脱色",
                    "dimensions": list(dimensions),
                    "format": "SQUARE_1_1",
                }
            },
        )["createGeneration"]
        assert created["__typename"] == "CreateGenerationSuccess", created
        generation = created["generation"]["id"]
        state = "query($id: ID!) { generation(id: $id) { state } }"
        until("the set", lambda: self.data(state, {"id": generation})["generation"]["state"] == "COMPLETED", 300)
        return generation

    def key(self, *scopes):
        """A partner with a key of these scopes."""
        made = self.data(
            """mutation($scopes: [ApiKeyScope!]!) { createApiKey(input: {name: "test", scopes: $scopes}) {
            ... on CreateApiKeySuccess { secret apiKey { id } } } }""",
            {"scopes": list(scopes)},
        )["createApiKey"]
        return Seller(self.house, self.email, made["secret"])
