//! Channels that tell of payments, signed with the channels' keys of the fixtures.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use haibao::payments::{ChannelCode, Notify};
use http::{HeaderMap, HeaderName, HeaderValue};
use ring::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    hmac,
    signature::RsaKeyPair,
};
use serde_json::json;

use super::gateway::{key_pair, sign};

pub(crate) const WECHAT_API_KEY: &str = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";
pub(crate) const WECHAT_KEY_ID: &str = "PUB_KEY_ID_1";
pub(crate) const STRIPE_SECRET: &str = "whsec_long_enough_for_a_secret";

/// A call-back that can be sent again and again.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) channel: ChannelCode,
    query: String,
    headers: HeaderMap,
    body: String,
}

impl Told {
    pub(crate) fn notify(&self) -> Notify<'_> {
        Notify { query: &self.query, headers: &self.headers, body: self.body.as_bytes() }
    }
}

/// What a call-back says, so that a test can make each part wrong.
#[derive(Clone, Debug)]
pub(crate) struct Says {
    pub(crate) number: String,
    pub(crate) trade_no: String,
    pub(crate) amount_fen: i64,
    pub(crate) merchant: bool,
    pub(crate) currency: bool,
}

/// Signs for every channel.
pub(crate) struct Teller {
    theirs: RsaKeyPair,
    foreign: RsaKeyPair,
}

impl Teller {
    pub(crate) fn new() -> Self {
        Self { theirs: key_pair("theirs"), foreign: key_pair("ours") }
    }

    /// Money arrived, at this second; signed by the channel, or by somebody else.
    pub(crate) fn paid(&self, channel: ChannelCode, says: &Says, seconds: i64, is_genuine: bool) -> Told {
        let key = if is_genuine { &self.theirs } else { &self.foreign };
        match channel {
            ChannelCode::Alipay => alipay(says, key),
            ChannelCode::WechatPay => wechat(says, seconds, key),
            ChannelCode::Stripe => stripe(says, seconds, is_genuine),
            ChannelCode::Epay => epay(says, key),
            other => panic!("{other:?} is not told of here"),
        }
    }
}

fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

fn form(fields: &BTreeMap<&str, String>) -> String {
    let mut url = reqwest::Url::parse("form://x").expect("an address");
    url.query_pairs_mut().extend_pairs(fields);
    url.query().expect("a form").to_owned()
}

fn joined(fields: &BTreeMap<&str, String>) -> String {
    fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn alipay(says: &Says, key: &RsaKeyPair) -> Told {
    let seller = if says.merchant { "2088000000000001" } else { "2088000000000002" };
    let mut fields: BTreeMap<&str, String> = [
        ("app_id", "2021000000000001".to_owned()),
        ("seller_id", seller.to_owned()),
        ("charset", "utf-8".to_owned()),
        ("trade_status", "TRADE_SUCCESS".to_owned()),
        ("subject", "海报积分 & more = 好+".to_owned()),
        ("passback_params", String::new()),
        ("out_trade_no", says.number.clone()),
        ("trade_no", says.trade_no.clone()),
        ("total_amount", yuan(says.amount_fen)),
        ("trans_currency", if says.currency { "CNY" } else { "USD" }.to_owned()),
    ]
    .into();
    let signature = sign(key, &joined(&fields));
    fields.insert("sign", signature);
    fields.insert("sign_type", "RSA2".to_owned());
    Told { channel: ChannelCode::Alipay, query: String::new(), headers: HeaderMap::new(), body: form(&fields) }
}

fn epay(says: &Says, key: &RsaKeyPair) -> Told {
    let mut fields: BTreeMap<&str, String> = [
        ("pid", if says.merchant { "1001" } else { "1002" }.to_owned()),
        ("out_trade_no", says.number.clone()),
        ("trade_no", says.trade_no.clone()),
        ("type", "alipay".to_owned()),
        ("money", if says.currency { yuan(says.amount_fen) } else { "1e1".to_owned() }),
        ("trade_status", "TRADE_SUCCESS".to_owned()),
    ]
    .into();
    let signature = sign(key, &joined(&fields));
    fields.insert("sign", signature);
    fields.insert("sign_type", "RSA".to_owned());
    Told { channel: ChannelCode::Epay, query: form(&fields), headers: HeaderMap::new(), body: String::new() }
}

fn wechat(says: &Says, seconds: i64, key: &RsaKeyPair) -> Told {
    let resource = json!({
        "mchid": if says.merchant { "1900000001" } else { "1900000002" },
        "appid": "wx0000000000000001", "out_trade_no": says.number, "transaction_id": says.trade_no,
        "trade_state": "SUCCESS",
        "amount": { "total": says.amount_fen, "currency": if says.currency { "CNY" } else { "USD" } },
    });
    let seal = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, WECHAT_API_KEY.as_bytes()).expect("a key"));
    let mut data = resource.to_string().into_bytes();
    let nonce = Nonce::try_assume_unique_for_key(b"abcdefghijkl").expect("a nonce");
    seal.seal_in_place_append_tag(nonce, Aad::from(b"transaction"), &mut data).expect("sealed");
    let body = json!({
        "id": "1", "event_type": "TRANSACTION.SUCCESS", "resource_type": "encrypt-resource",
        "resource": {
            "algorithm": "AEAD_AES_256_GCM", "original_type": "transaction", "associated_data": "transaction",
            "nonce": "abcdefghijkl", "ciphertext": STANDARD.encode(data),
        },
    })
    .to_string();
    let signature = sign(key, &format!("{seconds}\nnonce\n{body}\n"));
    let headers = headers(&[
        ("wechatpay-timestamp", &seconds.to_string()),
        ("wechatpay-nonce", "nonce"),
        ("wechatpay-serial", WECHAT_KEY_ID),
        ("wechatpay-signature", &signature),
        ("wechatpay-signature-type", "WECHATPAY2-SHA256-RSA2048"),
    ]);
    Told { channel: ChannelCode::WechatPay, query: String::new(), headers, body }
}

fn stripe(says: &Says, seconds: i64, is_genuine: bool) -> Told {
    let body = json!({
        "id": "evt_1", "object": "event", "type": "checkout.session.completed", "livemode": !says.merchant,
        "data": { "object": {
            "object": "checkout.session", "id": "cs_1", "livemode": !says.merchant, "client_reference_id": says.number,
            "metadata": { "haibao_out_trade_no": says.number }, "payment_status": "paid", "status": "complete",
            "currency": if says.currency { "cny" } else { "usd" }, "amount_total": says.amount_fen,
            "payment_intent": says.trade_no,
        }},
    })
    .to_string();
    let secret = if is_genuine { STRIPE_SECRET } else { "whsec_of_somebody_else_entirely" };
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hex::encode(hmac::sign(&key, format!("{seconds}.{body}").as_bytes()));
    let headers = headers(&[("stripe-signature", &format!("t={seconds},v1={tag}"))]);
    Told { channel: ChannelCode::Stripe, query: String::new(), headers, body }
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let pairs = pairs
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header's value")));
    pairs.collect()
}
