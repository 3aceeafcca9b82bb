//! Payment channels against a gateway that speaks their language: what is asked, what is believed, and
//! what is made of failure.

use std::sync::Arc;

use haibao::{
    app,
    clock::{Clock, MockClock},
    domain::Locale,
    ids::SeededIds,
    payments::{
        AlipayChannel, AlipayOptions, ChannelCode, ChannelError, EpayChannel, EpayKeys, EpayOptions, PaidEvent,
        PaymentChannel, PaymentRef, PaymentRequest, PaymentState, RefundRequest, RefundState, StripeChannel,
        StripeOptions, WechatChannel, WechatOptions,
    },
};
use serde_json::{Value, json};

use crate::support::{
    gateway::{Flaw, Gateway, Language, pem},
    rows::AT_MS,
    run,
};

const NUMBER: &str = "hb12t0a1b2c3d";

pub(crate) fn request(method: ChannelCode) -> PaymentRequest {
    PaymentRequest {
        out_trade_no: NUMBER.to_owned(),
        method,
        amount_fen: 1000,
        credits: 100,
        created_at_ms: AT_MS,
        expires_at_ms: AT_MS + 1_800_000,
        locale: Locale::Zh,
        payer_address: "203.0.113.9".parse().ok(),
        payer_id: Some("openid".to_owned()),
    }
}

fn payment() -> PaymentRef {
    PaymentRef { out_trade_no: NUMBER.to_owned(), reference: Some("cs_1".to_owned()) }
}

fn refund() -> RefundRequest {
    RefundRequest {
        out_trade_no: NUMBER.to_owned(),
        trade_no: "T1".to_owned(),
        out_refund_no: format!("{NUMBER}r1"),
        amount_fen: 250,
        total_fen: 1000,
        reason: "a test".to_owned(),
    }
}

fn paid() -> PaymentState {
    let (out_trade_no, trade_no) = (NUMBER.to_owned(), "T1".to_owned());
    PaymentState::Paid(PaidEvent { out_trade_no, trade_no, amount_fen: 1000 })
}

pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(MockClock::at_ms(AT_MS))
}

pub(crate) fn alipay(gateway: &str) -> AlipayChannel {
    let options = AlipayOptions {
        app_id: "2021000000000001".to_owned(),
        seller_id: "2088000000000001".to_owned(),
        private_key: pem("ours-private").into(),
        alipay_public_key: pem("theirs-public"),
        gateway: format!("{gateway}/gateway.do"),
        allow_private_address: true,
        methods: vec![ChannelCode::Alipay, ChannelCode::AlipayWap, ChannelCode::AlipayQr],
        public_url: "https://haibao.example".to_owned(),
    };
    AlipayChannel::new(options, clock()).expect("the channel")
}

pub(crate) fn wechat(base_url: &str, key_id: &str, api_v3_key: &str, clock: Arc<dyn Clock>) -> WechatChannel {
    let options = WechatOptions {
        mch_id: "1900000001".to_owned(),
        app_id: "wx0000000000000001".to_owned(),
        serial_no: "AB12".to_owned(),
        private_key: pem("ours-private").into(),
        api_v3_key: api_v3_key.into(),
        public_key: Some((key_id.to_owned(), pem("theirs-public"))),
        platform_certificates: None,
        base_url: base_url.to_owned(),
        allow_private_address: true,
        methods: vec![ChannelCode::WechatPay],
        public_url: "https://haibao.example".to_owned(),
    };
    WechatChannel::new(options, clock, Arc::new(SeededIds::new(1))).expect("the channel")
}

fn stripe(base_url: &str) -> StripeChannel {
    let options = StripeOptions {
        secret_key: "sk_test_1".into(),
        webhook_secrets: vec!["whsec_long_enough_for_a_secret".into()],
        base_url: base_url.to_owned(),
        allow_private_address: true,
        public_url: "https://haibao.example".to_owned(),
    };
    StripeChannel::new(options, clock()).expect("the channel")
}

fn epay(base_url: &str) -> EpayChannel {
    let options = EpayOptions {
        base_url: base_url.to_owned(),
        pid: "1001".to_owned(),
        keys: EpayKeys::V1 { key: "0123456789abcdef0123".into() },
        pay_type: None,
        allow_private_address: true,
        public_url: "https://haibao.example".to_owned(),
    };
    EpayChannel::new(options, clock()).expect("the channel")
}

