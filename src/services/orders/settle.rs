//! What a call-back does: the one place where money from outside becomes credits.

use ::entity::{enums::OrderStatus, orders, payment_attempts, payment_notifies};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
    sea_query::Expr,
};

use super::Orders;
use crate::{
    database::{Constraint, violated},
    events::Topic,
    ledger::{self, debts},
    payments::{ChannelCode, Notice, Notify, NotifyAnswer, PaidEvent, PaymentChannel, PaymentRef, PaymentState},
    services::{
        ServiceError,
        audit_log::{AuditLine, append_in_txn},
    },
    storage::sha256_hex,
    webhooks,
};

/// What a call-back came to; the word is kept in `payment_notifies.verdict`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Credited now.
    Credited,
    /// Credited before: the channel did not hear our answer.
    Duplicate,
    /// The order is closed because the channel says so.
    Closed,
    /// Genuine, but the order is paid already, by another payment, which is given back.
    Overpaid,
    /// Money went back, and so did the credits.
    Refunded,
    /// Money did not go back after all.
    RefundFailed,
    /// Genuine, and nothing that concerns us.
    Ignored,
    /// Money went back of a payment that is not ours.
    UnknownPayment,
    /// The channel does not say the same when it is asked.
    Unconfirmed,
    /// Money went back that has not arrived yet.
    OutOfOrder,
    /// No such payment attempt at this channel.
    UnknownOrder,
    /// Not the amount that was asked for.
    WrongAmount,
    /// The channel's number belongs to another order.
    TradeNoReused,
    /// Not believed; the channel's word for it.
    Refused(&'static str),
}

impl Verdict {
    const fn word(self) -> &'static str {
        match self {
            Self::Credited => "credited",
            Self::Duplicate => "duplicate",
            Self::Closed => "closed",
            Self::Overpaid => "overpaid",
            Self::Refunded => "refunded",
            Self::RefundFailed => "refund_failed",
            Self::Ignored => "ignored",
            Self::UnknownPayment => "unknown_payment",
            Self::Unconfirmed => "unconfirmed",
            Self::OutOfOrder => "out_of_order",
            Self::UnknownOrder => "unknown_order",
            Self::WrongAmount => "wrong_amount",
            Self::TradeNoReused => "trade_no_reused",
            Self::Refused(word) => word,
        }
    }

    /// Whether the channel may stop telling us: we have durably done what there is to do.
    const fn is_settled(self) -> bool {
        match self {
            Self::Credited
            | Self::Duplicate
            | Self::Closed
            | Self::Overpaid
            | Self::Refunded
            | Self::RefundFailed
            | Self::Ignored
            | Self::UnknownPayment => true,
            Self::Unconfirmed
            | Self::OutOfOrder
            | Self::UnknownOrder
            | Self::WrongAmount
            | Self::TradeNoReused
            | Self::Refused(_) => false,
        }
    }
}

/// What is kept of a call-back.
pub(super) struct Received<'a> {
    pub(super) channel: ChannelCode,
    pub(super) out_trade_no: Option<&'a str>,
    pub(super) trade_no: Option<&'a str>,
    pub(super) body_sha256: String,
}

impl Orders {
    /// Takes a call-back and says what to answer, in the channel's words. The answer that makes a
    /// channel stop is given only after a durable commit; with any error it will tell us again.
    ///
    /// # Errors
    /// `NotFound` for a channel that is not configured; `Database` or `Ledger`: nothing was changed,
    /// and the answer must not be a success.
    pub async fn notify(&self, channel: &str, notify: &Notify<'_>) -> Result<NotifyAnswer, ServiceError> {
        let code = ChannelCode::from_slug(channel).filter(|code| code.vendor() == *code);
        let code = code.ok_or(ServiceError::NotFound)?;
        let channel = self.channels.get(code).ok_or(ServiceError::NotFound)?;
        let body_sha256 = sha256_hex(&[notify.query.as_bytes(), b"\n", notify.body].concat());
        let parsed = channel.parse_notify(notify);
        let mut received = Received { channel: code, out_trade_no: None, trade_no: None, body_sha256 };
        let verdict = match &parsed {
            Err(error) => {
                let verdict = Verdict::Refused(error.verdict());
                self.keep(&received, verdict).await?;
                verdict
            }
            Ok(Notice::Closed { out_trade_no }) => {
                received.out_trade_no = Some(out_trade_no);
                self.close_by_channel(&received, out_trade_no).await?
            }
            Ok(Notice::Paid(paid)) => {
                received.out_trade_no = Some(&paid.out_trade_no);
                received.trade_no = Some(&paid.trade_no);
                if let Some(paid) = self.confirmed(channel, paid).await? {
                    self.settle(&received, &paid).await?
                } else {
                    self.keep(&received, Verdict::Unconfirmed).await?;
                    Verdict::Unconfirmed
                }
            }
            Ok(Notice::Refund(refund)) => self.take_refund(&mut received, refund).await?,
            Ok(Notice::Ignored) => Verdict::Ignored,
        };
        metrics::counter!("haibao_payment_notifies_total", "channel" => code.slug(), "verdict" => verdict.word())
            .increment(1);
        tracing::info!(
            payment.channel = code.slug(),
            payment.verdict = verdict.word(),
            payment.out_trade_no = received.out_trade_no,
            "payment call-back"
        );
        Ok(channel.answer(verdict.is_settled()))
    }

