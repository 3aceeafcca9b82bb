//! What operators see of orders, and asking the channels anew.

use ::entity::{enums::OrderStatus, orders, payment_refunds, users};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use serde_json::{Value, json};

use super::Orders;
use crate::services::ServiceError;

/// Which orders to list.
#[derive(Clone, Debug, Default)]
pub struct OrderFilter {
    /// Only this one.
    pub order_id: Option<i64>,
    /// Only in this state.
    pub status: Option<OrderStatus>,
    /// Only of the account with this address.
    pub email: Option<String>,
    /// Only made at or after this time, in milliseconds since the epoch.
    pub since_ms: Option<i64>,
    /// At most so many, newest first.
    pub limit: u64,
}

/// An order with what an operator needs beside it.
#[derive(Clone, Debug)]
pub struct ListedOrder {
    /// The order.
    pub order: orders::Model,
    /// The account's address.
    pub email: String,
    /// Our number at the channel.
    pub out_trade_no: Option<String>,
    /// Its refunds, oldest first.
    pub refunds: Vec<payment_refunds::Model>,
}

impl ListedOrder {
    /// As JSON, for operators' tools.
    pub fn shown(&self) -> Value {
        let order = &self.order;
        json!({
            "id": order.id, "email": self.email, "status": order.status, "channel": order.channel,
            "amountFen": order.amount_fen, "credits": order.amount, "outTradeNo": self.out_trade_no,
            "tradeNo": order.trade_no, "createdAtMs": order.created_at_ms, "paidAtMs": order.paid_at_ms,
            "refunds": self.refunds.iter().map(refund_shown).collect::<Vec<_>>(),
        })
    }
}

/// A refund as JSON, for operators' tools.
pub fn refund_shown(refund: &payment_refunds::Model) -> Value {
    json!({
        "number": refund.out_refund_no, "kind": refund.kind, "state": refund.state,
        "amountFen": refund.amount_fen, "credits": refund.credits,
    })
}

/// What asking the channels anew came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Unpaid orders asked about.
    pub asked: usize,
    /// Of these, credited now.
    pub credited: usize,
}

impl Orders {
    /// Orders of every account, newest first.
    ///
    /// # Errors
    /// `Database`.
    pub async fn list(&self, filter: &OrderFilter) -> Result<Vec<ListedOrder>, ServiceError> {
        let connection = self.context.database.read();
        let mut query = orders::Entity::find().order_by_desc(orders::Column::Id).limit(filter.limit.max(1));
        if let Some(id) = filter.order_id {
            query = query.filter(orders::Column::Id.eq(id));
        }
        if let Some(status) = filter.status {
            query = query.filter(orders::Column::Status.eq(status));
        }
        if let Some(since_ms) = filter.since_ms {
            query = query.filter(orders::Column::CreatedAtMs.gte(since_ms));
        }
        if let Some(email) = &filter.email {
            let user = users::Entity::find().filter(users::Column::Email.eq(email)).one(connection).await?;
            query = query.filter(orders::Column::UserId.eq(user.map_or(0, |user| user.id)));
        }
        let mut listed = Vec::new();
        for order in query.all(connection).await? {
            let user = users::Entity::find_by_id(order.user_id).one(connection).await?;
            let refunds = payment_refunds::Entity::find()
                .filter(payment_refunds::Column::OrderId.eq(order.id))
                .order_by_asc(payment_refunds::Column::Id);
            listed.push(ListedOrder {
                email: user.map(|user| user.email).unwrap_or_default(),
                out_trade_no: self.attempt_of(order.id).await?.map(|attempt| attempt.out_trade_no),
                refunds: refunds.all(connection).await?,
                order,
            });
        }
        Ok(listed)
    }

    /// Asks the channels about every unpaid order that the filter names, however old, and settles what
    /// was paid the way a call-back would; refunds that are due are asked for too.
    ///
    /// # Errors
    /// `Database` or `Ledger`.
    pub async fn reconcile(&self, filter: &OrderFilter) -> Result<Reconciled, ServiceError> {
        let mut done = Reconciled::default();
        for listed in self.list(filter).await? {
            if matches!(listed.order.status, OrderStatus::Pending | OrderStatus::Closed) {
                done.asked += 1;
                done.credited += usize::from(self.ask_about(&listed.order).await?);
            }
        }
        self.work_refunds().await?;
        Ok(done)
    }
}
