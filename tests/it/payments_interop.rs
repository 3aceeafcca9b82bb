//! Our half of `scripts/interop-test.sh`: judges what the channels' own libraries signed, and writes
//! down what we sign for them to judge. Without that script's folder there is nothing to do.

use std::{fs, path::Path, sync::Arc};

use haibao::{
    app,
    clock::MockClock,
    payments::{
        ChannelCode, Notice, Notify, NotifyError, PaymentChannel, PaymentRef, PaymentRequest, StripeChannel,
        StripeOptions,
    },
};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::{
    payments::{alipay, request, wechat},
    support::{
        environment,
        gateway::{Flaw, Gateway, Language},
        run,
    },
};

/// When the libraries' messages were signed: 2026-01-01 00:00:00 UTC.
const SIGNED_AT_MS: i64 = 1_767_225_600_000;
const API_KEY: &str = "0123456789abcdef0123456789abcdef";
const KEY_ID: &str = "PUB_KEY_ID_0119000000002026010100000000000001";
const SECRET: &str = "whsec_interop_secret_of_the_endpoint";

fn read(folder: &Path, name: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    serde_json::from_str(&text).expect("a list of vectors")
}

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let pairs = pairs.iter().map(|(name, value)| {
        let name: HeaderName = name.parse().expect("a header's name");
        (name, HeaderValue::from_str(value).expect("a header's value"))
    });
    pairs.collect()
}

/// Our verdict on a vector must be theirs; returns whether it is genuine.
fn judge(vector: &Value, verdict: &Result<Notice, NotifyError>) -> bool {
    let accepted = vector["accepted"].as_bool().expect("their verdict");
    match verdict {
        Ok(Notice::Paid(_)) => assert!(accepted, "we believe what they refuse: {vector}"),
        // A genuine message may still be without sense, which the libraries do not look at.
        Err(NotifyError::BadSignature) => assert!(!accepted, "we refuse what they sign: {vector}"),
        other => panic!("{other:?}: {vector}"),
    }
    accepted
}

#[test]
fn payments_interop_with_the_channels_own_libraries() {
    let Some(folder) = environment("HAIBAO_TEST_INTEROP") else { return };
    let folder = Path::new(&folder);
    app::init_crypto();
    let clock = Arc::new(MockClock::at_ms(SIGNED_AT_MS));
    run(async {
        let options = StripeOptions {
            secret_key: "sk_test_1".into(),
            webhook_secrets: vec![SECRET.into()],
            base_url: "https://api.stripe.com".to_owned(),
            allow_private_address: false,
            public_url: String::new(),
        };
        let stripe = StripeChannel::new(options, clock.clone()).expect("the channel");
        let genuine = read(folder, "stripe-node.json").into_iter().filter(|vector| {
            let (body, header) =
                (vector["body"].as_str().expect("a body"), vector["header"].as_str().expect("a header"));
            let headers = headers(&[("stripe-signature", header)]);
            judge(vector, &stripe.parse_notify(&Notify { query: "", headers: &headers, body: body.as_bytes() }))
        });
        assert_eq!(genuine.count(), 500);

        let gateway = Gateway::start(Language::Wechat).await;
        let wechat = wechat(&gateway.url, KEY_ID, API_KEY, clock);
        let genuine = read(folder, "wechat-python.json").into_iter().filter(|vector| {
            let told = vector["headers"].as_object().expect("headers").iter();
            let pairs: Vec<(&str, &str)> =
                told.map(|(name, value)| (name.as_str(), value.as_str().expect("text"))).collect();
            let (headers, body) = (headers(&pairs), vector["body"].as_str().expect("a body"));
            judge(vector, &wechat.parse_notify(&Notify { query: "", headers: &headers, body: body.as_bytes() }))
        });
        assert_eq!(genuine.count(), 500);

        let alipay = alipay("https://openapi.alipay.com");
        let genuine = read(folder, "alipay-python.json").into_iter().filter(|vector| {
            let mut url = reqwest::Url::parse("form://x").expect("an address");
            let fields = vector["fields"].as_object().expect("fields").iter();
            url.query_pairs_mut().extend_pairs(fields.map(|(name, value)| (name, value.as_str().expect("text"))));
            let body = url.query().expect("a form").as_bytes().to_vec();
            judge(vector, &alipay.parse_notify(&Notify { query: "", headers: &HeaderMap::new(), body: &body }))
        });
        assert_eq!(genuine.count(), 500);

        let mut pages = Vec::new();
        for i in 0..500_i64 {
            let method = if i % 2 == 0 { ChannelCode::Alipay } else { ChannelCode::AlipayWap };
            let numbered = PaymentRequest {
                out_trade_no: format!("hb{i}t{}", i * 7919),
                amount_fen: 1 + i * 997,
                credits: i,
                locale: if i % 3 == 0 { haibao::domain::Locale::En } else { haibao::domain::Locale::Zh },
                ..request(method)
            };
            pages.push(alipay.create(&numbered).await.expect("a page").url.expect("an address"));
        }
        for i in 0..500_i64 {
            let (out_trade_no, reference) = (format!("hb{i}t{}", i * 7919), None);
            if i % 2 == 0 {
                let _ = wechat.query(&PaymentRef { out_trade_no, reference }).await;
            } else {
                gateway.will(200, &json!({ "code_url": "weixin://x" }), Flaw::None);
                let _ = wechat.create(&PaymentRequest { out_trade_no, ..request(ChannelCode::WechatPay) }).await;
            }
        }
        let requests: Vec<Value> = gateway.asked().into_iter().map(|asked| {
            let authorization = asked.headers["authorization"].to_str().expect("text");
            json!({ "method": asked.method, "path": asked.path, "body": asked.body, "authorization": authorization })
        }).collect();
        assert_eq!(requests.len(), 500);
        put(folder, "wechat-requests.json", &json!(requests));
        put(folder, "alipay-pages.json", &json!(pages));
    });
}

#[expect(clippy::disallowed_methods, reason = "a test leaves its own files")]
fn put(folder: &Path, name: &str, value: &Value) {
    fs::write(folder.join(name), value.to_string()).expect("written");
}