    /// Credits what a channel said when it was asked, as if it had told us itself.
    pub(super) async fn settle_queried(&self, channel: ChannelCode, paid: &PaidEvent) -> Result<bool, ServiceError> {
        let received = Received {
            channel,
            out_trade_no: Some(&paid.out_trade_no),
            trade_no: Some(&paid.trade_no),
            body_sha256: "queried".to_owned(),
        };
        Ok(self.settle(&received, paid).await?.is_settled())
    }

    /// What is to be believed of a call-back: itself, or where that is worth nothing what the channel
    /// says when it is asked.
    async fn confirmed(
        &self,
        channel: &std::sync::Arc<dyn PaymentChannel>,
        paid: &PaidEvent,
    ) -> Result<Option<PaidEvent>, ServiceError> {
        if !channel.is_confirmed_by_query() {
            return Ok(Some(paid.clone()));
        }
        // Only payments of ours are asked about: a flood of forgeries is not passed on to the channel.
        let Some((attempt, _)) = self.attempt_by_number(channel.code(), &paid.out_trade_no).await? else {
            return Ok(Some(paid.clone()));
        };
        let payment = PaymentRef { out_trade_no: attempt.out_trade_no, reference: attempt.reference };
        match channel.query(&payment).await {
            Ok(PaymentState::Paid(asked)) if asked == *paid => Ok(Some(asked)),
            Ok(other) => {
                tracing::error!(?other, payment.out_trade_no = %payment.out_trade_no, "a call-back is not confirmed by its channel");
                Ok(None)
            }
            Err(_) => Ok(None),
        }
    }

    async fn settle(&self, received: &Received<'_>, paid: &PaidEvent) -> Result<Verdict, ServiceError> {
        let Some((attempt, order)) = self.attempt_by_number(received.channel, &paid.out_trade_no).await? else {
            self.keep(received, Verdict::UnknownOrder).await?;
            return Ok(Verdict::UnknownOrder);
        };
        if paid.amount_fen != attempt.amount_fen || paid.amount_fen != order.amount_fen {
            tracing::error!(order.id = order.id, paid_fen = paid.amount_fen, "a payment of another amount was refused");
            self.keep(received, Verdict::WrongAmount).await?;
            return Ok(Verdict::WrongAmount);
        }
        match self.credit(received, paid, &order).await {
            Err(ServiceError::Database(error)) if violated(&error) == Some(Constraint::OrderTradeNo) => {
                tracing::error!(order.id = order.id, "a payment's number belongs to another order");
                self.keep(received, Verdict::TradeNoReused).await?;
                Ok(Verdict::TradeNoReused)
            }
            credited => credited,
        }
    }

    /// Order, credits and the record of the call-back, in one transaction.
    async fn credit(
        &self,
        received: &Received<'_>,
        paid: &PaidEvent,
        order: &orders::Model,
    ) -> Result<Verdict, ServiceError> {
        let now_ms = self.context.clock.now_ms();
        let txn = self.context.database.write().await?;
        // The state decides, not what was read before: of a hundred equal call-backs one changes a row.
        // A closed order is paid too: the money is there.
        let changed = orders::Entity::update_many()
            .col_expr(orders::Column::Status, Expr::value(OrderStatus::Paid))
            .col_expr(orders::Column::TradeNo, Expr::value(paid.trade_no.clone()))
            .col_expr(orders::Column::PaidAtMs, Expr::value(now_ms))
            .filter(orders::Column::Id.eq(order.id))
            .filter(orders::Column::Status.is_in([OrderStatus::Pending, OrderStatus::Closed]))
            .exec(&txn)
            .await?;
        if changed.rows_affected == 0 {
            let now = orders::Entity::find_by_id(order.id).one(&txn).await?.ok_or(ServiceError::NotFound)?;
            let verdict = if now.trade_no.as_deref() == Some(&paid.trade_no) {
                Verdict::Duplicate
            } else {
                tracing::error!(order.id = order.id, "an order was paid twice; the second payment is given back");
                self.refund_overpaid_in_txn(&txn, &now, paid, now_ms).await?;
                append_in_txn(&txn, order_line(order.id, "order.overpaid"), now_ms).await?;
                Verdict::Overpaid
            };
            insert_notify(&txn, received, verdict, now_ms).await?;
            txn.commit().await?;
            return Ok(verdict);
        }
        ledger::deposit_in_txn(&txn, order.user_id, order.id, order.amount, now_ms).await?;
        debts::collect_in_txn(&txn, order.user_id, now_ms).await?;
        payment_attempts::Entity::update_many()
            .col_expr(payment_attempts::Column::NextPollAtMs, Expr::value(None::<i64>))
            .filter(payment_attempts::Column::OrderId.eq(order.id))
            .exec(&txn)
            .await?;
        webhooks::enqueue_order_in_txn(&txn, order.user_id, order.id, now_ms).await?;
        insert_notify(&txn, received, Verdict::Credited, now_ms).await?;
        let is_late = order.status == OrderStatus::Closed;
        let action = if is_late { "order.paid_late" } else { "order.paid" };
        append_in_txn(&txn, order_line(order.id, action), now_ms).await?;
        txn.commit().await?;
        self.context.doorbell.ring(&Topic::Order(order.id));
        self.context.doorbell.ring(&Topic::Wallet(order.user_id));
        metrics::counter!("haibao_orders_paid_total", "channel" => received.channel.slug()).increment(1);
        Ok(Verdict::Credited)
    }

