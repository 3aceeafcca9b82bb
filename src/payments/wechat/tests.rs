use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use super::*;
use crate::{
    ids::SeededIds,
    payments::testing::{NOW_MS, OURS, THEIRS_CERTIFICATE, THEIRS_PUBLIC, clock, flipped, is_ours, sign_as_channel},
};

const API_KEY: &str = "0123456789abcdef0123456789abcdef";
const KEY_ID: &str = "PUB_KEY_ID_0119000000002026010100000000000001";
const SERIAL: &str = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1";

fn options() -> WechatOptions {
    WechatOptions {
        mch_id: "1900000001".to_owned(),
        app_id: "wx0000000000000001".to_owned(),
        serial_no: "AB12".to_owned(),
        private_key: OURS.into(),
        api_v3_key: API_KEY.into(),
        public_key: Some((KEY_ID.to_owned(), THEIRS_PUBLIC.to_owned())),
        platform_certificates: Some(THEIRS_CERTIFICATE.to_owned()),
        base_url: BASE_URL.to_owned(),
        allow_private_address: false,
        methods: vec![ChannelCode::WechatPay],
        public_url: "https://haibao.example".to_owned(),
    }
}

fn channel() -> WechatChannel {
    WechatChannel::new(options(), clock(), Arc::new(SeededIds::new(1))).unwrap()
}

fn transaction() -> Value {
    json!({
        "mchid": "1900000001", "appid": "wx0000000000000001", "out_trade_no": "hb12t0a1b2c3d",
        "transaction_id": "4200000001", "trade_state": "SUCCESS", "amount": { "total": 1000, "payer_total": 900, "currency": "CNY" },
    })
}

fn paid() -> Notice {
    let (out_trade_no, trade_no) = ("hb12t0a1b2c3d".to_owned(), "4200000001".to_owned());
    Notice::Paid(PaidEvent { out_trade_no, trade_no, amount_fen: 1000 })
}

fn sealed(kind: &str, resource: &Value) -> Value {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, API_KEY.as_bytes()).unwrap());
    let mut data = resource.to_string().into_bytes();
    let nonce = Nonce::try_assume_unique_for_key(b"abcdefghijkl").unwrap();
    key.seal_in_place_append_tag(nonce, Aad::from(b"transaction"), &mut data).unwrap();
    json!({
        "id": "1", "event_type": kind, "resource_type": "encrypt-resource",
        "resource": {
            "algorithm": "AEAD_AES_256_GCM", "original_type": "transaction", "associated_data": "transaction",
            "nonce": "abcdefghijkl", "ciphertext": STANDARD.encode(data),
        },
    })
}

fn headers(seconds: i64, serial: &str, signature: &str) -> HeaderMap {
    let seconds = seconds.to_string();
    let pairs = [
        ("wechatpay-timestamp", seconds.as_str()),
        ("wechatpay-nonce", "nonce"),
        ("wechatpay-serial", serial),
        ("wechatpay-signature", signature),
        ("wechatpay-signature-type", "WECHATPAY2-SHA256-RSA2048"),
    ];
    pairs
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
        .into_iter()
        .collect()
}

fn tell(headers: &HeaderMap, body: &str) -> Result<Notice, NotifyError> {
    channel().parse_notify(&Notify { query: "", headers, body: body.as_bytes() })
}

fn tell_at(seconds: i64, serial: &str, event: &Value) -> Result<Notice, NotifyError> {
    let body = event.to_string();
    tell(&headers(seconds, serial, &sign_as_channel(&format!("{seconds}\nnonce\n{body}\n"))), &body)
}

fn read(event: &Value) -> Result<Notice, NotifyError> {
    tell_at(NOW_MS / 1000, KEY_ID, event)
}

#[test]
fn public_key_and_certificate_are_good_side_by_side() {
    let event = sealed("TRANSACTION.SUCCESS", &transaction());
    for serial in [KEY_ID, SERIAL] {
        assert_eq!(tell_at(NOW_MS / 1000, serial, &event), Ok(paid()));
    }
    for serial in ["", "5157F09EFDC096DE15EBE81A47057A7232F1B8E2", "PUB_KEY_ID_0", &SERIAL.to_lowercase()] {
        assert_eq!(tell_at(NOW_MS / 1000, serial, &event), Err(NotifyError::BadSignature), "{serial}");
    }
}

#[test]
fn a_call_back_is_fresh_for_five_minutes_in_both_directions() {
    let event = sealed("TRANSACTION.SUCCESS", &transaction());
    for seconds in [-299, 299] {
        assert_eq!(tell_at(NOW_MS / 1000 + seconds, KEY_ID, &event), Ok(paid()));
    }
    for seconds in [-864_000, -301, 301] {
        assert_eq!(tell_at(NOW_MS / 1000 + seconds, KEY_ID, &event), Err(NotifyError::Stale));
    }
}

#[test]
fn anything_changed_is_refused() {
    let (now, body) = (NOW_MS / 1000, sealed("TRANSACTION.SUCCESS", &transaction()).to_string());
    let good = sign_as_channel(&format!("{now}\nnonce\n{body}\n"));
    assert_eq!(tell(&headers(now, KEY_ID, &good), &body), Ok(paid()));
    for signature in flipped(&good) {
        assert_eq!(tell(&headers(now, KEY_ID, &signature), &body), Err(NotifyError::BadSignature));
    }
    assert_eq!(tell(&headers(now + 1, KEY_ID, &good), &body), Err(NotifyError::BadSignature));
    assert_eq!(tell(&headers(now, KEY_ID, &good), &format!("{body} ")), Err(NotifyError::BadSignature));
    for name in ["wechatpay-timestamp", "wechatpay-nonce", "wechatpay-serial", "wechatpay-signature"] {
        let mut without = headers(now, KEY_ID, &good);
        without.remove(name);
        assert_eq!(tell(&without, &body), Err(NotifyError::BadSignature), "no {name}");
        let mut twice = headers(now, KEY_ID, &good);
        twice.append(name, HeaderValue::from_static("x"));
        assert_eq!(tell(&twice, &body), Err(NotifyError::BadSignature), "{name} twice");
    }
    let probe = headers(now, KEY_ID, &format!("WECHATPAY/SIGNTEST/{good}"));
    assert_eq!(tell(&probe, &body), Err(NotifyError::Probe));
}