const TRADE_NOT_EXIST: &str = "ACQ.TRADE_NOT_EXIST";

#[test]
fn alipay_is_believed_when_its_signature_over_the_raw_answer_is_good() {
    app::init_crypto();
    run(async {
        let gateway = Gateway::start(Language::Alipay).await;
        let channel = alipay(&gateway.url);
        let trade = |status: &str| json!({ "code": "10000", "msg": "Success", "out_trade_no": NUMBER, "trade_no": "T1", "trade_status": status, "total_amount": "10.00" });
        let unknown = json!({ "code": "40004", "sub_code": TRADE_NOT_EXIST });
        for (answer, expected) in [
            (trade("TRADE_SUCCESS"), paid()),
            (trade("TRADE_FINISHED"), paid()),
            (trade("WAIT_BUYER_PAY"), PaymentState::Open),
            (trade("TRADE_CLOSED"), PaymentState::Closed),
            (unknown.clone(), PaymentState::Open),
        ] {
            gateway.will(200, &answer, Flaw::None);
            assert_eq!(channel.query(&payment()).await, Ok(expected), "{answer}");
        }
        for flaw in [Flaw::ForeignKey, Flaw::Unsigned, Flaw::Changed] {
            gateway.will(200, &trade("TRADE_SUCCESS"), flaw);
            assert_eq!(channel.query(&payment()).await, Err(ChannelError::Unavailable), "{flaw:?}");
        }
        let mut other = trade("TRADE_SUCCESS");
        other["out_trade_no"] = json!("hb13");
        gateway.will(200, &other, Flaw::None);
        assert_eq!(channel.query(&payment()).await, Err(ChannelError::Unavailable), "another order");
        assert_eq!(channel.query(&payment()).await, Err(ChannelError::Unavailable), "503");

        gateway.will(200, &unknown, Flaw::None);
        assert_eq!(channel.close(&payment()).await, Ok(()));
        gateway.will(200, &json!({ "code": "40004", "sub_code": "ACQ.TRADE_STATUS_ERROR" }), Flaw::None);
        assert_eq!(channel.close(&payment()).await, Err(ChannelError::Refused));

        gateway.will(200, &json!({ "code": "10000", "fund_change": "Y" }), Flaw::None);
        assert_eq!(channel.refund(&refund()).await, Ok(RefundState::Succeeded));
        gateway.will(200, &json!({ "code": "10000", "fund_change": "N" }), Flaw::None);
        gateway.will(200, &json!({ "code": "10000", "refund_status": "REFUND_SUCCESS" }), Flaw::None);
        assert_eq!(channel.refund(&refund()).await, Ok(RefundState::Succeeded));
        gateway.will(200, &json!({ "code": "20000", "sub_code": "ACQ.SYSTEM_ERROR" }), Flaw::None);
        assert_eq!(channel.refund(&refund()).await, Err(ChannelError::Unavailable));
        gateway.will(200, &json!({ "code": "40004", "sub_code": "ACQ.SELLER_BALANCE_NOT_ENOUGH" }), Flaw::None);
        assert_eq!(channel.refund(&refund()).await, Err(ChannelError::Refused));

        gateway.will(
            200,
            &json!({ "code": "10000", "out_trade_no": NUMBER, "qr_code": "https://qr.alipay.com/x" }),
            Flaw::None,
        );
        let made = channel.create(&request(ChannelCode::AlipayQr)).await.expect("a code");
        assert_eq!(made.qr_code.as_deref(), Some("https://qr.alipay.com/x"));
        let asked = gateway.asked();
        let last = asked.last().expect("asked");
        let content: Value = serde_json::from_str(&last.field("biz_content").expect("content")).expect("JSON");
        assert_eq!((last.path.as_str(), content["total_amount"].as_str()), ("/gateway.do", Some("10.00")));
        assert_eq!(last.field("notify_url").as_deref(), Some("https://haibao.example/payments/alipay/notify"));
    });
}

