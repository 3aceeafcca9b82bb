//! From an order to credits, through everything that can come in between.

use ::entity::{ledger_entries, payment_notifies};
use http::HeaderMap;
use sea_orm::PaginatorTrait;

use super::*;
use crate::{
    clock::Clock,
    config,
    domain::Locale,
    payments::{ChannelError, Notify, NotifyAnswer, PaymentInstructions, SandboxChannel, ScriptedChannel},
    services::testing::{House, NOW_MS},
};

pub(in crate::services) struct Till {
    pub(in crate::services) house: House,
    pub(in crate::services) orders: Orders,
    pub(in crate::services) scripted: Arc<ScriptedChannel>,
    sandbox: Arc<SandboxChannel>,
    pub(in crate::services) me: Viewer,
}

impl Till {
    pub(in crate::services) async fn open() -> Self {
        Self::with_limit(0).await
    }

    async fn with_limit(orders_per_hour: u32) -> Self {
        let house = House::open().await;
        let scripted = Arc::new(ScriptedChannel::new(ChannelCode::Epay));
        let sandbox = Arc::new(SandboxChannel::new(&[3; 32], "http://127.0.0.1:8080"));
        let channels = Channels::new([scripted.clone() as Arc<_>, sandbox.clone() as Arc<_>]);
        let mut settings = config::Settings::load(&config::Sources::default()).unwrap().limits;
        settings.orders_per_hour = orders_per_hour;
        let clock: Arc<dyn Clock> = Arc::new(house.clock.clone());
        let limits = RateLimits::new(&settings, &clock);
        let orders = Orders::new(house.context.clone(), channels, limits, Duration::from_mins(30));
        let me = house.person("li@example.com").await;
        Self { house, orders, scripted, sandbox, me }
    }

    fn input(key: &str, amount_yuan: i64, channel: ChannelCode) -> CreateOrder {
        let idempotency_key = key.to_owned();
        CreateOrder { idempotency_key, amount_yuan, channel, payer_address: None, payer_id: None }
    }

    async fn try_create(&self, key: &str, amount_yuan: i64, channel: ChannelCode) -> CreateOrderOutcome {
        let input = Self::input(key, amount_yuan, channel);
        self.orders.create(&self.me, input, Locale::Zh).await.unwrap()
    }

    pub(in crate::services) async fn create(&self, key: &str, amount_yuan: i64) -> (orders::Model, String) {
        let CreateOrderOutcome::Created { order, .. } = self.try_create(key, amount_yuan, ChannelCode::Epay).await
        else {
            panic!("an order is made")
        };
        let attempt = self.orders.attempt_of(order.id).await.unwrap().unwrap();
        (*order, attempt.out_trade_no)
    }

    pub(in crate::services) async fn notify(&self, channel: &str, body: &str) -> NotifyAnswer {
        let notify = Notify { query: "", headers: &HeaderMap::new(), body: body.as_bytes() };
        self.orders.notify(channel, &notify).await.unwrap()
    }

    pub(in crate::services) async fn pay(&self, out_trade_no: &str, trade_no: &str, amount_fen: i64) -> bool {
        let body = format!("out_trade_no={out_trade_no}&trade_no={trade_no}&amount_fen={amount_fen}");
        self.notify("epay", &body).await.body == "success"
    }

    pub(in crate::services) async fn credits(&self) -> i64 {
        self.house.wallet(self.me.user_id).await.credits
    }

    pub(in crate::services) async fn order(&self, id: i64) -> orders::Model {
        self.orders.order(&self.me, id).await.unwrap().unwrap()
    }

    pub(in crate::services) async fn verdicts(&self) -> Vec<String> {
        let rows = payment_notifies::Entity::find().order_by_asc(payment_notifies::Column::Id);
        let rows = rows.all(self.house.context.database.read()).await.unwrap();
        rows.into_iter().map(|row| row.verdict).collect()
    }
}

#[tokio::test]
async fn the_sandboxs_page_pays_an_order_once_however_often_it_is_told() {
    let till = Till::open().await;
    let CreateOrderOutcome::Created { order, payment } = till.try_create("k", 10, ChannelCode::Sandbox).await else {
        panic!("an order is made")
    };
    assert_eq!((order.amount, order.amount_fen, order.status), (100, 1000, OrderStatus::Pending));
    let url = payment.url.unwrap();
    let page = till.sandbox.pay_page(url.split_once('?').unwrap().1, Locale::Zh, NOW_MS);
    let form = page.html.split("<form id=\"pay\"").nth(1).and_then(|rest| rest.split("</form>").next()).unwrap();
    let fields = form.split("<input type=\"hidden\" name=\"").skip(1).map(|input| {
        let (name, rest) = input.split_once("\" value=\"").unwrap();
        format!("{name}={}", rest.split('"').next().unwrap())
    });
    let body = fields.collect::<Vec<_>>().join("&");

    let told = futures_util::future::join_all((0..100).map(|_| till.notify("sandbox", &body))).await;
    assert!(told.iter().all(|answer| answer.status == 200 && answer.body == "success"));
    assert_eq!(till.credits().await, 100);
    let reader = till.house.context.database.read();
    assert_eq!(ledger_entries::Entity::find().count(reader).await.unwrap(), 1);
    let paid = till.order(order.id).await;
    assert!(paid.status == OrderStatus::Paid && paid.trade_no.is_some() && paid.paid_at_ms == Some(NOW_MS));
    let verdicts = till.verdicts().await;
    assert_eq!(verdicts.iter().filter(|verdict| *verdict == "credited").count(), 1);
    assert_eq!(verdicts.iter().filter(|verdict| *verdict == "duplicate").count(), 99);

    let tampered = till.notify("sandbox", &body.replace("amount_fen=1000", "amount_fen=9000")).await;
    assert_eq!((tampered.status, tampered.body.as_str()), (400, "fail"));
    assert_eq!(till.verdicts().await.last().map(String::as_str), Some("bad_signature"));
    assert_eq!(till.credits().await, 100);
}

