//! From an event's transaction to a partner's server and back into the log.

mod addresses;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use ::entity::{
    enums::{GenerationState, WebhookDeliveryState, WebhookOutcome},
    generations, webhook_attempts, webhook_deliveries, webhook_endpoints,
};
use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, QueryOrder};
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

use super::*;
use crate::{
    clock::Clock as _,
    domain::FailureCode,
    events::{self, Fact, Summary},
    ledger::Wallet,
    services::{
        ServiceError, Viewer,
        testing::{House, NOW_MS},
    },
    webhooks::{WebhookKind, WebhookSecret, enqueue_order_in_txn, signature},
};

const SET: &str = "session_20260110143052_a3f2";
const DAY_MS: i64 = 86_400_000;

/// A partner's server: keeps what it is told and answers as scripted, the last answer for ever.
#[derive(Clone)]
struct Partner {
    url: String,
    told: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    answers: Arc<Mutex<Vec<u16>>>,
}

impl Partner {
    async fn open(tasks: &TaskTracker) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let partner = Self { url, told: Arc::default(), answers: Arc::new(Mutex::new(vec![200])) };
        let this = partner.clone();
        let hear = move |headers: HeaderMap, body: Bytes| {
            let this = this.clone();
            async move {
                this.told.lock().unwrap().push((headers, String::from_utf8(body.to_vec()).unwrap()));
                let mut answers = this.answers.lock().unwrap();
                let status = if answers.len() > 1 { answers.remove(0) } else { answers[0] };
                (StatusCode::from_u16(status).unwrap(), [("location", "/elsewhere")])
            }
        };
        tasks.spawn(axum::serve(listener, Router::new().route("/hook", post(hear))).into_future());
        partner
    }

    fn answer(&self, statuses: &[u16]) {
        *self.answers.lock().unwrap() = statuses.to_vec();
    }

    fn take(&self) -> Vec<(HeaderMap, String)> {
        std::mem::take(&mut self.told.lock().unwrap())
    }
}

struct Office {
    house: House,
    webhooks: Webhooks,
    courier: Courier,
    partner: Partner,
    me: Viewer,
    // Ends with the test.
    _tasks: TaskTracker,
}

fn policy(allow_private_addresses: bool) -> WebhookPolicy {
    WebhookPolicy {
        endpoints_max: 3,
        allow_private_addresses,
        timeout: Duration::from_secs(5),
        log_kept_ms: 30 * DAY_MS,
        public_url: "https://posters.example.com".to_owned(),
    }
}

fn webhooks(house: &House, allow_private_addresses: bool) -> Webhooks {
    let sealer = WebhookSealer::new([3; 32], Vec::new());
    Webhooks::new(house.context.clone(), sealer, policy(allow_private_addresses)).unwrap()
}

impl Office {
    async fn open() -> Self {
        let house = House::open().await;
        let tasks = TaskTracker::new();
        let partner = Partner::open(&tasks).await;
        let webhooks = webhooks(&house, true);
        let me = house.person("li@example.com").await;
        let courier = Courier::new(webhooks.clone(), true);
        Self { house, webhooks, courier, partner, me, _tasks: tasks }
    }

    async fn endpoint(&self, kinds: &[WebhookKind]) -> (webhook_endpoints::Model, WebhookSecret) {
        let input = CreateEndpoint { url: self.partner.url.clone(), description: None, kinds: kinds.to_vec() };
        match self.webhooks.create(&self.me, input).await.unwrap() {
            EndpointOutcome::Done { endpoint, secret } => (*endpoint, secret.unwrap()),
            EndpointOutcome::Invalid(fields) => panic!("{fields:?}"),
        }
    }

    /// Something happens to a set of this person's.
    async fn happen(&self, viewer: &Viewer, set: &str, fact: &Fact) {
        let txn = self.house.context.database.write().await.unwrap();
        if generations::Entity::find_by_id(set).one(&txn).await.unwrap().is_none() {
            let row = generations::ActiveModel {
                id: Set(set.to_owned()),
                user_id: Set(viewer.user_id),
                idempotency_key: Set(format!("key-of-{set}")),
                request_sha256: Set(String::new()),
                state: Set(GenerationState::Completed),
                description: Set("A mug".to_owned()),
                product_name: Set(Some("粗陶杯".to_owned())),
                photo_ids: Set("[]".to_owned()),
                format: Set("PORTRAIT_9_16".to_owned()),
                seed: Set(7),
                last_seq: Set(0),
                version: Set(0),
                created_at_ms: Set(NOW_MS),
                ..Default::default()
            };
            row.insert(&txn).await.unwrap();
        }
        events::append_in_txn(&txn, set, fact, self.house.clock.now_ms()).await.unwrap();
        txn.commit().await.unwrap();
    }