    async fn close_by_channel(&self, received: &Received<'_>, out_trade_no: &str) -> Result<Verdict, ServiceError> {
        let Some((_, order)) = self.attempt_by_number(received.channel, out_trade_no).await? else {
            self.keep(received, Verdict::UnknownOrder).await?;
            return Ok(Verdict::UnknownOrder);
        };
        let now_ms = self.context.clock.now_ms();
        let txn = self.context.database.write().await?;
        let closed = orders::Entity::update_many()
            .col_expr(orders::Column::Status, Expr::value(OrderStatus::Closed))
            .filter(orders::Column::Id.eq(order.id))
            .filter(orders::Column::Status.eq(OrderStatus::Pending))
            .exec(&txn)
            .await?;
        insert_notify(&txn, received, Verdict::Closed, now_ms).await?;
        if closed.rows_affected == 1 {
            append_in_txn(&txn, order_line(order.id, "order.closed"), now_ms).await?;
        }
        txn.commit().await?;
        self.context.doorbell.ring(&Topic::Order(order.id));
        Ok(Verdict::Closed)
    }

    /// The attempt and its order, only at the channel that the attempt was made at.
    pub(super) async fn attempt_by_number(
        &self,
        channel: ChannelCode,
        out_trade_no: &str,
    ) -> Result<Option<(payment_attempts::Model, orders::Model)>, ServiceError> {
        let connection = self.context.database.read();
        let attempt = payment_attempts::Entity::find()
            .filter(payment_attempts::Column::OutTradeNo.eq(out_trade_no))
            .filter(payment_attempts::Column::Channel.eq(channel.slug()))
            .one(connection)
            .await?;
        let Some(attempt) = attempt else { return Ok(None) };
        let order = orders::Entity::find_by_id(attempt.order_id).one(connection).await?;
        Ok(order.map(|order| (attempt, order)))
    }

    pub(super) async fn keep(&self, received: &Received<'_>, verdict: Verdict) -> Result<(), ServiceError> {
        if self.refusals.check().is_err() {
            tracing::warn!(payment.verdict = verdict.word(), "too many refused call-backs; this one is not kept");
            return Ok(());
        }
        let txn = self.context.database.write().await?;
        insert_notify(&txn, received, verdict, self.context.clock.now_ms()).await?;
        txn.commit().await?;
        Ok(())
    }
}

pub(super) async fn insert_notify(
    txn: &DatabaseTransaction,
    received: &Received<'_>,
    verdict: Verdict,
    now_ms: i64,
) -> Result<(), DbErr> {
    let row = payment_notifies::ActiveModel {
        id: NotSet,
        channel: Set(received.channel.slug().to_owned()),
        out_trade_no: Set(received.out_trade_no.map(kept)),
        trade_no: Set(received.trade_no.map(kept)),
        body_sha256: Set(received.body_sha256.clone()),
        verdict: Set(verdict.word().to_owned()),
        received_at_ms: Set(now_ms),
    };
    payment_notifies::Entity::insert(row).exec_without_returning(txn).await?;
    Ok(())
}

/// A number as kept: whoever sent it, it cannot fill the table.
fn kept(number: &str) -> String {
    number.chars().take(128).collect()
}

pub(super) fn order_line(order_id: i64, action: &str) -> AuditLine<'_> {
    AuditLine { actor: "system".to_owned(), action, object: format!("order:{order_id}"), outcome: "ok", address: None }
}