#[tokio::test]
async fn what_is_not_ours_or_not_right_is_refused_and_kept() {
    let till = Till::open().await;
    let (order, number) = till.create("k", 10).await;
    assert!(!till.pay("hb999tzzzzzzzzzz", "T1", 1000).await);
    assert!(!till.pay(&number, "T1", 999).await);
    assert!(!till.pay(&number, "T1", 1001).await);
    let forged = till.notify("epay", &format!("out_trade_no={number}&trade_no=T1&amount_fen=1000&forged=1")).await;
    assert_eq!(forged.status, 400);
    assert_eq!(till.notify("epay", "garbage").await.status, 400);
    let verdicts = ["unknown_order", "wrong_amount", "wrong_amount", "bad_signature", "malformed"];
    assert_eq!(till.verdicts().await, verdicts);
    assert_eq!((till.credits().await, till.order(order.id).await.status), (0, OrderStatus::Pending));
    let notify = Notify { query: "", headers: &HeaderMap::new(), body: b"" };
    assert!(matches!(till.orders.notify("alipay", &notify).await, Err(ServiceError::NotFound)), "not configured");
    assert!(matches!(till.orders.notify("../x", &notify).await, Err(ServiceError::NotFound)));
}

#[tokio::test]
async fn a_number_counts_for_one_order_and_an_order_for_one_number() {
    let till = Till::open().await;
    let (_, first) = till.create("a", 10).await;
    let (second_order, second) = till.create("b", 10).await;
    assert!(till.pay(&first, "T1", 1000).await);
    assert!(!till.pay(&second, "T1", 1000).await, "the channel's number was used before");
    assert_eq!(till.order(second_order.id).await.status, OrderStatus::Pending);
    assert!(till.pay(&first, "T2", 1000).await, "money that came twice is taken note of");
    assert_eq!(till.credits().await, 100, "and credited once");
    assert_eq!(till.verdicts().await, ["credited", "trade_no_reused", "overpaid"]);
}

#[tokio::test]
async fn late_money_for_a_closed_order_is_credited() {
    let till = Till::open().await;
    let (order, number) = till.create("k", 1).await;
    let CancelOrderOutcome::Closed(closed) = till.orders.cancel(&till.me, order.id).await.unwrap() else {
        panic!("closed")
    };
    assert_eq!(closed.status, OrderStatus::Closed);
    assert_eq!(till.scripted.closed(), std::slice::from_ref(&number));
    let again = till.orders.cancel(&till.me, order.id).await.unwrap();
    assert!(matches!(again, CancelOrderOutcome::Closed(_)), "closing twice is closing");
    assert!(till.pay(&number, "T1", 100).await);
    assert_eq!((till.credits().await, till.order(order.id).await.status), (10, OrderStatus::Paid));
    let too_late = till.orders.cancel(&till.me, order.id).await.unwrap();
    assert!(matches!(too_late, CancelOrderOutcome::Invalid(_)), "paid is paid");
    assert_eq!(till.notify("epay", &format!("out_trade_no={number}&closed=1")).await.status, 200);
    assert_eq!(till.order(order.id).await.status, OrderStatus::Paid, "a channel cannot close what it was paid for");
}

#[tokio::test]
async fn the_channel_can_close_an_order() {
    let till = Till::open().await;
    let (order, number) = till.create("k", 1).await;
    assert_eq!(till.notify("epay", &format!("out_trade_no={number}&closed=1")).await.body, "success");
    assert_eq!(till.order(order.id).await.status, OrderStatus::Closed);
}

#[tokio::test]
async fn the_same_key_is_the_same_order() {
    let till = Till::with_limit(1).await;
    let made = futures_util::future::join_all((0..100).map(|_| till.try_create("k", 10, ChannelCode::Epay))).await;
    let mut ids: Vec<i64> = made
        .iter()
        .filter_map(|outcome| match outcome {
            CreateOrderOutcome::Created { order, .. } => Some(order.id),
            CreateOrderOutcome::TooOften { .. } => None,
            other => panic!("{other:?}"),
        })
        .collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!(orders::Entity::find().count(till.house.context.database.read()).await.unwrap(), 1);
    let replayed = till.try_create("k", 10, ChannelCode::Epay).await;
    assert!(matches!(replayed, CreateOrderOutcome::Created { .. }), "a repeated request is not counted");
    let limited = till.try_create("other", 10, ChannelCode::Epay).await;
    assert_eq!(limited, CreateOrderOutcome::TooOften { retry_after_ms: 3_600_000 });
    let other = Till::input("k", 11, ChannelCode::Epay);
    let conflict = till.orders.create(&till.me, other, Locale::Zh).await;
    assert!(matches!(conflict, Err(ServiceError::IdempotencyConflict)));
}