#[test]
fn wechat_pay_is_believed_when_its_answer_is_signed_and_of_now() {
    app::init_crypto();
    run(async {
        let gateway = Gateway::start(Language::Wechat).await;
        let channel = wechat(&gateway.url, "PUB_KEY_ID_1", &"k".repeat(32), clock());
        let trade = |state: &str| {
            json!({
                "mchid": "1900000001", "appid": "wx0000000000000001", "out_trade_no": NUMBER, "transaction_id": "T1",
                "trade_state": state, "amount": { "total": 1000, "currency": "CNY" },
            })
        };
        for (state, expected) in [("SUCCESS", paid()), ("NOTPAY", PaymentState::Open), ("CLOSED", PaymentState::Closed)]
        {
            gateway.will(200, &trade(state), Flaw::None);
            assert_eq!(channel.query(&payment()).await, Ok(expected));
        }
        for flaw in [Flaw::ForeignKey, Flaw::Unsigned, Flaw::Changed, Flaw::Stale] {
            gateway.will(200, &trade("SUCCESS"), flaw);
            assert_eq!(channel.query(&payment()).await, Err(ChannelError::Unavailable), "{flaw:?}");
        }
        gateway.will(404, &json!({ "code": "ORDER_NOT_EXIST" }), Flaw::Unsigned);
        assert_eq!(channel.query(&payment()).await, Ok(PaymentState::Open));
        gateway.will(400, &json!({ "code": "ORDERPAID" }), Flaw::Unsigned);
        assert_eq!(channel.close(&payment()).await, Err(ChannelError::Refused));
        let told = |status: &str| json!({ "out_refund_no": format!("{NUMBER}r1"), "status": status, "amount": { "refund": 250, "total": 1000 } });
        for (status, expected) in
            [("SUCCESS", RefundState::Succeeded), ("PROCESSING", RefundState::Pending), ("CLOSED", RefundState::Failed)]
        {
            gateway.will(200, &told(status), Flaw::None);
            assert_eq!(channel.refund(&refund()).await, Ok(expected));
        }
        for (method, answer) in [
            (ChannelCode::WechatPay, json!({ "code_url": "weixin://x" })),
            (ChannelCode::WechatH5, json!({ "h5_url": "https://wx.tenpay.com/x" })),
            (ChannelCode::WechatJsapi, json!({ "prepay_id": "wx1" })),
        ] {
            gateway.will(200, &answer, Flaw::None);
            let made = channel.create(&request(method)).await.expect("made");
            assert_eq!(made.qr_code.is_some(), method == ChannelCode::WechatPay);
            assert_eq!(made.url.is_some(), method == ChannelCode::WechatH5);
            assert_eq!(
                made.sdk_params.is_some_and(|p| p.contains("prepay_id=wx1")),
                method == ChannelCode::WechatJsapi
            );
        }
        let bodies: Vec<Value> = gateway
            .asked()
            .iter()
            .rev()
            .take(3)
            .map(|asked| serde_json::from_str(&asked.body).expect("JSON"))
            .collect();
        assert_eq!(bodies[0]["payer"]["openid"], "openid");
        assert_eq!(bodies[1]["scene_info"]["payer_client_ip"], "203.0.113.9");
        assert_eq!(bodies[2]["amount"], json!({ "total": 1000, "currency": "CNY" }));
        assert!(gateway.asked().iter().all(|asked| asked.headers["wechatpay-serial"] == "PUB_KEY_ID_1"));
    });
}

