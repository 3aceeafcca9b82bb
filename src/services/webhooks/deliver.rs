//! The courier: claims what is due, sends it, writes down how that went.
//!
//! A claim is a lease with a fencing number, like that of a job: a courier that dies mid-way is
//! followed by another one once the lease has run out, and one that comes back late changes nothing.
//! One message at a time for each endpoint, so a slow partner holds up nobody else.

use std::time::Duration;

use ::entity::{
    enums::{WebhookDeliveryState, WebhookOutcome},
    webhook_attempts, webhook_deliveries, webhook_endpoints,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Expr, LockBehavior, LockType},
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::Webhooks;
use crate::{
    services::{
        ServiceError,
        audit_log::{AuditLine, append_in_txn},
    },
    webhooks::{Answer, Hook, SecretError, WebhookSecret, signature},
};

/// Pauses after the first failure, the second …: some two and a half days in all, and never three.
const PAUSES_S: [i64; 11] = [5, 30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 18 * 3600, 18 * 3600];
/// An endpoint that has taken nothing for so long is switched off.
const FAILING_MS: i64 = 3 * 24 * 3_600_000;
/// Messages on their way at the same time.
const AT_ONCE: usize = 8;
/// Between two looks at the table.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Beyond a try's own time limit: what the database may take on top.
const LEASE_SPARE_MS: i64 = 20_000;
/// Ended deliveries removed in one go.
const CLEARED_AT_ONCE: u64 = 500;

/// Not busy, not switched off, not removed: whom a courier may go to.
const SERVED: &str = "EXISTS (SELECT 1 FROM webhook_endpoints AS e WHERE e.id = webhook_deliveries.endpoint_id \
     AND e.deleted_at_ms IS NULL AND e.disabled_at_ms IS NULL) \
     AND NOT EXISTS (SELECT 1 FROM webhook_deliveries AS r WHERE r.endpoint_id = webhook_deliveries.endpoint_id \
     AND r.state = 'running')";

/// Delivers until it is told to stop.
#[derive(Clone, Debug)]
pub struct Courier {
    webhooks: Webhooks,
    /// No other process delivers from this database: at the start every lease is of a dead one.
    alone: bool,
}

/// A message and whom it goes to.
pub(super) struct Claimed {
    delivery: webhook_deliveries::Model,
    endpoint: webhook_endpoints::Model,
}

impl Courier {
    /// A courier for these web hooks.
    pub const fn new(webhooks: Webhooks, alone: bool) -> Self {
        Self { webhooks, alone }
    }