#[tokio::test]
async fn amounts_keys_and_channels_are_checked() {
    let till = Till::open().await;
    for amount in [0, -1, 5001, i64::MAX, i64::MIN] {
        let CreateOrderOutcome::Invalid(fields) = till.try_create("k", amount, ChannelCode::Epay).await else {
            panic!("{amount}")
        };
        assert_eq!(fields, [FieldRefusal::new("amountYuan", Refusal::OutOfRange)]);
    }
    let CreateOrderOutcome::Invalid(fields) = till.try_create("", 1, ChannelCode::Epay).await else { panic!("no key") };
    assert_eq!(fields[0].path, "idempotencyKey");
    let unconfigured = till.try_create("k", 1, ChannelCode::Alipay).await;
    assert_eq!(unconfigured, CreateOrderOutcome::ChannelUnavailable);
    assert_eq!(orders::Entity::find().count(till.house.context.database.read()).await.unwrap(), 0);
    assert_eq!(till.orders.channels().collect::<Vec<_>>(), [ChannelCode::Sandbox, ChannelCode::Epay]);
}

#[tokio::test]
async fn a_channel_that_fails_is_asked_again_for_the_same_payment() {
    let till = Till::open().await;
    till.scripted.will_answer(Err(ChannelError::Unavailable));
    let code = PaymentInstructions { qr_code: Some("weixin://pay".to_owned()), ..PaymentInstructions::default() };
    till.scripted.will_answer(Ok(code.clone()));
    assert_eq!(till.try_create("k", 5, ChannelCode::Epay).await, CreateOrderOutcome::ChannelUnavailable);
    for _ in 0..2 {
        let CreateOrderOutcome::Created { payment, .. } = till.try_create("k", 5, ChannelCode::Epay).await else {
            panic!("the second try works")
        };
        assert_eq!(payment, code);
    }
    let asked = till.scripted.requests();
    assert_eq!(asked.len(), 2, "what is known is not asked again");
    assert_eq!(asked[0].out_trade_no, asked[1].out_trade_no);
    let number = &asked[0].out_trade_no;
    assert!((6..=32).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric()), "{number}");
}

#[tokio::test]
async fn what_nobody_paid_is_closed_in_time() {
    let till = Till::open().await;
    let (order, number) = till.create("k", 1).await;
    till.house.clock.advance_ms(1_800_000);
    assert_eq!(till.orders.expire().await.unwrap(), 0, "until the last moment it can be paid");
    till.house.clock.advance_ms(1);
    assert_eq!(till.orders.expire().await.unwrap(), 1);
    assert_eq!(till.orders.expire().await.unwrap(), 0);
    assert_eq!(till.order(order.id).await.status, OrderStatus::Closed);
    assert_eq!(till.scripted.closed(), [number]);
}

#[tokio::test]
async fn orders_are_their_owners_and_come_newest_first() {
    let till = Till::open().await;
    let mut ids = Vec::new();
    for i in 0..5 {
        ids.push(till.create(&format!("k{i}"), 1).await.0.id);
    }
    ids.reverse();
    let window = |limit, after, before, from_end| Window { limit, after, before, from_end };
    let page = async |window: Window<i64>| {
        let page = till.orders.page(&till.me, &window).await.unwrap();
        (page.rows.iter().map(|row| row.id).collect::<Vec<_>>(), page.has_more)
    };
    assert_eq!(page(window(3, None, None, false)).await, (ids[..3].to_vec(), true));
    assert_eq!(page(window(3, Some(ids[2]), None, false)).await, (ids[3..].to_vec(), false));
    assert_eq!(page(window(2, None, Some(ids[3]), true)).await, (ids[1..3].to_vec(), true));

    let stranger = till.house.person("wang@example.com").await;
    assert_eq!(till.orders.order(&stranger, ids[0]).await.unwrap(), None);
    assert!(matches!(till.orders.cancel(&stranger, ids[0]).await, Err(ServiceError::NotFound)));
    assert!(till.orders.page(&stranger, &window(3, None, None, false)).await.unwrap().rows.is_empty());
}

#[tokio::test]
async fn a_flood_of_forgeries_does_not_fill_the_table() {
    let till = Till::open().await;
    for _ in 0..(REFUSALS_KEPT_PER_MINUTE + 30) {
        assert_eq!(till.notify("epay", "garbage").await.status, 400);
    }
    let kept = till.verdicts().await.len();
    assert!((REFUSALS_KEPT_PER_MINUTE as usize..REFUSALS_KEPT_PER_MINUTE as usize + 30).contains(&kept), "{kept}");
}
