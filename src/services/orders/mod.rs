//! Recharges: create, cancel, settle.
//!
//! An order and its first payment attempt are committed before the channel is asked, so a call-back
//! that is faster than the channel's answer finds its order. Whatever a channel says ends in one
//! place, [`Orders::notify`], and credits move in one transaction there, once per order.

mod create;
mod expire;
mod list;
mod poll;
mod refund;
mod refund_told;
mod settle;
#[cfg(test)]
pub(super) mod tests;
#[cfg(test)]
mod tests_refund;
#[cfg(test)]
mod tests_time;

use std::{sync::Arc, time::Duration};

use ::entity::{enums::OrderStatus, orders, payment_attempts, scopes};
use governor::{DefaultDirectRateLimiter, Quota};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};

pub use create::{CreateOrder, CreateOrderOutcome};
pub use list::{ListedOrder, OrderFilter, Reconciled, refund_shown};
pub use poll::PollRound;
pub use refund::{RefundOrder, RefundOrderOutcome};

use super::{
    ApiScope, Context, FieldRefusal, ServiceError, Viewer,
    audit_log::{AuditLine, append_in_txn},
    history::{Page, Window},
    limits::RateLimits,
};
use crate::{
    domain::validation::Refusal,
    events::Topic,
    payments::{ChannelCode, Channels, PaymentRef},
};

/// Call-backs a minute whose refusal is kept as a row; beyond that a flood of forgeries would fill the
/// disk, and only the log and the counter tell of them.
const REFUSALS_KEPT_PER_MINUTE: u32 = 120;

/// What became of a cancellation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CancelOrderOutcome {
    /// Closed now, or before.
    Closed(Box<orders::Model>),
    /// Paid already: nothing to cancel.
    Invalid(Vec<FieldRefusal>),
}

/// Recharges. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Orders {
    context: Context,
    channels: Channels,
    limits: RateLimits,
    lifetime_ms: i64,
    refusals: Arc<DefaultDirectRateLimiter>,
}

impl Orders {
    /// Puts the service together; an order can be paid for `lifetime`.
    pub fn new(context: Context, channels: Channels, limits: RateLimits, lifetime: Duration) -> Self {
        let quota =
            Quota::per_minute(std::num::NonZeroU32::new(REFUSALS_KEPT_PER_MINUTE).unwrap_or(std::num::NonZeroU32::MIN));
        let lifetime_ms = i64::try_from(lifetime.as_millis()).unwrap_or(i64::MAX / 2);
        let refusals = Arc::new(DefaultDirectRateLimiter::direct(quota));
        Self { context, channels, limits, lifetime_ms, refusals }
    }

    /// The configured channels, in the order people see them.
    pub fn channels(&self) -> impl Iterator<Item = ChannelCode> {
        self.channels.codes()
    }

    /// One order of the viewer, or nothing: missing and somebody else's look the same.
    ///
    /// # Errors
    /// `Forbidden` or `Database`.
    pub async fn order(&self, viewer: &Viewer, order_id: i64) -> Result<Option<orders::Model>, ServiceError> {
        viewer.require(ApiScope::BillingRead)?;
        let own = scopes::orders_of(viewer.user_id).filter(orders::Column::Id.eq(order_id));
        Ok(own.one(self.context.database.read()).await?)
    }

    /// A page of the viewer's orders, newest first; the cursor is the row id.
    ///
    /// # Errors
    /// `Forbidden` or `Database`.
    pub async fn page(&self, viewer: &Viewer, window: &Window<i64>) -> Result<Page<orders::Model>, ServiceError> {
        viewer.require(ApiScope::BillingRead)?;
        let mut query = scopes::orders_of(viewer.user_id);
        if let Some(id) = window.after {
            query = query.filter(orders::Column::Id.lt(id));
        }
        if let Some(id) = window.before {
            query = query.filter(orders::Column::Id.gt(id));
        }
        query = if window.from_end {
            query.order_by_asc(orders::Column::Id)
        } else {
            query.order_by_desc(orders::Column::Id)
        };
        let rows = query.limit(window.limit + 1).all(self.context.database.read()).await?;
        Ok(Page::from_overfetched(rows, window.limit, window.from_end))
    }

    /// Closes an unpaid order. Money that is on its way all the same is credited when it arrives.
    ///
    /// # Errors
    /// `Forbidden` for an API key, `NotFound`, `Database`.
    pub async fn cancel(&self, viewer: &Viewer, order_id: i64) -> Result<CancelOrderOutcome, ServiceError> {
        viewer.require_person()?;
        let order = self.order(viewer, order_id).await?.ok_or(ServiceError::NotFound)?;
        self.close(&order, &format!("user:{}", viewer.user_id)).await?;
        let order = self.order(viewer, order_id).await?.ok_or(ServiceError::NotFound)?;
        Ok(match order.status {
            OrderStatus::Closed => CancelOrderOutcome::Closed(Box::new(order)),
            OrderStatus::Pending | OrderStatus::Paid | OrderStatus::Refunded => {
                CancelOrderOutcome::Invalid(vec![FieldRefusal::new("orderId", Refusal::NotAllowed)])
            }
        })
    }

    /// Closes the order if it is pending, then asks the channel to close its side: in this order,
    /// because our row decides what our pages show, and a payment that slips through is credited.
    async fn close(&self, order: &orders::Model, actor: &str) -> Result<bool, ServiceError> {
        let txn = self.context.database.write().await?;
        let closed = orders::Entity::update_many()
            .col_expr(orders::Column::Status, Expr::value(OrderStatus::Closed))
            .filter(orders::Column::Id.eq(order.id))
            .filter(orders::Column::Status.eq(OrderStatus::Pending))
            .exec(&txn)
            .await?;
        if closed.rows_affected == 0 {
            return Ok(false);
        }
        let line = AuditLine {
            actor: actor.to_owned(),
            action: "order.closed",
            object: format!("order:{}", order.id),
            outcome: "ok",
            address: None,
        };
        append_in_txn(&txn, line, self.context.clock.now_ms()).await?;
        txn.commit().await?;
        self.context.doorbell.ring(&Topic::Order(order.id));
        let channel = ChannelCode::from_slug(&order.channel).and_then(|code| self.channels.get(code));
        if let (Some(channel), Some(attempt)) = (channel, self.attempt_of(order.id).await?) {
            let payment = PaymentRef { out_trade_no: attempt.out_trade_no, reference: attempt.reference };
            if let Err(error) = channel.close(&payment).await {
                tracing::warn!(%error, order.id = order.id, "the channel did not close a payment; late money is credited");
                // Refused may mean that it was paid at this very moment.
                self.ask_about(order).await?;
            }
        }
        Ok(true)
    }

    async fn attempt_of(&self, order_id: i64) -> Result<Option<payment_attempts::Model>, ServiceError> {
        Ok(payment_attempts::Entity::find()
            .filter(payment_attempts::Column::OrderId.eq(order_id))
            .order_by_desc(payment_attempts::Column::Id)
            .one(self.context.database.read())
            .await?)
    }
}