#[test]
fn stripe_is_asked_once_for_each_number_and_believed_only_about_it() {
    app::init_crypto();
    run(async {
        let gateway = Gateway::start(Language::Plain).await;
        let channel = stripe(&gateway.url);
        gateway.will(
            200,
            &json!({ "id": "cs_1", "url": "https://checkout.stripe.com/x", "livemode": false }),
            Flaw::None,
        );
        let made = channel.create(&request(ChannelCode::Stripe)).await.expect("made");
        assert_eq!(made.reference.as_deref(), Some("cs_1"));
        let asked = gateway.asked().remove(0);
        assert_eq!(asked.headers["idempotency-key"], NUMBER);
        assert_eq!(asked.headers["authorization"], "Bearer sk_test_1");
        assert_eq!(asked.field("line_items[0][price_data][unit_amount]").as_deref(), Some("1000"));
        gateway.will(
            200,
            &json!({ "id": "cs_1", "url": "https://checkout.stripe.com/x", "livemode": true }),
            Flaw::None,
        );
        assert_eq!(channel.create(&request(ChannelCode::Stripe)).await, Err(ChannelError::Unavailable), "live money");

        let session = |status: &str, payment_status: &str| {
            json!({
                "id": "cs_1", "livemode": false, "client_reference_id": NUMBER, "metadata": { "haibao_out_trade_no": NUMBER },
                "status": status, "payment_status": payment_status, "currency": "cny", "amount_total": 1000, "payment_intent": "T1",
            })
        };
        for (answer, expected) in [
            (session("complete", "paid"), paid()),
            (session("open", "unpaid"), PaymentState::Open),
            (session("expired", "unpaid"), PaymentState::Closed),
        ] {
            gateway.will(200, &answer, Flaw::None);
            assert_eq!(channel.query(&payment()).await, Ok(expected));
        }
        for (field, value) in [("currency", json!("usd")), ("livemode", json!(true)), ("amount_total", json!(10.5))] {
            let mut changed = session("complete", "paid");
            changed[field] = value;
            gateway.will(200, &changed, Flaw::None);
            assert_eq!(channel.query(&payment()).await, Err(ChannelError::Unavailable), "{field}");
        }
        gateway.will(400, &json!({ "error": { "type": "invalid_request_error" } }), Flaw::None);
        gateway.will(200, &session("expired", "unpaid"), Flaw::None);
        assert_eq!(channel.close(&payment()).await, Ok(()), "expired by itself");
        gateway.will(400, &json!({ "error": { "type": "invalid_request_error" } }), Flaw::None);
        gateway.will(200, &session("complete", "paid"), Flaw::None);
        assert_eq!(channel.close(&payment()).await, Err(ChannelError::Refused), "paid at the last moment");
        for (status, expected) in
            [("succeeded", RefundState::Succeeded), ("pending", RefundState::Pending), ("failed", RefundState::Failed)]
        {
            gateway.will(200, &json!({ "amount": 250, "payment_intent": "T1", "status": status }), Flaw::None);
            assert_eq!(channel.refund(&refund()).await, Ok(expected));
        }
        assert_eq!(gateway.asked().last().expect("asked").headers["idempotency-key"], format!("{NUMBER}r1").as_str());
        gateway.will(200, &json!({ "amount": 251, "payment_intent": "T1", "status": "succeeded" }), Flaw::None);
        assert_eq!(channel.refund(&refund()).await, Err(ChannelError::Unavailable));
        gateway.will(409, &json!({ "error": {} }), Flaw::None);
        assert_eq!(channel.refund(&refund()).await, Err(ChannelError::Unavailable), "under way on their side");
        gateway.will(400, &json!({ "error": {} }), Flaw::None);
        assert_eq!(channel.refund(&refund()).await, Err(ChannelError::Refused));
    });
}

#[test]
fn an_aggregator_is_asked_with_its_key_and_read_strictly() {
    app::init_crypto();
    run(async {
        let gateway = Gateway::start(Language::Plain).await;
        let channel = epay(&gateway.url);
        let order = |status: Value, money: Value| json!({ "code": 1, "pid": "1001", "out_trade_no": NUMBER, "trade_no": "T1", "status": status, "money": money });
        for (answer, expected) in [
            (order(json!(1), json!("10.00")), Ok(paid())),
            (order(json!("0"), json!("10.00")), Ok(PaymentState::Open)),
            (json!({ "code": -1, "msg": "no such order" }), Ok(PaymentState::Open)),
            (order(json!(1), json!(10.0)), Err(ChannelError::Unavailable)),
        ] {
            gateway.will(200, &answer, Flaw::None);
            assert_eq!(channel.query(&payment()).await, expected, "{answer}");
        }
        assert_eq!(gateway.asked()[0].field("key").as_deref(), Some("0123456789abcdef0123"));
        gateway.will(200, &json!({ "code": 1 }), Flaw::None);
        assert_eq!(channel.refund(&refund()).await, Ok(RefundState::Succeeded));
        gateway.will(200, &json!({ "code": -1 }), Flaw::None);
        assert_eq!(channel.refund(&refund()).await, Err(ChannelError::Refused));
        assert_eq!(gateway.asked().last().expect("asked").field("money").as_deref(), Some("2.50"));
        assert_eq!(channel.close(&payment()).await, Ok(()));
    });
}
