//! What channels tell of money going back: refunds of ours that ended, those that somebody made at the
//! channel past us, and those that the payer's bank took.

use ::entity::{
    enums::{RefundKind, RefundState as Stored},
    orders, payment_attempts, payment_refunds,
};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use super::{
    Orders,
    refund::{NewRefund, end_in_txn, locked, mark_order_in_txn, record_in_txn, refunded_fen, refunds_of},
    settle::{Received, Verdict, insert_notify, order_line},
};
use crate::{
    events::Topic,
    payments::{ChannelCode, PaymentKey, RefundAmount, RefundEvent, RefundState},
    services::{ServiceError, audit_log::append_in_txn},
};

impl Orders {
    /// Takes what a channel says of money going back.
    pub(super) async fn take_refund(
        &self,
        received: &mut Received<'_>,
        event: &RefundEvent,
    ) -> Result<Verdict, ServiceError> {
        let Some((attempt, order_id)) = self.payment_by_key(received.channel, &event.payment).await? else {
            self.keep(received, Verdict::UnknownPayment).await?;
            return Ok(Verdict::UnknownPayment);
        };
        let now_ms = self.context.clock.now_ms();
        let txn = self.context.database.write().await?;
        let order = locked(&txn, order_id).await?;
        let known = payment_refunds::Entity::find()
            .filter(payment_refunds::Column::Channel.eq(&order.channel))
            .filter(payment_refunds::Column::OutRefundNo.eq(&event.refund_no))
            .one(&txn)
            .await?;
        let verdict = match (known, event.state) {
            (_, RefundState::Pending) | (None, RefundState::Failed) => Verdict::Ignored,
            (Some(refund), state) => {
                let state = if state == RefundState::Succeeded { Stored::Succeeded } else { Stored::Failed };
                match (end_in_txn(&txn, &order, refund.id, state, now_ms).await?, state) {
                    (false, _) => Verdict::Duplicate,
                    (true, Stored::Failed) => Verdict::RefundFailed,
                    (true, _) => Verdict::Refunded,
                }
            }
            (None, RefundState::Succeeded) => refund_outside_in_txn(&txn, &order, &attempt, event, now_ms).await?,
        };
        let noted = Received {
            channel: received.channel,
            out_trade_no: Some(&attempt.out_trade_no),
            trade_no: order.trade_no.as_deref(),
            body_sha256: received.body_sha256.clone(),
        };
        insert_notify(&txn, &noted, verdict, now_ms).await?;
        txn.commit().await?;
        self.context.doorbell.ring(&Topic::Order(order.id));
        self.context.doorbell.ring(&Topic::Wallet(order.user_id));
        Ok(verdict)
    }

    async fn payment_by_key(
        &self,
        channel: ChannelCode,
        key: &PaymentKey,
    ) -> Result<Option<(payment_attempts::Model, i64)>, ServiceError> {
        match key {
            PaymentKey::OutTradeNo(number) => {
                Ok(self.attempt_by_number(channel, number).await?.map(|(attempt, order)| (attempt, order.id)))
            }
            PaymentKey::TradeNo(number) => {
                let order = orders::Entity::find()
                    .filter(orders::Column::Channel.eq(channel.slug()))
                    .filter(orders::Column::TradeNo.eq(number))
                    .one(self.context.database.read())
                    .await?;
                let Some(order) = order else { return Ok(None) };
                Ok(self.attempt_of(order.id).await?.map(|attempt| (attempt, order.id)))
            }
        }
    }
}

/// A refund that we did not ask for: made in the channel's own pages, or taken by a bank.
async fn refund_outside_in_txn(
    txn: &DatabaseTransaction,
    order: &orders::Model,
    attempt: &payment_attempts::Model,
    event: &RefundEvent,
    now_ms: i64,
) -> Result<Verdict, ServiceError> {
    let Some(trade_no) = &order.trade_no else { return Ok(Verdict::OutOfOrder) };
    let earlier = refunds_of(txn, order.id).await?;
    let known_fen = refunded_fen(&earlier);
    let amount_fen = match event.amount {
        RefundAmount::This(fen) => fen,
        RefundAmount::Total(fen) => fen - known_fen,
    };
    if amount_fen <= 0 {
        return Ok(Verdict::Duplicate);
    }
    if amount_fen > order.amount_fen - known_fen {
        tracing::error!(order.id = order.id, "more money went back than was paid: look at the order");
        return Ok(Verdict::WrongAmount);
    }
    let new = NewRefund {
        idempotency_key: None,
        request_sha256: String::new(),
        number: event.refund_no.chars().take(128).collect(),
        kind: if event.is_dispute { RefundKind::Dispute } else { RefundKind::Outside },
        state: Stored::Succeeded,
        amount_fen,
        out_trade_no: &attempt.out_trade_no,
        trade_no,
        reason: "",
    };
    record_in_txn(txn, order, &earlier, new, now_ms).await?;
    let action = if event.is_dispute { "order.disputed" } else { "order.refunded_outside" };
    append_in_txn(txn, order_line(order.id, action), now_ms).await?;
    mark_order_in_txn(txn, order).await?;
    Ok(Verdict::Refunded)
}
