//! A storm of call-backs through all real channels at once: repeated, in any order, beside each other,
//! before the channel answered, after the order was closed, forged, altered and ten days late. Every paid
//! order is credited once, and nothing else is.
//!
//! `TEST_NOTIFIES=10000 cargo test --test it payments_storm` tells more often.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use entity::{enums::OrderStatus, orders, payment_attempts, payment_notifies, users};
use futures_util::{StreamExt, stream};
use haibao::{
    clock::Clock,
    config::{Settings, Sources},
    domain::Locale,
    ids::{IdSource, SeededIds},
    payments::{
        AlipayChannel, AlipayOptions, ChannelCode, Channels, EpayChannel, EpayKeys, EpayOptions, PaymentChannel,
        StripeChannel, StripeOptions, WechatChannel, WechatOptions,
    },
    providers::image::ScriptedProvider,
    services::{
        Viewer,
        limits::RateLimits,
        orders::{CreateOrder, CreateOrderOutcome, Orders},
    },
};
use sea_orm::EntityTrait;

use crate::support::{
    database::engines,
    environment,
    gateway::{Gateway, Language, pem},
    house::House,
    rows::{self, AT_MS},
    run,
    teller::{STRIPE_SECRET, Says, Teller, Told, WECHAT_API_KEY, WECHAT_KEY_ID},
};

/// Call-backs in CI.
const NOTIFIES: usize = 1_600;
/// Call-backs on their way at the same time.
const AT_ONCE: usize = 32;
const CHANNELS: [ChannelCode; 4] =
    [ChannelCode::Alipay, ChannelCode::WechatPay, ChannelCode::Stripe, ChannelCode::Epay];

/// The channels, asked at a gateway that answers nothing: orders of those that must be asked are left
/// without an answer, and their money comes all the same.
fn channels(gateway: &Gateway, clock: &Arc<dyn Clock>) -> Channels {
    let public_url = "https://haibao.example".to_owned();
    let alipay = AlipayOptions {
        app_id: "2021000000000001".to_owned(),
        seller_id: "2088000000000001".to_owned(),
        private_key: pem("ours-private").into(),
        alipay_public_key: pem("theirs-public"),
        gateway: format!("{}/gateway.do", gateway.url),
        allow_private_address: true,
        methods: vec![ChannelCode::Alipay],
        public_url: public_url.clone(),
    };
    let wechat = WechatOptions {
        mch_id: "1900000001".to_owned(),
        app_id: "wx0000000000000001".to_owned(),
        serial_no: "AB12".to_owned(),
        private_key: pem("ours-private").into(),
        api_v3_key: WECHAT_API_KEY.into(),
        public_key: Some((WECHAT_KEY_ID.to_owned(), pem("theirs-public"))),
        platform_certificates: None,
        base_url: gateway.url.clone(),
        allow_private_address: true,
        methods: vec![ChannelCode::WechatPay],
        public_url: public_url.clone(),
    };
    let stripe = StripeOptions {
        secret_key: "sk_test_1".into(),
        webhook_secrets: vec![STRIPE_SECRET.into()],
        base_url: gateway.url.clone(),
        allow_private_address: true,
        public_url: public_url.clone(),
    };
    let epay = EpayOptions {
        base_url: gateway.url.clone(),
        pid: "1001".to_owned(),
        keys: EpayKeys::V2 { private_key: pem("ours-private").into(), public_key: pem("theirs-public") },
        pay_type: None,
        allow_private_address: true,
        public_url,
    };
    let ids: Arc<dyn IdSource> = Arc::new(SeededIds::new(3));
    let all: [Arc<dyn PaymentChannel>; 4] = [
        Arc::new(AlipayChannel::new(alipay, Arc::clone(clock)).expect("alipay")),
        Arc::new(WechatChannel::new(wechat, Arc::clone(clock), ids).expect("wechat")),
        Arc::new(StripeChannel::new(stripe, Arc::clone(clock)).expect("stripe")),
        Arc::new(EpayChannel::new(epay, Arc::clone(clock)).expect("epay")),
    ];
    Channels::new(all)
}

/// An order and what will become of it.
struct Ordered {
    channel: ChannelCode,
    order: orders::Model,
    says: Says,
    is_paid: bool,
}

#[test]
fn a_storm_of_call_backs_credits_each_paid_order_once() {
    let notifies = environment("TEST_NOTIFIES").and_then(|count| count.parse().ok()).unwrap_or(NOTIFIES);
    run(async {
        for engine in engines() {
            let house = House::new(engine, ScriptedProvider::new(), 1).await;
            let gateway = Gateway::start(Language::Plain).await;
            let mut limits = Settings::load(&Sources::default()).expect("the defaults").limits;
            limits.orders_per_hour = 0;
            let limits = RateLimits::new(&limits, &house.context.clock);
            let channels = channels(&gateway, &house.context.clock);
            let orders = Orders::new(house.context.clone(), channels, limits, Duration::from_mins(30));
            let ordered = order(&house, &orders, notifies / 20).await;

            let (teller, chance) = (Teller::new(), SeededIds::new(5));
            let mut told: Vec<Told> = Vec::new();
            for one in &ordered {
                told.extend(call_backs(&teller, one));
            }
            let unpaid = ordered.iter().filter(|one| !one.is_paid).count();
            for place in (1..told.len()).rev() {
                told.swap(place, chance.below(place as u32 + 1) as usize);
            }
            let answers = stream::iter(&told).map(|told| async {
                orders.notify(told.channel.slug(), &told.notify()).await.expect("an answer").status
            });
            let answers: Vec<u16> = answers.buffer_unordered(AT_ONCE).collect().await;
            assert!(answers.iter().all(|status| [200, 400].contains(status)), "{engine:?}: {answers:?}");
            check(&house, &ordered).await;

            // Ten days later everything genuine comes again.
            house.clock.advance_ms(10 * 86_400_000);
            for one in ordered.iter().filter(|one| one.is_paid) {
                let again = teller.paid(one.channel, &one.says, AT_MS / 1000, true);
                let answer = orders.notify(one.channel.slug(), &again.notify()).await.expect("an answer");
                // Those with a time in their signature are refused as recordings, the others are known.
                let is_timed = matches!(one.channel, ChannelCode::WechatPay | ChannelCode::Stripe);
                assert_eq!(answer.status, if is_timed { 400 } else { 200 }, "{:?}", one.channel);
            }
            check(&house, &ordered).await;
            println!(
                "{engine:?}: {} orders of 4 channels, {unpaid} never paid for, {} call-backs {AT_ONCE} at a time",
                ordered.len(),
                told.len()
            );
        }
    });
}

