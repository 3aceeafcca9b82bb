"""Messages that the channels' Python libraries sign, and what they make of altered ones; and, with `judge`, our signatures
before their eyes."""

import json
import pathlib
import random
import sys
import urllib.parse
from base64 import b64encode

import stripe
from alipay import AliPay
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.utils import load_private_key, load_public_key, rsa_sign, rsa_verify

step, folder = sys.argv[1], pathlib.Path(sys.argv[2])
fixtures = pathlib.Path(__file__).parent.parent / "fixtures" / "payments"
COUNT, NOW = 500, 1767225600
API_KEY = "0123456789abcdef0123456789abcdef"
KEY_ID = "PUB_KEY_ID_0119000000002026010100000000000001"
SECRET = "whsec_interop_secret_of_the_endpoint"


def key(name):
    return (fixtures / f"{name}.pem").read_text()


def alipay(private, public):
    return AliPay(appid="2021000000000001", app_notify_url=None, app_private_key_string=key(private), alipay_public_key_string=key(public), sign_type="RSA2")


draw = random.Random(42)
ALPHABET = "abcXYZ0189 %+&=/?#\"'\\<>海报é🎨\t,;:.~*"


def text(most):
    return "".join(draw.choice(ALPHABET) for _ in range(draw.randrange(most)))


def flip(signature):
    place = draw.randrange(len(signature) - 4)
    return signature[:place] + ("A" if signature[place] != "A" else "B") + signature[place + 1 :]


def make_alipay():
    channel, judge, vectors = alipay("theirs-private", "ours-public"), alipay("ours-private", "theirs-public"), []
    for i in range(COUNT):
        fields = {
            "app_id": "2021000000000001", "seller_id": "2088000000000001", "charset": "utf-8", "version": "1.0",
            "out_trade_no": f"hb{i}t{draw.randrange(10**9)}", "trade_no": f"20260101{i:020}", "trade_status": "TRADE_SUCCESS",
            "total_amount": f"{draw.randrange(5000)}.{draw.randrange(1, 100):02}", "subject": text(30), "body": text(20), "passback_params": "",
        }
        # The library signs what it would verify: every field, the empty ones too.
        unsigned = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
        fields |= {"sign": channel._sign(unsigned), "sign_type": "RSA2"}
        altered = draw.choice([name for name in fields if name not in ("sign", "sign_type")])
        for changed in (fields, fields | {altered: fields[altered] + "1"}, fields | {"sign": flip(fields["sign"])}, {k: v for k, v in fields.items() if k != altered}):
            values = dict(changed)
            values.pop("sign_type")
            signature = values.pop("sign")
            try:
                accepted = judge.verify(values | {"sign_type": "RSA2"}, signature)
            except Exception:
                accepted = False
            vectors.append({"fields": changed, "accepted": accepted})
    (folder / "alipay-python.json").write_text(json.dumps(vectors))
    print(f"python-alipay-sdk: {len(vectors)} call-backs, {sum(v['accepted'] for v in vectors)} genuine")


def make_wechat():
    theirs, vectors = load_private_key(key("theirs-private")), []
    judge = WeChatPay(
        wechatpay_type=WeChatPayType.NATIVE, mchid="1900000001", private_key=key("ours-private"), cert_serial_no="AB12", apiv3_key=API_KEY,
        appid="wx0000000000000001", public_key=key("theirs-public"), public_key_id=KEY_ID,
    )
    for i in range(COUNT):
        resource = {
            "mchid": "1900000001", "appid": "wx0000000000000001", "out_trade_no": f"hb{i}t{draw.randrange(10**9)}", "transaction_id": f"42{i:026}",
            "trade_state": "SUCCESS", "attach": text(30), "amount": {"total": draw.randrange(1, 500000), "currency": "CNY"},
        }
        nonce, associated = f"{draw.randrange(10**11):012}", draw.choice(["transaction", ""])
        sealed = AESGCM(API_KEY.encode()).encrypt(nonce.encode(), json.dumps(resource, ensure_ascii=draw.random() < 0.5).encode(), associated.encode())
        event = {
            "id": str(i), "event_type": "TRANSACTION.SUCCESS", "resource_type": "encrypt-resource", "summary": text(20),
            "resource": {"algorithm": "AEAD_AES_256_GCM", "original_type": "transaction", "nonce": nonce, "associated_data": associated, "ciphertext": b64encode(sealed).decode()},
        }
        body = json.dumps(event, ensure_ascii=draw.random() < 0.5)
        random_text = f"{draw.randrange(16**32):032x}"
        headers = {
            "Wechatpay-Timestamp": str(NOW), "Wechatpay-Nonce": random_text, "Wechatpay-Serial": KEY_ID,
            "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048", "Wechatpay-Signature": rsa_sign(theirs, f"{NOW}\n{random_text}\n{body}\n"),
        }
        for changed, told in (
            (headers, body),
            (headers, body.replace("TRANSACTION", "TRANSACTIOM")),
            (headers | {"Wechatpay-Nonce": random_text[1:]}, body),
            (headers | {"Wechatpay-Signature": flip(headers["Wechatpay-Signature"])}, body),
        ):
            try:
                accepted = bool(judge.callback(changed, told))
            except Exception:
                accepted = False
            vectors.append({"headers": changed, "body": told, "accepted": accepted})
    (folder / "wechat-python.json").write_text(json.dumps(vectors))
    print(f"wechatpayv3: {len(vectors)} call-backs, {sum(v['accepted'] for v in vectors)} genuine")


def judge():
    pages = json.loads((folder / "alipay-pages.json").read_text())
    library = alipay("ours-private", "theirs-public")
    for page in pages:
        fields = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(page).query, keep_blank_values=True, strict_parsing=True))
        signature = fields.pop("sign")
        # PKCS#1 v1.5 knows no chance: the library's own signature must be the same one.
        unsigned = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
        assert library._sign(unsigned) == signature, f"python-alipay-sdk signs otherwise: {page}"
    print(f"python-alipay-sdk: signs {len(pages)} pages as we do")

    requests = json.loads((folder / "wechat-requests.json").read_text())
    public = load_public_key(key("ours-public"))
    for request in requests:
        scheme, _, rest = request["authorization"].partition(" ")
        values = dict(part.split("=", 1) for part in rest.split(","))
        values = {name: value.strip('"') for name, value in values.items()}
        assert scheme == "WECHATPAY2-SHA256-RSA2048" and values["mchid"] == "1900000001" and values["serial_no"] == "AB12", request
        # The library checks answers; a request has two lines more in front.
        message = f"{request['method']}\n{request['path']}\n{values['timestamp']}"
        assert rsa_verify(message, values["nonce_str"], request["body"], values["signature"], public), request
    print(f"wechatpayv3: accepts {len(requests)} requests of ours")

    agreed = json.loads((folder / "stripe-node.json").read_text())
    for vector in agreed:
        try:
            # The library looks at the machine's clock, so the window is switched off here.
            stripe.WebhookSignature.verify_header(vector["body"], vector["header"], SECRET, None)
            accepted = True
        except stripe.SignatureVerificationError:
            accepted = False
        assert accepted == vector["accepted"], vector
    print(f"stripe (PyPI): agrees on {len(agreed)} call-backs")


if step == "make":
    make_alipay()
    make_wechat()
else:
    judge()
