use http::{HeaderMap, HeaderValue};
use serde_json::json;

use super::*;
use crate::payments::{
    PaymentKey, RefundAmount, RefundEvent,
    testing::{NOW_MS, clock},
};

const SECRET: &str = "whsec_current_secret_of_the_endpoint";
const PREVIOUS: &str = "whsec_previous_secret_of_the_endpoint";

fn channel() -> StripeChannel {
    let options = StripeOptions {
        secret_key: "sk_test_canary".into(),
        webhook_secrets: vec![SECRET.into(), PREVIOUS.into()],
        base_url: BASE_URL.to_owned(),
        allow_private_address: false,
        public_url: "https://haibao.example".to_owned(),
    };
    StripeChannel::new(options, clock()).unwrap()
}

fn tag(secret: &str, seconds: i64, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hex::encode(hmac::sign(&key, format!("{seconds}.{body}").as_bytes()))
}

fn tell(header: &str, body: &str) -> Result<Notice, NotifyError> {
    let mut headers = HeaderMap::new();
    headers.insert("stripe-signature", HeaderValue::from_str(header).unwrap());
    channel().parse_notify(&Notify { query: "", headers: &headers, body: body.as_bytes() })
}

fn signed(seconds: i64, body: &str) -> Result<Notice, NotifyError> {
    tell(&format!("t={seconds},v1={}", tag(SECRET, seconds, body)), body)
}

fn event(kind: &str, object: &Value) -> Value {
    json!({ "id": "evt_1", "object": "event", "type": kind, "livemode": false, "data": { "object": object } })
}

fn session() -> Value {
    json!({
        "id": "cs_test_1", "object": "checkout.session", "livemode": false, "client_reference_id": "hb12t0a1b2c3d",
        "metadata": { "haibao_out_trade_no": "hb12t0a1b2c3d" }, "payment_status": "paid", "status": "complete",
        "currency": "cny", "amount_total": 1000, "payment_intent": "pi_1",
    })
}

fn paid() -> Notice {
    let (out_trade_no, trade_no) = ("hb12t0a1b2c3d".to_owned(), "pi_1".to_owned());
    Notice::Paid(PaidEvent { out_trade_no, trade_no, amount_fen: 1000 })
}

fn now_s() -> i64 {
    NOW_MS / 1000
}

fn read(event: &Value) -> Result<Notice, NotifyError> {
    signed(now_s(), &event.to_string())
}

#[test]
fn a_call_back_is_fresh_for_five_minutes_in_both_directions() {
    let body = event("checkout.session.completed", &session()).to_string();
    for seconds in [-300, -299, 0, 299, 300] {
        assert_eq!(signed(now_s() + seconds, &body), Ok(paid()), "{seconds}");
    }
    for seconds in [-301, 301, 3600, -86_400] {
        assert_eq!(signed(now_s() + seconds, &body), Err(NotifyError::Stale), "{seconds}");
    }
}

#[test]
fn any_of_several_signatures_by_any_live_secret_counts() {
    let body = event("checkout.session.completed", &session()).to_string();
    let (now, other) = (now_s(), tag("whsec_somebody_elses_secret", now_s(), &body));
    for header in [
        format!("t={now},v1={},v1={other}", tag(SECRET, now, &body)),
        format!("t={now},v1={other},v1={}", tag(SECRET, now, &body)),
        format!("t={now},v0=x,v1={}", tag(PREVIOUS, now, &body)),
    ] {
        assert_eq!(tell(&header, &body), Ok(paid()), "{header}");
    }
    let good = tag(SECRET, now, &body);
    for header in [
        String::new(),
        format!("t={now}"),
        format!("v1={good}"),
        format!("t={now},v0={good}"),
        format!("t={now},v1={other}"),
        format!("t={now},t={now},v1={good}"),
        format!("t={},v1={good}", now + 1),
        format!("t=+{now},v1={good}"),
        format!("t={now},v1={}", good.to_uppercase()),
        format!("t={now},v1={}", &good[..62]),
        format!("t={now},v1={good}00"),
    ] {
        assert_eq!(tell(&header, &body), Err(NotifyError::BadSignature), "{header}");
    }
}

#[test]
fn every_byte_of_body_and_signature_counts() {
    let body = event("checkout.session.completed", &session()).to_string();
    let (now, good) = (now_s(), tag(SECRET, now_s(), &body));
    for place in 0..body.len() {
        let mut changed = body.clone().into_bytes();
        changed[place] ^= 1;
        let Ok(changed) = String::from_utf8(changed) else { continue };
        assert_eq!(tell(&format!("t={now},v1={good}"), &changed), Err(NotifyError::BadSignature), "byte {place}");
    }
    for place in 0..good.len() {
        for byte in *b"0123456789abcdef" {
            let mut changed = good.clone().into_bytes();
            if changed[place] == byte {
                continue;
            }
            changed[place] = byte;
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(tell(&format!("t={now},v1={changed}"), &body), Err(NotifyError::BadSignature));
        }
    }
}