/// Orders of a few people through every channel; one in four is closed before its money comes, one in
/// five is never paid for.
async fn order(house: &House, orders: &Orders, count: usize) -> Vec<Ordered> {
    let txn = house.database().write().await.expect("a transaction");
    let mut viewers = Vec::new();
    for number in 0..8 {
        let user = rows::user(&txn, &format!("payer{number}@example.com")).await;
        viewers.push(Viewer::session(user.id, "session", i64::MAX));
    }
    txn.commit().await.expect("committed");
    for number in 0..count {
        let channel = CHANNELS[number % 4];
        let input = CreateOrder {
            idempotency_key: format!("order-{number}"),
            amount_yuan: 1 + (number as i64 % 50),
            channel,
            payer_address: None,
            payer_id: None,
        };
        let made = orders.create(&viewers[number / 4 % 8], input, Locale::Zh).await.expect("an answer");
        let is_asked = matches!(channel, ChannelCode::WechatPay | ChannelCode::Stripe);
        assert_eq!(matches!(made, CreateOrderOutcome::ChannelUnavailable), is_asked, "{channel:?}: {made:?}");
    }
    let rows = orders::Entity::find().all(house.database().read()).await.expect("the orders");
    assert_eq!(rows.len(), count, "an order is there before the channel answers");
    let attempts = payment_attempts::Entity::find().all(house.database().read()).await.expect("the attempts");
    let numbers: BTreeMap<i64, String> =
        attempts.into_iter().map(|attempt| (attempt.order_id, attempt.out_trade_no)).collect();
    let mut ordered = Vec::new();
    for (place, order) in rows.into_iter().enumerate() {
        let says = Says {
            number: numbers[&order.id].clone(),
            trade_no: format!("T{}", order.id),
            amount_fen: order.amount_fen,
            merchant: true,
            currency: true,
        };
        if place % 4 == 3 {
            let viewer = Viewer::session(order.user_id, "session", i64::MAX);
            orders.cancel(&viewer, order.id).await.expect("closed");
        }
        let channel = ChannelCode::from_slug(&order.channel).expect("a channel");
        ordered.push(Ordered { channel, order, says, is_paid: place % 5 != 2 });
    }
    ordered
}

/// What the channel, and others in its name, tell of an order.
fn call_backs(teller: &Teller, one: &Ordered) -> Vec<Told> {
    let (now, says) = (AT_MS / 1000, &one.says);
    let genuine = |says: &Says, seconds| teller.paid(one.channel, says, seconds, true);
    let mut told = vec![
        teller.paid(one.channel, says, now, false),
        genuine(&Says { amount_fen: says.amount_fen + 1, ..says.clone() }, now),
        genuine(&Says { amount_fen: (says.amount_fen - 1).max(1), ..says.clone() }, now),
        genuine(&Says { merchant: false, ..says.clone() }, now),
        genuine(&Says { currency: false, ..says.clone() }, now),
        genuine(&Says { number: format!("{}0", says.number), ..says.clone() }, now),
    ];
    if one.is_paid {
        // The same money, told again and again over the minutes.
        told.extend((0..14).map(|time| genuine(says, now - 20 * time)));
    }
    told
}

/// Every paid order is credited once, and nothing else is; every invariant holds.
async fn check(house: &House, ordered: &[Ordered]) {
    let reader = house.database().read();
    let mut expected: BTreeMap<i64, i64> = BTreeMap::new();
    for one in ordered {
        let now = orders::Entity::find_by_id(one.order.id).one(reader).await.expect("an answer").expect("the order");
        assert_eq!(now.status == OrderStatus::Paid, one.is_paid, "{:?} {:?}", one.channel, now);
        *expected.entry(one.order.user_id).or_default() += if one.is_paid { one.order.amount } else { 0 };
    }
    for (user_id, credits) in expected {
        let user = users::Entity::find_by_id(user_id).one(reader).await.expect("an answer").expect("the payer");
        assert_eq!(user.credits, credits, "user {user_id}");
    }
    let kept = payment_notifies::Entity::find().all(reader).await.expect("the call-backs");
    let credited = kept.iter().filter(|row| row.verdict == "credited").count();
    assert_eq!(credited, ordered.iter().filter(|one| one.is_paid).count());
    house.assert_sound().await;
}