    async fn deliveries(&self) -> Vec<webhook_deliveries::Model> {
        let all = webhook_deliveries::Entity::find().order_by_asc(webhook_deliveries::Column::Id);
        all.all(self.house.context.database.read()).await.unwrap()
    }

    async fn tries(&self) -> Vec<webhook_attempts::Model> {
        let all = webhook_attempts::Entity::find().order_by_asc(webhook_attempts::Column::Id);
        all.all(self.house.context.database.read()).await.unwrap()
    }

    async fn stored(&self, id: i64) -> webhook_endpoints::Model {
        webhook_endpoints::Entity::find_by_id(id).one(self.house.context.database.read()).await.unwrap().unwrap()
    }

    /// Delivers what is due, moving on to the next due time as often as needed until nothing waits.
    async fn deliver_all(&self) {
        loop {
            self.courier.deliver_due().await.unwrap();
            let waiting = self.deliveries().await.into_iter().filter(|row| row.state == WebhookDeliveryState::Queued);
            let Some(next) = waiting.map(|row| row.run_after_ms).min() else { return };
            self.house.clock.advance_ms(next - self.house.clock.now_ms());
        }
    }
}

const fn wallet() -> Wallet {
    Wallet { credits: 36, frozen: 4, version: 9 }
}

fn completed() -> Fact {
    let summary =
        Summary { total: 2, succeeded: 1, refunded: 1, canceled: 0, credits_captured: 4, credits_released: 4 };
    Fact::GenerationCompleted { summary, wallet: wallet() }
}

fn refunded() -> Fact {
    let failure = FailureCode::ContentRejected;
    Fact::PosterRefunded { poster_id: 1, failure, credits_released: 4, wallet: wallet() }
}

#[tokio::test]
async fn what_was_asked_for_is_told_signed_and_once() {
    let office = Office::open().await;
    let (_, secret) = office.endpoint(&[WebhookKind::GenerationCompleted, WebhookKind::OrderPaid]).await;
    let (second, _) = office.endpoint(&[WebhookKind::PosterRefunded]).await;
    let stranger = office.house.person("wang@example.com").await;
    office.happen(&office.me, SET, &refunded()).await;
    office.happen(&office.me, SET, &Fact::ProductNamed { product_name: "杯".to_owned() }).await;
    office.happen(&office.me, SET, &completed()).await;
    office.happen(&stranger, "session_20260110143052_ffff", &completed()).await;
    let queued: Vec<_> = office.deliveries().await.into_iter().map(|row| (row.kind, row.source)).collect();
    assert_eq!(
        queued,
        [("poster.refunded".to_owned(), format!("{SET}#1")), ("generation.completed".to_owned(), format!("{SET}#3"))]
    );

    assert_eq!(office.courier.deliver_due().await.unwrap(), 2);
    assert_eq!(office.courier.deliver_due().await.unwrap(), 0, "told once");
    let told = office.partner.take();
    let (headers, body) = &told[1];
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let id = header("webhook-id");
    let timestamp_s: i64 = header("webhook-timestamp").parse().unwrap();
    assert_eq!((header("content-type").as_str(), timestamp_s), ("application/json", NOW_MS / 1000));
    assert_eq!(header("webhook-signature"), signature(&[secret], &id, timestamp_s, body.as_bytes()));
    let message: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        message,
        serde_json::json!({
            "type": "generation.completed",
            "timestamp": "2026-01-01T00:00:00.000Z",
            "data": {
                "generationId": SET, "seq": "3", "productName": "粗陶杯",
                "summary": { "total": 2, "succeeded": 1, "refunded": 1, "canceled": 0, "creditsCaptured": 4, "creditsReleased": 4 },
                "wallet": { "credits": 36, "frozen": 4, "version": 9 },
            },
        })
    );
    let refund: serde_json::Value = serde_json::from_str(&told[0].1).unwrap();
    assert_eq!(refund["data"]["failure"], serde_json::json!({ "code": "CONTENT_REJECTED", "retryable": false }));

    let rows = office.deliveries().await;
    assert!(rows.iter().all(|row| row.state == WebhookDeliveryState::Delivered && row.finished_at_ms.is_some()));
    assert_eq!(office.tries().await.iter().map(|row| row.status).collect::<Vec<_>>(), [Some(200), Some(200)]);
    office.webhooks.delete(&office.me, second.id).await.unwrap();
    office.happen(&office.me, SET, &refunded()).await;
    assert_eq!(office.deliveries().await.len(), 2, "who is gone is told nothing");
}