#[test]
fn what_is_not_for_us_is_refused_or_passed_over() {
    let kind = "checkout.session.completed";
    let with = |key: &str, value: Value| {
        let mut session = session();
        session[key] = value;
        event(kind, &session)
    };
    assert_eq!(read(&with("currency", json!("usd"))), Err(NotifyError::WrongCurrency));
    assert_eq!(read(&with("livemode", json!(true))), Err(NotifyError::WrongMerchant));
    assert_eq!(read(&with("client_reference_id", json!("hb13"))), Err(NotifyError::Malformed));
    assert_eq!(read(&with("payment_intent", json!(null))), Err(NotifyError::Malformed));
    for amount in [json!(10.5), json!("1000"), json!(0), json!(-1), json!(null), json!(1e30)] {
        assert_eq!(read(&with("amount_total", amount.clone())), Err(NotifyError::Malformed), "{amount}");
    }
    assert_eq!(read(&with("metadata", json!({}))), Ok(Notice::Ignored), "another program of this account");
    assert_eq!(read(&with("payment_status", json!("unpaid"))), Ok(Notice::Ignored), "slow money is told of later");
    let mut live = event(kind, &session());
    live["livemode"] = json!(true);
    assert_eq!(read(&live), Err(NotifyError::WrongMerchant));
    let mut connected = event(kind, &session());
    connected["account"] = json!("acct_1");
    assert_eq!(read(&connected), Err(NotifyError::WrongMerchant));
    assert_eq!(read(&event("customer.created", &json!({}))), Ok(Notice::Ignored));
    assert_eq!(read(&json!([])), Err(NotifyError::Malformed));
    let mut expired = session();
    (expired["payment_status"], expired["status"]) = (json!("unpaid"), json!("expired"));
    let closed = Notice::Closed { out_trade_no: "hb12t0a1b2c3d".to_owned() };
    assert_eq!(read(&event("checkout.session.expired", &expired)), Ok(closed));
}

#[test]
fn refunds_and_disputes_name_their_payment() {
    let refund = json!({ "id": "re_1", "payment_intent": "pi_1", "amount": 500, "currency": "cny", "status": "succeeded", "metadata": {} });
    let told = |refund_no: &str, state, is_dispute| {
        let payment = PaymentKey::TradeNo("pi_1".to_owned());
        let amount = RefundAmount::This(500);
        Ok(Notice::Refund(RefundEvent { payment, refund_no: refund_no.to_owned(), amount, state, is_dispute }))
    };
    assert_eq!(read(&event("refund.updated", &refund)), told("re_1", RefundState::Succeeded, false));
    let mut ours = refund.clone();
    ours["metadata"]["haibao_out_refund_no"] = json!("hb12t0a1b2c3dr1");
    ours["status"] = json!("failed");
    assert_eq!(read(&event("refund.failed", &ours)), told("hb12t0a1b2c3dr1", RefundState::Failed, false));
    let dispute = json!({ "id": "dp_1", "payment_intent": "pi_1", "amount": 500, "currency": "cny" });
    assert_eq!(read(&event("charge.dispute.funds_withdrawn", &dispute)), told("dp_1", RefundState::Succeeded, true));
    assert_eq!(read(&event("charge.dispute.funds_reinstated", &dispute)), told("dp_1", RefundState::Failed, true));
    assert_eq!(read(&event("charge.dispute.created", &dispute)), Ok(Notice::Ignored));
}

#[test]
fn keys_are_checked_at_the_start_and_never_shown() {
    let new = |secret_key: &str, webhook_secrets: Vec<SecretString>| {
        let options = StripeOptions {
            secret_key: secret_key.into(),
            webhook_secrets,
            base_url: BASE_URL.to_owned(),
            allow_private_address: false,
            public_url: String::new(),
        };
        StripeChannel::new(options, clock())
    };
    assert_eq!(new("pk_live_x", vec![SECRET.into()]).unwrap_err().key, "secret_key");
    assert_eq!(new("sk_test_x", vec![]).unwrap_err().key, "webhook_secret");
    assert_eq!(new("sk_test_x", vec!["short".into()]).unwrap_err().key, "webhook_secret");
    assert!(new("rk_live_x", vec![SECRET.into()]).unwrap().is_live);
    assert!(!format!("{:?}", channel()).contains("canary") && !format!("{:?}", channel()).contains("whsec"));
}