    /// Delivers until the shutdown; messages on their way are waited for.
    pub async fn run(&self, shutdown: CancellationToken) {
        if self.alone
            && let Err(error) = self.leases_void(None).await
        {
            tracing::warn!(%error, "leases of web hooks could not be voided; they run out by themselves");
        }
        let mut on_their_way = JoinSet::new();
        while !shutdown.is_cancelled() {
            let has_room = on_their_way.len() < AT_ONCE;
            match if has_room { self.claim().await } else { Ok(None) } {
                Ok(Some(claimed)) => {
                    let courier = self.clone();
                    on_their_way.spawn(async move { courier.serve(claimed).await });
                    continue;
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "web hooks could not be looked for"),
            }
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {
                    if let Err(error) = self.leases_void(Some(self.now_ms())).await {
                        tracing::warn!(%error, "leases of web hooks could not be looked at");
                    }
                }
                Some(_) = on_their_way.join_next() => {}
            }
        }
        while on_their_way.join_next().await.is_some() {}
    }

    /// Delivers what is due at this moment, and says how many tries that were.
    ///
    /// # Errors
    /// `Database`.
    pub async fn deliver_due(&self) -> Result<usize, ServiceError> {
        self.leases_void(Some(self.now_ms())).await?;
        let mut tries = 0;
        while let Some(claimed) = self.claim().await? {
            self.serve(claimed).await;
            tries += 1;
        }
        Ok(tries)
    }

    /// Removes ended deliveries that have been kept long enough, with their tries.
    ///
    /// # Errors
    /// `Database`.
    pub async fn clear_log(&self) -> Result<u64, ServiceError> {
        let before_ms = self.now_ms() - self.webhooks.policy.log_kept_ms;
        let old: Vec<i64> = webhook_deliveries::Entity::find()
            .select_only()
            .column(webhook_deliveries::Column::Id)
            .filter(webhook_deliveries::Column::FinishedAtMs.lt(before_ms))
            .limit(CLEARED_AT_ONCE)
            .into_tuple()
            .all(self.webhooks.context.database.read())
            .await?;
        if old.is_empty() {
            return Ok(0);
        }
        let txn = self.webhooks.context.database.write().await?;
        let tries = webhook_attempts::Column::DeliveryId.is_in(old.iter().copied());
        webhook_attempts::Entity::delete_many().filter(tries).exec(&txn).await?;
        let gone = webhook_deliveries::Entity::delete_many()
            .filter(webhook_deliveries::Column::Id.is_in(old))
            .filter(webhook_deliveries::Column::FinishedAtMs.lt(before_ms))
            .exec(&txn)
            .await?;
        txn.commit().await?;
        Ok(gone.rows_affected)
    }

    fn now_ms(&self) -> i64 {
        self.webhooks.context.clock.now_ms()
    }

    fn due(&self) -> Select<webhook_deliveries::Entity> {
        webhook_deliveries::Entity::find()
            .filter(webhook_deliveries::Column::State.eq(WebhookDeliveryState::Queued))
            .filter(webhook_deliveries::Column::RunAfterMs.lte(self.now_ms()))
            .filter(Expr::cust(SERVED))
            .order_by_asc(webhook_deliveries::Column::RunAfterMs)
            .order_by_asc(webhook_deliveries::Column::Id)
            .limit(1)
    }

    /// The oldest message that is due, under a lease. The look before the transaction keeps an idle
    /// courier from taking SQLite's one writer.
    pub(super) async fn claim(&self) -> Result<Option<Claimed>, ServiceError> {
        let database = &self.webhooks.context.database;
        if self.due().one(database.read()).await?.is_none() {
            return Ok(None);
        }
        let txn = database.write().await?;
        let found = self.due().lock_with_behavior(LockType::Update, LockBehavior::SkipLocked).one(&txn).await?;
        let Some(delivery) = found else { return Ok(None) };
        let endpoint = webhook_endpoints::Entity::find_by_id(delivery.endpoint_id).one(&txn).await?;
        let Some(endpoint) = endpoint else { return Ok(None) };
        let lease_ms = i64::try_from(self.webhooks.policy.timeout.as_millis()).unwrap_or(i64::MAX / 2) + LEASE_SPARE_MS;
        let payload = match &delivery.payload {
            Some(payload) => payload.clone(),
            // Written down before it is sent for the first time: every later try says the same.
            None => self.webhooks.payload(&delivery).await?,
        };
        let attempt = delivery.attempt + 1;
        let mut claimed: webhook_deliveries::ActiveModel = delivery.into();
        claimed.state = Set(WebhookDeliveryState::Running);
        claimed.attempt = Set(attempt);
        claimed.payload = Set(Some(payload));
        claimed.lease_until_ms = Set(Some(self.now_ms() + lease_ms));
        let delivery = claimed.update(&txn).await?;
        txn.commit().await?;
        Ok(Some(Claimed { delivery, endpoint }))
    }

    /// Sends one message and writes down how that went. When even the writing fails, the lease runs out
    /// and the message is sent once more: at least once.
    pub(super) async fn serve(&self, claimed: Claimed) {
        let at_ms = self.now_ms();
        let answer = self.send(&claimed, at_ms).await;
        metrics::counter!("haibao_webhook_tries_total", "outcome" => word(answer.outcome)).increment(1);
        if let Err(error) = self.settle(&claimed, answer, at_ms).await {
            tracing::warn!(%error, webhook.delivery = claimed.delivery.id, "a web hook's try could not be written down");
        }
    }

    async fn send(&self, claimed: &Claimed, at_ms: i64) -> Answer {
        let Claimed { delivery, endpoint } = claimed;
        let Ok(secrets) = self.secrets(endpoint, at_ms) else { return Answer::none(WebhookOutcome::SecretLost) };
        let body = delivery.payload.as_deref().unwrap_or_default();
        let (id, timestamp_s) = (format!("delivery_{}", delivery.id), at_ms.div_euclid(1000));
        let signature = signature(&secrets, &id, timestamp_s, body.as_bytes());
        let hook = Hook { url: &endpoint.url, id: &id, timestamp_s, signature: &signature, body };
        self.webhooks.wire.send(&hook).await
    }

    fn secrets(&self, endpoint: &webhook_endpoints::Model, now_ms: i64) -> Result<Vec<WebhookSecret>, SecretError> {
        let sealer = &self.webhooks.sealer;
        let mut secrets = vec![sealer.open(&endpoint.secret_sealed, endpoint.user_id)?.0];
        let is_live = endpoint.previous_until_ms.is_some_and(|until| until > now_ms);
        if let Some(sealed) = endpoint.previous_secret_sealed.as_ref().filter(|_| is_live) {
            // The one before may be lost; the current one is what counts.
            secrets.extend(sealer.open(sealed, endpoint.user_id).ok().map(|(secret, _)| secret));
        }
        Ok(secrets)
    }

    async fn settle(&self, claimed: &Claimed, answer: Answer, at_ms: i64) -> Result<(), ServiceError> {
        let Claimed { delivery, endpoint } = claimed;
        let now_ms = self.now_ms();
        let is_delivered = answer.outcome == WebhookOutcome::Delivered;
        let pause_ms = self.pause_ms(delivery.failures, answer.retry_after);
        let next = pause_ms.filter(|_| !is_delivered && !answer.is_gone());
        let state = match next {
            _ if is_delivered => WebhookDeliveryState::Delivered,
            Some(_) => WebhookDeliveryState::Queued,
            None => WebhookDeliveryState::Failed,
        };
        let txn = self.webhooks.context.database.write().await?;
        let changed = webhook_deliveries::Entity::update_many()
            .col_expr(webhook_deliveries::Column::State, Expr::value(state))
            .col_expr(webhook_deliveries::Column::Failures, Expr::value(delivery.failures + i64::from(!is_delivered)))
            .col_expr(webhook_deliveries::Column::RunAfterMs, Expr::value(now_ms + next.unwrap_or_default()))
            .col_expr(webhook_deliveries::Column::LeaseUntilMs, Expr::value(None::<i64>))
            .col_expr(webhook_deliveries::Column::FinishedAtMs, Expr::value(next.is_none().then_some(now_ms)))
            .filter(webhook_deliveries::Column::Id.eq(delivery.id))
            .filter(webhook_deliveries::Column::Attempt.eq(delivery.attempt))
            .filter(webhook_deliveries::Column::State.eq(WebhookDeliveryState::Running))
            .exec(&txn)
            .await?;
        // The lease ran out in the meantime: somebody else has the message now, but the try was made.
        let row = webhook_attempts::ActiveModel {
            id: NotSet,
            delivery_id: Set(delivery.id),
            at_ms: Set(at_ms),
            duration_ms: Set(now_ms - at_ms),
            outcome: Set(answer.outcome),
            status: Set(answer.status.map(i32::from)),
        };
        webhook_attempts::Entity::insert(row).exec_without_returning(&txn).await?;
        if changed.rows_affected == 1 {
            health_note_in_txn(&txn, endpoint.id, answer, now_ms).await?;
        }
        txn.commit().await?;
        Ok(())
    }

    /// How long to wait after one more failure; `None` when that was the last try. The pause is moved by
    /// up to a fifth either way, so that messages which failed together do not come back together.
    fn pause_ms(&self, failures: i64, asked: Option<Duration>) -> Option<i64> {
        let pause_ms = usize::try_from(failures).ok().and_then(|failures| PAUSES_S.get(failures))? * 1000;
        let jitter = i64::from(self.webhooks.context.ids.below(401)) - 200;
        let asked_ms = asked.map_or(0, |asked| i64::try_from(asked.as_millis()).unwrap_or(i64::MAX));
        Some((pause_ms + pause_ms * jitter / 1000).max(asked_ms.min(24 * 3_600_000)))
    }

    /// Puts messages back whose courier died: those whose lease ran out, or all.
    async fn leases_void(&self, before_ms: Option<i64>) -> Result<u64, ServiceError> {
        let running = webhook_deliveries::Column::State.eq(WebhookDeliveryState::Running);
        let lapsed = before_ms.map(|before| webhook_deliveries::Column::LeaseUntilMs.lt(before));
        let lapsed = sea_orm::Condition::all().add(running).add_option(lapsed);
        let database = &self.webhooks.context.database;
        let found = webhook_deliveries::Entity::find().filter(lapsed.clone()).one(database.read()).await?;
        if found.is_none() {
            return Ok(0);
        }
        let txn = database.write().await?;
        let changed = webhook_deliveries::Entity::update_many()
            .col_expr(webhook_deliveries::Column::State, Expr::value(WebhookDeliveryState::Queued))
            .col_expr(webhook_deliveries::Column::LeaseUntilMs, Expr::value(None::<i64>))
            .filter(lapsed)
            .exec(&txn)
            .await?;
        txn.commit().await?;
        Ok(changed.rows_affected)
    }

    /// Seals every secret anew that only a previous key opens, so that key may be taken away.
    ///
    /// # Errors
    /// `Database`.
    pub async fn reseal(&self) -> Result<usize, ServiceError> {
        let Webhooks { context, sealer, .. } = &self.webhooks;
        let live = webhook_endpoints::Entity::find().filter(webhook_endpoints::Column::DeletedAtMs.is_null());
        let mut count = 0;
        for endpoint in live.all(context.database.read()).await? {
            let Ok((secret, false)) = sealer.open(&endpoint.secret_sealed, endpoint.user_id) else { continue };
            let txn = context.database.write().await?;
            let changed = webhook_endpoints::Entity::update_many()
                .col_expr(
                    webhook_endpoints::Column::SecretSealed,
                    Expr::value(sealer.seal(&secret, endpoint.user_id, &*context.ids)),
                )
                .filter(webhook_endpoints::Column::Id.eq(endpoint.id))
                .filter(webhook_endpoints::Column::SecretSealed.eq(endpoint.secret_sealed))
                .exec(&txn)
                .await?;
            txn.commit().await?;
            count += usize::from(changed.rows_affected == 1);
        }
        Ok(count)
    }
}

