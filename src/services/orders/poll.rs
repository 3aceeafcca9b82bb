//! Payments whose call-back may never come: the channel is asked, again and again, and what it says
//! goes the way of a call-back.

use std::sync::Arc;

use ::entity::{enums::OrderStatus, orders, payment_attempts};
use futures_util::{StreamExt, stream};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};

use super::Orders;
use crate::{
    ledger::debts,
    payments::{ChannelCode, PaymentChannel, PaymentRef, PaymentState},
    services::ServiceError,
};

/// Payments asked about in one round.
const ROUND: u64 = 200;
/// Questions on the way at the same time.
const AT_ONCE: usize = 8;
/// Pauses between the first questions, in milliseconds; then always the last. With the time between
/// two rounds a payment without call-back is credited within a minute.
const PAUSES_MS: [i64; 4] = [15_000, 15_000, 30_000, 45_000];
/// The same after the order's end: money that comes late all the same is looked for over three days,
/// longer than any code or page can be paid.
const PAUSES_LATE_MS: [i64; 6] = [60_000, 600_000, 3_600_000, 21_600_000, 86_400_000, 86_400_000];
/// How long after its end a payment is looked after.
const WATCHED_MS: i64 = 3 * 86_400_000;

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PollRound {
    /// Payments asked about.
    pub asked: usize,
    /// Payments found paid and credited now, or known to be.
    pub settled: usize,
}

/// The first question's time for an attempt made now.
pub(super) fn first_poll_ms(channel: &Arc<dyn PaymentChannel>, now_ms: i64) -> Option<i64> {
    channel.is_queryable().then_some(now_ms + PAUSES_MS[0])
}

/// The next question's time; none once nothing can come any more.
fn next_poll_ms(attempt: &payment_attempts::Model, now_ms: i64) -> Option<i64> {
    let polls = usize::try_from(attempt.polls).unwrap_or(0) + 1;
    if now_ms <= attempt.expires_at_ms {
        return Some(now_ms + PAUSES_MS[polls.min(PAUSES_MS.len() - 1)]);
    }
    let late_ms = now_ms - attempt.expires_at_ms;
    let pause = PAUSES_LATE_MS.into_iter().find(|pause| *pause >= late_ms).unwrap_or(PAUSES_LATE_MS[5]);
    (late_ms < WATCHED_MS).then_some(now_ms + pause)
}

impl Orders {
    /// Asks the channels about every payment that is due, and settles what they say was paid. May run
    /// in several processes at once: each payment is claimed by one of them.
    ///
    /// # Errors
    /// `Database` or `Ledger`.
    pub async fn poll(&self) -> Result<PollRound, ServiceError> {
        let now_ms = self.context.clock.now_ms();
        let due = payment_attempts::Entity::find()
            .filter(payment_attempts::Column::NextPollAtMs.lte(now_ms))
            .order_by_asc(payment_attempts::Column::NextPollAtMs)
            .limit(ROUND)
            .all(self.context.database.read())
            .await?;
        let answers = stream::iter(due).map(|attempt| async move {
            if !self.claim(&attempt, now_ms).await? {
                return Ok(None);
            }
            let order = orders::Entity::find_by_id(attempt.order_id).one(self.context.database.read()).await?;
            match order {
                Some(order) if matches!(order.status, OrderStatus::Pending | OrderStatus::Closed) => {
                    self.ask_about(&order).await.map(Some)
                }
                // Paid by now: nothing more to find out.
                _ => self.stop_polling(attempt.id).await.map(|()| None),
            }
        });
        let mut round = PollRound::default();
        let answers: Vec<Result<Option<bool>, ServiceError>> = answers.buffer_unordered(AT_ONCE).collect().await;
        for answer in answers {
            if let Some(is_settled) = answer? {
                round.asked += 1;
                round.settled += usize::from(is_settled);
            }
        }
        self.collect_debts().await?;
        Ok(round)
    }

    /// Asks the channel about an order and settles what it says was paid; says whether it was.
    pub(super) async fn ask_about(&self, order: &orders::Model) -> Result<bool, ServiceError> {
        let Some(code) = ChannelCode::from_slug(&order.channel) else { return Ok(false) };
        let Some(channel) = self.channels.get(code) else { return Ok(false) };
        let Some(attempt) = self.attempt_of(order.id).await? else { return Ok(false) };
        if !channel.is_queryable() {
            return Ok(false);
        }
        let payment = PaymentRef { out_trade_no: attempt.out_trade_no, reference: attempt.reference };
        match channel.query(&payment).await {
            Ok(PaymentState::Paid(paid)) => self.settle_queried(code, &paid).await,
            Ok(PaymentState::Open | PaymentState::Closed) => Ok(false),
            Err(error) => {
                tracing::warn!(%error, order.id = order.id, "an order could not be looked up at its channel");
                Ok(false)
            }
        }
    }

    /// Takes an attempt for this round, so that no other process asks at the same time.
    async fn claim(&self, attempt: &payment_attempts::Model, now_ms: i64) -> Result<bool, ServiceError> {
        let txn = self.context.database.write().await?;
        let claimed = payment_attempts::Entity::update_many()
            .col_expr(payment_attempts::Column::Polls, Expr::value(attempt.polls + 1))
            .col_expr(payment_attempts::Column::NextPollAtMs, Expr::value(next_poll_ms(attempt, now_ms)))
            .filter(payment_attempts::Column::Id.eq(attempt.id))
            .filter(payment_attempts::Column::NextPollAtMs.eq(attempt.next_poll_at_ms))
            .exec(&txn)
            .await?;
        txn.commit().await?;
        Ok(claimed.rows_affected == 1)
    }

    async fn stop_polling(&self, attempt_id: i64) -> Result<(), ServiceError> {
        let txn = self.context.database.write().await?;
        payment_attempts::Entity::update_many()
            .col_expr(payment_attempts::Column::NextPollAtMs, Expr::value(None::<i64>))
            .filter(payment_attempts::Column::Id.eq(attempt_id))
            .exec(&txn)
            .await?;
        txn.commit().await?;
        Ok(())
    }

    /// Pays debts with credits that came in by other ways than an order.
    async fn collect_debts(&self) -> Result<(), ServiceError> {
        for user_id in debts::debtors(self.context.database.read(), ROUND).await? {
            let txn = self.context.database.write().await?;
            debts::collect_in_txn(&txn, user_id, self.context.clock.now_ms()).await?;
            txn.commit().await?;
            self.context.doorbell.ring(&crate::events::Topic::Wallet(user_id));
        }
        Ok(())
    }
}
