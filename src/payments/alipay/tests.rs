use http::HeaderMap;

use super::*;
use crate::payments::{
    PaymentKey, RefundAmount, RefundEvent,
    testing::{self, NOW_MS, OURS, THEIRS_PUBLIC, clock, flipped, is_ours, sign_as_channel},
};

fn options() -> AlipayOptions {
    AlipayOptions {
        app_id: "2021000000000001".to_owned(),
        seller_id: "2088000000000001".to_owned(),
        private_key: OURS.into(),
        alipay_public_key: THEIRS_PUBLIC.to_owned(),
        gateway: GATEWAY.to_owned(),
        allow_private_address: false,
        methods: vec![ChannelCode::Alipay, ChannelCode::AlipayWap],
        public_url: "https://haibao.example".to_owned(),
    }
}

fn channel() -> AlipayChannel {
    AlipayChannel::new(options(), clock()).unwrap()
}

/// A call-back of a payment, unsigned: with empty values, spaces, plus signs and other people's letters.
fn told() -> Fields {
    [
        ("gmt_create", "2026-01-01 08:00:00"),
        ("charset", "utf-8"),
        ("subject", "海报积分 100 个 + 50% & more = 好"),
        ("buyer_id", ""),
        ("version", "1.0"),
        ("notify_type", "trade_status_sync"),
        ("out_trade_no", "hb12t0a1b2c3d"),
        ("trade_no", "2026010122001400000000000001"),
        ("trade_status", "TRADE_SUCCESS"),
        ("total_amount", "10.00"),
        ("app_id", "2021000000000001"),
        ("seller_id", "2088000000000001"),
        ("sign_type", "RSA2"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}

fn with(changes: &[(&str, &str)]) -> Fields {
    let mut fields = told();
    fields.extend(changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    fields
}

fn signed(mut fields: Fields) -> Fields {
    let signature = sign_as_channel(&signing::notify_text(&fields));
    fields.insert("sign".to_owned(), signature);
    fields
}

fn tell(fields: &Fields) -> Result<Notice, NotifyError> {
    let body = fields::encode(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    channel().parse_notify(&Notify { query: "", headers: &HeaderMap::new(), body: body.as_bytes() })
}

fn paid() -> Notice {
    let trade_no = "2026010122001400000000000001".to_owned();
    Notice::Paid(PaidEvent { out_trade_no: "hb12t0a1b2c3d".to_owned(), trade_no, amount_fen: 1000 })
}

#[test]
fn a_genuine_call_back_is_read() {
    assert_eq!(tell(&signed(told())), Ok(paid()));
    assert_eq!(tell(&signed(with(&[("trade_status", "TRADE_FINISHED")]))), Ok(paid()));
    assert_eq!(tell(&signed(with(&[("trade_status", "WAIT_BUYER_PAY")]))), Ok(Notice::Ignored));
    let closed = Notice::Closed { out_trade_no: "hb12t0a1b2c3d".to_owned() };
    assert_eq!(tell(&signed(with(&[("trade_status", "TRADE_CLOSED")]))), Ok(closed));
}

#[test]
fn a_refund_is_told_in_the_words_of_a_payment_and_is_none() {
    for status in ["TRADE_SUCCESS", "TRADE_CLOSED"] {
        let refund = [
            ("trade_status", status),
            ("refund_fee", "2.50"),
            ("gmt_refund", "2026-01-01 09:00:00.1"),
            ("out_biz_no", "hb12t0a1b2c3dr1"),
        ];
        let expected = RefundEvent {
            payment: PaymentKey::OutTradeNo("hb12t0a1b2c3d".to_owned()),
            refund_no: "hb12t0a1b2c3dr1".to_owned(),
            amount: RefundAmount::Total(250),
            state: RefundState::Succeeded,
            is_dispute: false,
        };
        assert_eq!(tell(&signed(with(&refund))), Ok(Notice::Refund(expected)));
    }
    assert_eq!(tell(&signed(with(&[("refund_fee", "0.00")]))), Ok(paid()));
}

#[test]
fn anything_changed_is_refused() {
    let good = signed(told());
    for name in good.keys() {
        let mut changed = good.clone();
        changed.get_mut(name).unwrap().push('1');
        assert_eq!(tell(&changed), Err(NotifyError::BadSignature), "{name} changed");
        let mut without = good.clone();
        without.remove(name);
        assert_eq!(tell(&without), Err(NotifyError::BadSignature), "no {name}");
    }
    let mut more = good.clone();
    more.insert("empty".to_owned(), String::new());
    assert_eq!(tell(&more), Err(NotifyError::BadSignature), "an empty field is signed too");
    for signature in flipped(&good["sign"]) {
        let mut changed = good.clone();
        changed.insert("sign".to_owned(), signature);
        assert_eq!(tell(&changed), Err(NotifyError::BadSignature));
    }
    for kind in ["RSA", "rsa2", "", "MD5"] {
        assert_eq!(tell(&signed(with(&[("sign_type", kind)]))), Err(NotifyError::BadSignature), "{kind}");
    }
    let ours = SigningKey::read("k", OURS).unwrap().sign(signing::notify_text(&told()).as_bytes()).unwrap();
    assert_eq!(tell(&with(&[("sign", &ours)])), Err(NotifyError::BadSignature), "our own key is not theirs");
}

#[test]
fn a_genuine_call_back_for_others_or_without_sense_is_refused() {
    for (change, error) in [
        (("app_id", "2021000000000002"), NotifyError::WrongMerchant),
        (("seller_id", "2088000000000002"), NotifyError::WrongMerchant),
        (("seller_id", ""), NotifyError::WrongMerchant),
        (("trans_currency", "USD"), NotifyError::WrongCurrency),
        (("charset", "gbk"), NotifyError::Malformed),
        (("total_amount", "10.001"), NotifyError::Malformed),
        (("total_amount", "1e1"), NotifyError::Malformed),
        (("total_amount", "-10.00"), NotifyError::Malformed),
        (("total_amount", ""), NotifyError::Malformed),
        (("trade_no", ""), NotifyError::Malformed),
        (("out_trade_no", ""), NotifyError::Malformed),
        (("trade_status", "TRADE_PENDING"), NotifyError::Malformed),
    ] {
        assert_eq!(tell(&signed(with(&[change]))), Err(error), "{change:?}");
    }
    let large = signed(with(&[("body", &"x".repeat(crate::payments::NOTIFY_BYTES_MAX))]));
    assert_eq!(tell(&large), Err(NotifyError::TooLarge));
}

#[tokio::test]
async fn a_page_is_signed_as_it_is_before_encoding() {
    for (method, product) in
        [(ChannelCode::Alipay, "FAST_INSTANT_TRADE_PAY"), (ChannelCode::AlipayWap, "QUICK_WAP_WAY")]
    {
        let request = PaymentRequest { method, ..testing::request() };
        let url: Url = channel().create(&request).await.unwrap().url.unwrap().parse().unwrap();
        let fields: Fields = url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
        assert!(is_ours(&signing::request_text(&fields), &fields["sign"]));
        assert!(signing::request_text(&fields).contains("sign_type=RSA2"));
        let content: Value = serde_json::from_str(&fields["biz_content"]).unwrap();
        assert_eq!(
            (content["total_amount"].as_str(), content["product_code"].as_str()),
            (Some("10.00"), Some(product))
        );
        assert_eq!(content["time_expire"].as_str(), Some("2026-01-01 08:30:00"));
        assert_eq!(fields["notify_url"], "https://haibao.example/payments/alipay/notify");
        assert_eq!(fields["timestamp"], "2026-01-01 08:00:00");
    }
    assert_eq!(beijing(NOW_MS + 61_000), "2026-01-01 08:01:01");
}

#[test]
fn keys_and_numbers_are_checked_at_the_start() {
    let with = |change: fn(&mut AlipayOptions)| {
        let mut options = options();
        change(&mut options);
        AlipayChannel::new(options, clock()).unwrap_err().key
    };
    assert_eq!(with(|o| o.app_id.clear()), "app_id");
    assert_eq!(with(|o| o.seller_id = "me".to_owned()), "seller_id");
    assert_eq!(with(|o| o.private_key = "canary".into()), "private_key");
    assert_eq!(with(|o| o.alipay_public_key.clear()), "alipay_public_key");
    assert_eq!(with(|o| o.gateway = "nowhere".to_owned()), "gateway");
    assert_eq!(with(|o| o.gateway = "http://127.0.0.1/x".to_owned()), "gateway");
    assert_eq!(with(|o| o.methods.clear()), "methods");
    assert!(!format!("{:?}", channel()).contains("BEGIN"));
}