#[tokio::test]
async fn a_paid_order_is_told_once_however_often_it_is_queued() {
    let office = Office::open().await;
    office.endpoint(&[WebhookKind::OrderPaid]).await;
    for _ in 0..3 {
        let txn = office.house.context.database.write().await.unwrap();
        enqueue_order_in_txn(&txn, office.me.user_id, 12, NOW_MS).await.unwrap();
        txn.commit().await.unwrap();
    }
    let txn = office.house.context.database.write().await.unwrap();
    enqueue_order_in_txn(&txn, office.me.user_id, 13, NOW_MS).await.unwrap();
    drop(txn);
    let sources: Vec<String> = office.deliveries().await.into_iter().map(|row| row.source).collect();
    assert_eq!(sources, ["order:12"], "what was rolled back did not happen");
}

#[tokio::test]
async fn failures_are_tried_again_later_with_the_same_bytes() {
    let office = Office::open().await;
    let (endpoint, _) = office.endpoint(&[WebhookKind::GenerationCompleted]).await;
    office.partner.answer(&[500, 302, 429, 204]);
    office.happen(&office.me, SET, &completed()).await;
    office.courier.deliver_due().await.unwrap();
    assert_eq!(office.courier.deliver_due().await.unwrap(), 0, "not before its time");
    assert!(office.stored(endpoint.id).await.failing_since_ms.is_some());
    let first_pause_ms = office.deliveries().await[0].run_after_ms - NOW_MS;
    assert!((4_000..=6_000).contains(&first_pause_ms), "{first_pause_ms}");
    office.deliver_all().await;

    let told = office.partner.take();
    assert_eq!(told.len(), 4, "a redirect is a refusal and is not followed");
    assert!(told.iter().all(|(_, body)| *body == told[0].1));
    assert!(told.iter().all(|(headers, _)| headers["webhook-id"] == told[0].0["webhook-id"]));
    let outcomes: Vec<_> = office.tries().await.into_iter().map(|row| (row.outcome, row.status)).collect();
    let [refused, delivered] = [WebhookOutcome::Refused, WebhookOutcome::Delivered];
    assert_eq!(outcomes, [(refused, Some(500)), (refused, Some(302)), (refused, Some(429)), (delivered, Some(204))]);
    assert_eq!(office.stored(endpoint.id).await.failing_since_ms, None);
}

#[tokio::test]
async fn after_three_days_a_message_is_given_up_and_its_endpoint_switched_off() {
    let office = Office::open().await;
    let (endpoint, _) = office.endpoint(&[WebhookKind::GenerationCompleted]).await;
    office.partner.answer(&[503]);
    office.happen(&office.me, SET, &completed()).await;
    office.deliver_all().await;
    let row = office.deliveries().await.remove(0);
    assert_eq!((row.state, row.failures), (WebhookDeliveryState::Failed, 12));
    let lasted_days = (row.finished_at_ms.unwrap() - NOW_MS) / DAY_MS;
    assert!((2..=4).contains(&lasted_days), "{lasted_days}");

    // One more message, and one more day of silence: the endpoint is switched off, what waits stays.
    office.house.clock.advance_ms(2 * DAY_MS);
    office.happen(&office.me, SET, &completed()).await;
    office.courier.deliver_due().await.unwrap();
    let off = office.stored(endpoint.id).await;
    assert_eq!((off.disabled_reason.as_deref(), off.disabled_at_ms.is_some()), (Some("failing"), true));
    office.happen(&office.me, SET, &completed()).await;
    assert_eq!(office.deliveries().await.len(), 2, "nothing is queued for who is off");
    office.partner.answer(&[200]);
    office.house.clock.advance_ms(DAY_MS);
    assert_eq!(office.courier.deliver_due().await.unwrap(), 0);

    // Switched on again, it gets what waited; what was given up is sent again by hand.
    let on = UpdateEndpoint { is_enabled: Some(true), ..UpdateEndpoint::default() };
    office.webhooks.update(&office.me, endpoint.id, on).await.unwrap();
    assert_eq!(office.courier.deliver_due().await.unwrap(), 1);
    office.partner.take();
    assert!(matches!(office.webhooks.replay(&office.me, row.id).await.unwrap(), ReplayOutcome::Queued(_)));
    assert_eq!(office.courier.deliver_due().await.unwrap(), 1);
    let (headers, body) = office.partner.take().remove(0);
    assert_eq!((headers["webhook-id"].to_str().unwrap(), Some(body)), ("delivery_1", row.payload));
}