/// Keeps in mind since when an endpoint takes nothing, and switches it off when that is too long or
/// when it says itself that it is gone.
async fn health_note_in_txn(
    txn: &DatabaseTransaction,
    endpoint_id: i64,
    answer: Answer,
    now_ms: i64,
) -> Result<(), ServiceError> {
    let Some(endpoint) = webhook_endpoints::Entity::find_by_id(endpoint_id).one(txn).await? else { return Ok(()) };
    let since_ms = endpoint.failing_since_ms;
    let is_off = endpoint.disabled_at_ms.is_some();
    let mut row: webhook_endpoints::ActiveModel = endpoint.into();
    if answer.outcome == WebhookOutcome::Delivered {
        if since_ms.is_some() {
            row.failing_since_ms = Set(None);
            row.update(txn).await?;
        }
        return Ok(());
    }
    let since_ms = since_ms.unwrap_or(now_ms);
    row.failing_since_ms = Set(Some(since_ms));
    let reason = if answer.is_gone() { Some("gone") } else { (now_ms - since_ms >= FAILING_MS).then_some("failing") };
    if let Some(reason) = reason.filter(|_| !is_off) {
        (row.disabled_at_ms, row.disabled_reason) = (Set(Some(now_ms)), Set(Some(reason.to_owned())));
        let line = AuditLine {
            actor: "system".to_owned(),
            action: "webhook.disabled",
            object: format!("webhook:{endpoint_id}"),
            outcome: reason,
            address: None,
        };
        append_in_txn(txn, line, now_ms).await?;
    }
    row.update(txn).await?;
    Ok(())
}

const fn word(outcome: WebhookOutcome) -> &'static str {
    match outcome {
        WebhookOutcome::Delivered => "delivered",
        WebhookOutcome::Refused => "refused",
        WebhookOutcome::Timeout => "timeout",
        WebhookOutcome::Unreachable => "unreachable",
        WebhookOutcome::PrivateAddress => "private_address",
        WebhookOutcome::SecretLost => "secret_lost",
    }
}