#[test]
fn a_sealed_resource_must_be_whole() {
    let event = sealed("TRANSACTION.SUCCESS", &transaction());
    for (field, value) in [("nonce", "abcdefghijkm"), ("associated_data", "refund"), ("associated_data", "")] {
        let mut changed = event.clone();
        changed["resource"][field] = json!(value);
        assert_eq!(read(&changed), Err(NotifyError::BadSignature), "{field}");
    }
    let sealed_text = STANDARD.decode(event["resource"]["ciphertext"].as_str().unwrap()).unwrap();
    for place in 0..sealed_text.len() {
        let mut bytes = sealed_text.clone();
        bytes[place] ^= 1;
        let mut changed = event.clone();
        changed["resource"]["ciphertext"] = json!(STANDARD.encode(bytes));
        assert_eq!(read(&changed), Err(NotifyError::BadSignature), "byte {place}");
    }
    for (field, value) in [("algorithm", "AEAD_AES_128_GCM"), ("nonce", "short"), ("ciphertext", "!")] {
        let mut changed = event.clone();
        changed["resource"][field] = json!(value);
        assert_eq!(read(&changed), Err(NotifyError::Malformed), "{field}");
    }
    assert_eq!(read(&json!({})), Err(NotifyError::Malformed));
}

#[test]
fn what_is_for_others_or_without_sense_is_refused() {
    for (field, value, error) in [
        ("mchid", json!("1900000002"), NotifyError::WrongMerchant),
        ("appid", json!("wx0000000000000002"), NotifyError::WrongMerchant),
        ("amount", json!({ "total": 1000, "currency": "USD" }), NotifyError::WrongCurrency),
        ("amount", json!({ "total": 1000.5, "currency": "CNY" }), NotifyError::Malformed),
        ("amount", json!({ "total": "1000", "currency": "CNY" }), NotifyError::Malformed),
        ("transaction_id", json!(null), NotifyError::Malformed),
        ("trade_state", json!("MAYBE"), NotifyError::Malformed),
    ] {
        let mut changed = transaction();
        changed[field] = value;
        assert_eq!(read(&sealed("TRANSACTION.SUCCESS", &changed)), Err(error), "{changed}");
    }
    let mut closed = transaction();
    closed["trade_state"] = json!("CLOSED");
    assert_eq!(read(&sealed("TRANSACTION.SUCCESS", &closed)), Ok(Notice::Ignored));
    assert_eq!(read(&sealed("SOMETHING.ELSE", &transaction())), Ok(Notice::Ignored));
}

#[test]
fn refunds_name_their_payment() {
    let refund = json!({
        "mchid": "1900000001", "out_trade_no": "hb12t0a1b2c3d", "transaction_id": "4200000001",
        "out_refund_no": "hb12t0a1b2c3dr1", "refund_status": "SUCCESS", "amount": { "total": 1000, "refund": 250 },
    });
    for (status, state) in
        [("SUCCESS", RefundState::Succeeded), ("CLOSED", RefundState::Failed), ("ABNORMAL", RefundState::Pending)]
    {
        let mut told = refund.clone();
        told["refund_status"] = json!(status);
        let expected = RefundEvent {
            payment: PaymentKey::OutTradeNo("hb12t0a1b2c3d".to_owned()),
            refund_no: "hb12t0a1b2c3dr1".to_owned(),
            amount: RefundAmount::This(250),
            state,
            is_dispute: false,
        };
        assert_eq!(read(&sealed(&format!("REFUND.{status}"), &told)), Ok(Notice::Refund(expected)));
    }
}

#[test]
fn parameters_for_wechats_browser_are_signed() {
    let params: Value = serde_json::from_str(&channel().jsapi_params("wx2026").unwrap()).unwrap();
    let text = |name: &str| params[name].as_str().unwrap();
    let message = format!("{}\n{}\n{}\n{}\n", text("appId"), text("timeStamp"), text("nonceStr"), text("package"));
    assert!(is_ours(&message, text("paySign")) && text("package") == "prepay_id=wx2026");
}

#[test]
fn keys_are_checked_at_the_start_and_never_shown() {
    let with = |change: fn(&mut WechatOptions)| {
        let mut options = options();
        change(&mut options);
        WechatChannel::new(options, clock(), Arc::new(SeededIds::new(1))).unwrap_err().key
    };
    assert_eq!(with(|o| o.mch_id.clear()), "mch_id");
    assert_eq!(with(|o| o.private_key = "canary".into()), "private_key");
    assert_eq!(with(|o| o.api_v3_key = "short".into()), "api_v3_key");
    assert_eq!(with(|o| o.public_key = Some(("X".to_owned(), String::new()))), "public_key_id");
    assert_eq!(with(|o| (o.public_key, o.platform_certificates) = (None, None)), "public_key");
    assert_eq!(with(|o| o.platform_certificates = Some(THEIRS_PUBLIC.to_owned())), "platform_certificates");
    let shown = format!("{:?}", channel());
    assert!(!shown.contains(API_KEY) && !shown.contains("BEGIN"), "{shown}");
}