#[tokio::test]
async fn gone_means_gone() {
    let office = Office::open().await;
    let (endpoint, _) = office.endpoint(&[WebhookKind::GenerationCompleted]).await;
    office.partner.answer(&[410]);
    office.happen(&office.me, SET, &completed()).await;
    office.courier.deliver_due().await.unwrap();
    assert_eq!(office.stored(endpoint.id).await.disabled_reason.as_deref(), Some("gone"));
    let row = office.deliveries().await.remove(0);
    assert_eq!(row.state, WebhookDeliveryState::Failed);
    let refused = office.webhooks.replay(&office.me, row.id).await.unwrap();
    assert!(matches!(refused, ReplayOutcome::Invalid(_)), "nobody is there to hear it: {refused:?}");
}

#[tokio::test]
async fn a_courier_that_dies_on_the_way_is_followed_by_another() {
    let office = Office::open().await;
    office.endpoint(&[WebhookKind::GenerationCompleted]).await;
    office.happen(&office.me, SET, &completed()).await;
    let claimed = office.courier.claim().await.unwrap().expect("it is due");
    assert!(office.courier.claim().await.unwrap().is_none(), "one courier at a time");
    assert_eq!(office.courier.deliver_due().await.unwrap(), 0);
    office.house.clock.advance_ms(5_000 + 20_001);
    assert_eq!(office.courier.deliver_due().await.unwrap(), 1, "the lease ran out");
    // The first one was only slow: it is late, and what the other wrote down stands.
    office.partner.answer(&[500]);
    office.courier.serve(claimed).await;
    assert_eq!(office.deliveries().await[0].state, WebhookDeliveryState::Delivered);
    assert_eq!(office.tries().await.len(), 2);
    assert_eq!(office.partner.take().len(), 2, "at least once");
}

#[tokio::test]
async fn secrets_are_kept_encrypted_and_two_are_live_for_a_day() {
    let office = Office::open().await;
    let (endpoint, first) = office.endpoint(&[WebhookKind::GenerationCompleted]).await;
    let rotated = office.webhooks.rotate_secret(&office.me, endpoint.id).await.unwrap();
    let EndpointOutcome::Done { secret: Some(second), .. } = rotated else { panic!("{rotated:?}") };
    assert_ne!(first, second);
    let row = format!("{:?}", office.stored(endpoint.id).await);
    for secret in [&first, &second] {
        let shown = secret.reveal();
        assert!(!row.contains(shown.trim_start_matches("whsec_")), "{row}");
    }
    for (wait_ms, live) in [(0, &[second.clone(), first.clone()][..]), (DAY_MS, std::slice::from_ref(&second))] {
        office.house.clock.advance_ms(wait_ms);
        office.happen(&office.me, SET, &completed()).await;
        office.courier.deliver_due().await.unwrap();
        let (headers, body) = office.partner.take().remove(0);
        let (id, at) = (headers["webhook-id"].to_str().unwrap(), headers["webhook-timestamp"].to_str().unwrap());
        let expected = signature(live, id, at.parse().unwrap(), body.as_bytes());
        assert_eq!(headers["webhook-signature"].to_str().unwrap(), expected);
    }
    // The service's own secret changes: what it sealed is sealed anew, and then the old one may go.
    let changed = WebhookSealer::new([4; 32], vec![[3; 32]]);
    let with = |sealer| Webhooks { sealer, ..office.webhooks.clone() };
    let courier = Courier::new(with(changed), true);
    assert_eq!((courier.reseal().await.unwrap(), courier.reseal().await.unwrap()), (1, 0));
    let alone = Courier::new(with(WebhookSealer::new([4; 32], Vec::new())), true);
    office.happen(&office.me, SET, &completed()).await;
    alone.deliver_due().await.unwrap();
    assert_eq!(office.tries().await.last().unwrap().outcome, WebhookOutcome::Delivered);
    let lost = Courier::new(with(WebhookSealer::new([5; 32], Vec::new())), true);
    office.happen(&office.me, SET, &completed()).await;
    lost.deliver_due().await.unwrap();
    assert_eq!(office.tries().await.last().unwrap().outcome, WebhookOutcome::SecretLost);
}

