use http::HeaderMap;
use reqwest::Url;
use serde_json::json;

use super::*;
use crate::payments::testing::{self, NOW_MS, OURS, OURS_PUBLIC, THEIRS, THEIRS_PUBLIC, clock, flipped, is_ours};

const KEY: &str = "0123456789abcdef0123";

fn channel(keys: EpayKeys) -> EpayChannel {
    let options = EpayOptions {
        base_url: "https://pay.example.com/".to_owned(),
        pid: "1001".to_owned(),
        keys,
        pay_type: Some("alipay".to_owned()),
        allow_private_address: false,
        public_url: "https://haibao.example".to_owned(),
    };
    EpayChannel::new(options, clock()).unwrap()
}

fn v1() -> EpayChannel {
    channel(EpayKeys::V1 { key: KEY.into() })
}

fn v2() -> EpayChannel {
    channel(EpayKeys::V2 { private_key: OURS.into(), public_key: THEIRS_PUBLIC.to_owned() })
}

/// The aggregator's side of version 2.
fn aggregator() -> EpayChannel {
    channel(EpayKeys::V2 { private_key: THEIRS.into(), public_key: OURS_PUBLIC.to_owned() })
}

fn told(changes: &[(&str, &str)]) -> Fields {
    let mut fields: Fields = [
        ("pid", "1001"),
        ("trade_no", "2026010100000001"),
        ("out_trade_no", "hb12t0a1b2c3d"),
        ("type", "alipay"),
        ("name", "海报积分 100 个 + 50% & more"),
        ("money", "10.00"),
        ("trade_status", "TRADE_SUCCESS"),
        ("param", ""),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    fields.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    fields
}

fn tell(channel: &EpayChannel, fields: &Fields) -> Result<Notice, NotifyError> {
    let query = fields::encode(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    channel.parse_notify(&Notify { query: &query, headers: &HeaderMap::new(), body: b"" })
}

fn paid() -> Notice {
    let (out_trade_no, trade_no) = ("hb12t0a1b2c3d".to_owned(), "2026010100000001".to_owned());
    Notice::Paid(PaidEvent { out_trade_no, trade_no, amount_fen: 1000 })
}

#[test]
fn both_versions_read_what_is_theirs_and_only_that() {
    for (ours, theirs) in [(v1(), v1()), (v2(), aggregator())] {
        let signed = |changes: &[(&str, &str)]| {
            let mut fields = told(changes);
            theirs.scheme.sign(&mut fields).unwrap();
            fields
        };
        let good = signed(&[]);
        assert_eq!(tell(&ours, &good), Ok(paid()));
        let body = fields::encode(good.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let post = Notify { query: "", headers: &HeaderMap::new(), body: body.as_bytes() };
        assert_eq!(ours.parse_notify(&post), Ok(paid()));
        let half = Notify { query: "pid=1001", headers: &HeaderMap::new(), body: body.as_bytes() };
        assert_eq!(ours.parse_notify(&half), Err(NotifyError::Malformed));
        for name in good.keys().filter(|name| *name != "param") {
            let mut changed = good.clone();
            changed.get_mut(name).unwrap().push('1');
            assert_eq!(tell(&ours, &changed), Err(NotifyError::BadSignature), "{name} changed");
            let mut without = good.clone();
            without.remove(name);
            assert_eq!(tell(&ours, &without), Err(NotifyError::BadSignature), "no {name}");
        }
        for signature in flipped(&good["sign"]) {
            let mut changed = good.clone();
            changed.insert("sign".to_owned(), signature);
            assert_eq!(tell(&ours, &changed), Err(NotifyError::BadSignature));
        }
        assert_eq!(tell(&ours, &signed(&[("pid", "1002")])), Err(NotifyError::WrongMerchant));
        for money in ["10.001", "1e1", " 10", "", "-1", "0"] {
            assert_eq!(tell(&ours, &signed(&[("money", money)])), Err(NotifyError::Malformed), "{money}");
        }
        assert_eq!(tell(&ours, &signed(&[("trade_status", "WAIT")])), Ok(Notice::Ignored));
    }
    let mut downgraded = told(&[]);
    v1().scheme.sign(&mut downgraded).unwrap();
    assert_eq!(tell(&v2(), &downgraded), Err(NotifyError::BadSignature), "MD5 is not taken for RSA");
    let mut own = told(&[]);
    v2().scheme.sign(&mut own).unwrap();
    assert_eq!(tell(&v2(), &own), Err(NotifyError::BadSignature), "our own key is not theirs");
}

#[test]
fn the_first_versions_text_ends_with_the_key() {
    let mut fields: Fields =
        [("b", "2"), ("a", "1"), ("c", ""), ("sign_type", "MD5")].map(|(n, v)| (n.to_owned(), v.to_owned())).into();
    assert_eq!(signing::text(&fields), "a=1&b=2");
    v1().scheme.sign(&mut fields).unwrap();
    // printf 'a=1&b=20123456789abcdef0123' | md5sum
    assert_eq!(fields["sign"], "b6b88d151b73646b9357f4d8cab56581");
}

#[tokio::test]
async fn pages_are_signed() {
    for channel in [v1(), v2()] {
        let url: Url = channel.create(&testing::request()).await.unwrap().url.unwrap().parse().unwrap();
        let fields: Fields = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        assert_eq!((fields["money"].as_str(), fields["pid"].as_str()), ("10.00", "1001"));
        if channel.is_v2() {
            assert_eq!(url.path(), "/api/pay/submit");
            assert_eq!(fields["timestamp"], (NOW_MS / 1000).to_string());
            assert!(is_ours(&signing::text(&fields), &fields["sign"]));
        } else {
            assert_eq!(url.path(), "/submit.php");
            assert_eq!(channel.scheme.verify(&fields), Ok(()));
            assert!(!url.as_str().contains(KEY));
        }
    }
    assert!(v1().is_confirmed_by_query() && !v1().is_refund_repeatable());
    assert!(!v2().is_confirmed_by_query() && v2().is_refund_repeatable());
}

#[test]
fn answers_to_questions_are_read_strictly() {
    let order =
        json!({ "code": 1, "pid": 1001, "out_trade_no": "hb12", "trade_no": "T1", "status": "1", "money": "10.00" });
    let Ok(PaymentState::Paid(paid)) = v1().paid(&order, "hb12") else { panic!("paid") };
    assert_eq!((paid.amount_fen, paid.trade_no.as_str()), (1000, "T1"));
    for (field, value, error) in [
        ("out_trade_no", json!("hb13"), NotifyError::Malformed),
        ("pid", json!(1002), NotifyError::WrongMerchant),
        ("money", json!(10.0), NotifyError::Malformed),
        ("trade_no", json!(""), NotifyError::Malformed),
        ("status", json!(7), NotifyError::Malformed),
    ] {
        let mut changed = order.clone();
        changed[field] = value;
        assert_eq!(v1().paid(&changed, "hb12"), Err(error), "{field}");
    }
}