#[tokio::test]
async fn endpoints_are_their_owners_alone() {
    let office = Office::open().await;
    let (endpoint, _) = office.endpoint(&[WebhookKind::GenerationCompleted]).await;
    office.happen(&office.me, SET, &completed()).await;
    let stranger = office.house.person("wang@example.com").await;
    let webhooks = &office.webhooks;
    assert!(webhooks.endpoints(&stranger).await.unwrap().is_empty());
    assert!(webhooks.endpoint(&stranger, endpoint.id).await.unwrap().is_none());
    assert!(webhooks.delivery(&stranger, 1).await.unwrap().is_none());
    assert!(webhooks.attempts(&stranger, &office.deliveries().await[0]).await.unwrap().is_empty());
    let not_found = |outcome: Result<_, ServiceError>| matches!(outcome, Err(ServiceError::NotFound));
    assert!(not_found(webhooks.update(&stranger, endpoint.id, UpdateEndpoint::default()).await.map(|_| ())));
    assert!(not_found(webhooks.rotate_secret(&stranger, endpoint.id).await.map(|_| ())));
    assert!(not_found(webhooks.delete(&stranger, endpoint.id).await));
    assert!(not_found(webhooks.replay(&stranger, 1).await.map(|_| ())));
    // A key must not set up a way out for what happens after it is taken away.
    let access = crate::services::Access::ApiKey {
        api_key_id: 1,
        scopes: crate::services::ApiScope::ALL.to_vec(),
        expires_at_ms: None,
    };
    let key = Viewer { user_id: office.me.user_id, access };
    assert!(matches!(webhooks.endpoints(&key).await, Err(ServiceError::Forbidden)));
    let input = CreateEndpoint { url: office.partner.url.clone(), description: None, kinds: Vec::new() };
    assert!(matches!(webhooks.create(&key, input.clone()).await, Err(ServiceError::Forbidden)));
    let EndpointOutcome::Invalid(fields) = webhooks.create(&office.me, input).await.unwrap() else {
        panic!("it listens to nothing")
    };
    assert_eq!(fields[0].path, "kinds");
    office.endpoint(&[WebhookKind::OrderPaid]).await;
    office.endpoint(&[WebhookKind::OrderPaid]).await;
    let one_more =
        CreateEndpoint { url: office.partner.url.clone(), description: None, kinds: vec![WebhookKind::OrderPaid] };
    assert!(
        matches!(webhooks.create(&office.me, one_more).await.unwrap(), EndpointOutcome::Invalid(_)),
        "three is all"
    );
}

#[tokio::test]
async fn ended_deliveries_are_forgotten_in_time() {
    let office = Office::open().await;
    office.endpoint(&[WebhookKind::GenerationCompleted]).await;
    office.happen(&office.me, SET, &completed()).await;
    office.courier.deliver_due().await.unwrap();
    office.house.clock.advance_ms(30 * DAY_MS);
    assert_eq!(office.courier.clear_log().await.unwrap(), 0);
    office.house.clock.advance_ms(1);
    office.happen(&office.me, SET, &completed()).await;
    assert_eq!(office.courier.clear_log().await.unwrap(), 1);
    assert_eq!((office.deliveries().await.len(), office.tries().await.len()), (1, 0));
}
