//! Money that goes back: asked for by an operator, given back because an order was paid twice, made at
//! the channel past us, or taken by the payer's bank.
//!
//! A refund is committed, and its credits are taken, before the channel is asked: from then on nobody
//! can spend them, and after a crash the same number is asked for again. Credits that are gone already
//! are owed (`ledger::debts`).

use ::entity::{
    enums::{OrderStatus, RefundKind, RefundState as Stored},
    orders, payment_refunds,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

use super::{Orders, settle::order_line};
use crate::{
    domain::credits::CREDITS_PER_YUAN,
    events::Topic,
    ledger::debts,
    payments::{ChannelCode, ChannelError, PaidEvent, RefundRequest, RefundState},
    services::{
        ServiceError,
        audit_log::{AuditLine, append_in_txn},
    },
    storage::sha256_hex,
};

/// Refunds asked about in one round.
const ROUND: u64 = 50;
/// Pauses between questions about a refund, in milliseconds; then always the last.
const PAUSES_MS: [i64; 5] = [30_000, 120_000, 600_000, 3_600_000, 21_600_000];
/// Fen that one credit costs.
const FEN_PER_CREDIT: i64 = 100 / CREDITS_PER_YUAN;

/// What became of an operator's wish to give money back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundOrderOutcome {
    /// It is done, or under way: the refund's state tells.
    Recorded(Box<payment_refunds::Model>),
    /// The order was not paid.
    NotPaid,
    /// More than is left of it, or nothing.
    OutOfRange {
        /// What can still be given back, in fen.
        left_fen: i64,
    },
    /// Not a whole number of credits.
    NotWholeCredits,
    /// The order's channel is not configured any more.
    ChannelUnavailable,
}

/// An operator's wish to give money back.
#[derive(Clone, Copy, Debug)]
pub struct RefundOrder<'a> {
    /// Of which order.
    pub order_id: i64,
    /// How much, in fen; all that is left when none.
    pub amount_fen: Option<i64>,
    /// For the payer and the books.
    pub reason: &'a str,
    /// Who wishes it, for the audit log.
    pub actor: &'a str,
    /// Kept by whoever asks until there is an answer: the same key is the same refund.
    pub idempotency_key: Option<&'a str>,
}

impl RefundOrder<'_> {
    fn sha256(&self) -> String {
        let amount = self.amount_fen.map_or_else(|| "all".to_owned(), |fen| fen.to_string());
        sha256_hex(format!("{amount}\n{}", self.reason).as_bytes())
    }
}

/// A refund to be recorded.
pub(super) struct NewRefund<'a> {
    pub(super) idempotency_key: Option<&'a str>,
    pub(super) request_sha256: String,
    pub(super) number: String,
    pub(super) kind: RefundKind,
    pub(super) state: Stored,
    pub(super) amount_fen: i64,
    pub(super) out_trade_no: &'a str,
    pub(super) trade_no: &'a str,
    pub(super) reason: &'a str,
}

impl Orders {
    /// Gives the money of an order back, all that is left or a part, and takes its credits.
    ///
    /// # Errors
    /// `NotFound`, `IdempotencyConflict`, `Database` or `Ledger`.
    pub async fn refund(&self, wish: RefundOrder<'_>) -> Result<RefundOrderOutcome, ServiceError> {
        let RefundOrder { order_id, amount_fen, reason, actor, idempotency_key } = wish;
        let attempt = self.attempt_of(order_id).await?.ok_or(ServiceError::NotFound)?;
        let code = ChannelCode::from_slug(&attempt.channel);
        if code.and_then(|code| self.channels.get(code)).is_none() {
            return Ok(RefundOrderOutcome::ChannelUnavailable);
        }
        let now_ms = self.context.clock.now_ms();
        let txn = self.context.database.write().await?;
        let order = locked(&txn, order_id).await?;
        if let Some(known) = known_under(&txn, order_id, idempotency_key).await? {
            let is_same = known.request_sha256 == wish.sha256();
            return if is_same {
                Ok(RefundOrderOutcome::Recorded(Box::new(known)))
            } else {
                Err(ServiceError::IdempotencyConflict)
            };
        }
        let (OrderStatus::Paid | OrderStatus::Refunded, Some(trade_no)) = (order.status, &order.trade_no) else {
            return Ok(RefundOrderOutcome::NotPaid);
        };
        let earlier = refunds_of(&txn, order_id).await?;
        let left_fen = order.amount_fen - refunded_fen(&earlier);
        let amount_fen = amount_fen.unwrap_or(left_fen);
        if amount_fen <= 0 || amount_fen > left_fen {
            return Ok(RefundOrderOutcome::OutOfRange { left_fen });
        }
        if amount_fen % FEN_PER_CREDIT != 0 {
            return Ok(RefundOrderOutcome::NotWholeCredits);
        }
        let new = NewRefund {
            idempotency_key,
            request_sha256: wish.sha256(),
            number: format!("{}r{}", attempt.out_trade_no, earlier.len() + 1),
            kind: RefundKind::Asked,
            state: Stored::Requested,
            amount_fen,
            out_trade_no: &attempt.out_trade_no,
            trade_no,
            reason,
        };
        let refund = record_in_txn(&txn, &order, &earlier, new, now_ms).await?;
        let line = AuditLine { actor: actor.to_owned(), ..order_line(order.id, "order.refund_asked") };
        append_in_txn(&txn, line, now_ms).await?;
        txn.commit().await?;
        self.context.doorbell.ring(&Topic::Wallet(order.user_id));
        self.ask_refund(&refund).await?;
        let refund = payment_refunds::Entity::find_by_id(refund.id).one(self.context.database.read()).await?;
        Ok(RefundOrderOutcome::Recorded(Box::new(refund.ok_or(ServiceError::NotFound)?)))
    }

    /// Asks the channels for every refund that is due: those whose answer was lost, those of orders
    /// paid twice, and those that take their time. Says how many were asked for.
    ///
    /// # Errors
    /// `Database` or `Ledger`.
    pub async fn work_refunds(&self) -> Result<usize, ServiceError> {
        let due = payment_refunds::Entity::find()
            .filter(payment_refunds::Column::NextAskAtMs.lte(self.context.clock.now_ms()))
            .order_by_asc(payment_refunds::Column::NextAskAtMs)
            .limit(ROUND)
            .all(self.context.database.read())
            .await?;
        let mut asked = 0;
        for refund in due {
            asked += usize::from(self.ask_refund(&refund).await?);
        }
        Ok(asked)
    }

    /// Asks for one refund, unless another process does at this moment.
    async fn ask_refund(&self, refund: &payment_refunds::Model) -> Result<bool, ServiceError> {
        let Some(channel) = ChannelCode::from_slug(&refund.channel).and_then(|code| self.channels.get(code)) else {
            tracing::warn!(refund.id = refund.id, "a refund waits for a channel that is not configured");
            return Ok(false);
        };
        // Asked before, no answer known, and a second question could pay twice: people must look.
        let is_lost = refund.asks > 0 && !channel.is_refund_repeatable();
        let asks = usize::try_from(refund.asks).unwrap_or(0);
        let next = self.context.clock.now_ms() + PAUSES_MS[asks.min(PAUSES_MS.len() - 1)];
        let txn = self.context.database.write().await?;
        let mut claim = payment_refunds::Entity::update_many()
            .col_expr(payment_refunds::Column::Asks, Expr::value(refund.asks + i64::from(!is_lost)))
            .col_expr(payment_refunds::Column::NextAskAtMs, Expr::value((!is_lost).then_some(next)))
            .filter(payment_refunds::Column::Id.eq(refund.id))
            .filter(payment_refunds::Column::State.eq(Stored::Requested))
            .filter(payment_refunds::Column::Asks.eq(refund.asks));
        if is_lost {
            claim = claim.col_expr(payment_refunds::Column::State, Expr::value(Stored::Unknown));
        }
        let is_mine = claim.exec(&txn).await?.rows_affected == 1;
        txn.commit().await?;
        if is_lost {
            tracing::error!(
                refund.id = refund.id,
                "a refund's fate is unknown and it cannot be asked for again: look it up at the channel"
            );
        }
        if !is_mine || is_lost {
            return Ok(false);
        }
        let total_fen = orders::Entity::find_by_id(refund.order_id).one(self.context.database.read()).await?;
        let request = RefundRequest {
            out_trade_no: refund.out_trade_no.clone(),
            trade_no: refund.trade_no.clone(),
            out_refund_no: refund.out_refund_no.clone(),
            amount_fen: refund.amount_fen,
            total_fen: total_fen.ok_or(ServiceError::NotFound)?.amount_fen,
            reason: refund.reason.clone(),
        };
        match channel.refund(&request).await {
            Ok(RefundState::Succeeded) => self.end_refund(refund, Stored::Succeeded).await?,
            Ok(RefundState::Failed) => self.end_refund(refund, Stored::Failed).await?,
            // A no to the first question is a no. Later it may only mean that it was done before.
            Err(ChannelError::Refused) if refund.asks == 0 => self.end_refund(refund, Stored::Failed).await?,
            Err(ChannelError::Refused) => self.end_refund(refund, Stored::Unknown).await?,
            Ok(RefundState::Pending) | Err(ChannelError::Unavailable) => {}
        }
        Ok(true)
    }

    async fn end_refund(&self, refund: &payment_refunds::Model, state: Stored) -> Result<(), ServiceError> {
        let now_ms = self.context.clock.now_ms();
        let txn = self.context.database.write().await?;
        let order = locked(&txn, refund.order_id).await?;
        end_in_txn(&txn, &order, refund.id, state, now_ms).await?;
        txn.commit().await?;
        self.context.doorbell.ring(&Topic::Order(order.id));
        self.context.doorbell.ring(&Topic::Wallet(order.user_id));
        Ok(())
    }

    /// Notes the second payment of an order to be given back; it moves no credits, for none came.
    pub(super) async fn refund_overpaid_in_txn(
        &self,
        txn: &DatabaseTransaction,
        order: &orders::Model,
        paid: &PaidEvent,
        now_ms: i64,
    ) -> Result<(), ServiceError> {
        let number = format!("{}x{}", paid.out_trade_no, &sha256_hex(paid.trade_no.as_bytes())[..8]);
        let known = payment_refunds::Entity::find()
            .filter(payment_refunds::Column::Channel.eq(&order.channel))
            .filter(payment_refunds::Column::OutRefundNo.eq(&number))
            .one(txn)
            .await?;
        if known.is_some() {
            return Ok(());
        }
        let new = NewRefund {
            idempotency_key: None,
            request_sha256: String::new(),
            number,
            kind: RefundKind::Overpaid,
            state: Stored::Requested,
            amount_fen: paid.amount_fen,
            out_trade_no: &paid.out_trade_no,
            trade_no: &paid.trade_no,
            reason: "paid twice",
        };
        record_in_txn(txn, order, &[], new, now_ms).await?;
        Ok(())
    }
}

/// The order, kept from others until the transaction ends.
pub(super) async fn locked(txn: &DatabaseTransaction, order_id: i64) -> Result<orders::Model, ServiceError> {
    let order = orders::Entity::find_by_id(order_id).lock_exclusive().one(txn).await?;
    order.ok_or(ServiceError::NotFound)
}

/// The refund that was asked for under this key before.
async fn known_under(
    txn: &DatabaseTransaction,
    order_id: i64,
    idempotency_key: Option<&str>,
) -> Result<Option<payment_refunds::Model>, ServiceError> {
    let Some(key) = idempotency_key else { return Ok(None) };
    let known = payment_refunds::Entity::find()
        .filter(payment_refunds::Column::OrderId.eq(order_id))
        .filter(payment_refunds::Column::IdempotencyKey.eq(key));
    Ok(known.one(txn).await?)
}

pub(super) async fn refunds_of(
    connection: &impl ConnectionTrait,
    order_id: i64,
) -> Result<Vec<payment_refunds::Model>, ServiceError> {
    let refunds = payment_refunds::Entity::find()
        .filter(payment_refunds::Column::OrderId.eq(order_id))
        .filter(payment_refunds::Column::Kind.ne(RefundKind::Overpaid));
    Ok(refunds.all(connection).await?)
}

/// What went back of an order's own payment, or is about to.
pub(super) fn refunded_fen(refunds: &[payment_refunds::Model]) -> i64 {
    refunds.iter().filter(|refund| refund.state != Stored::Failed).map(|refund| refund.amount_fen).sum()
}

/// Writes a refund down and takes its credits: the credits of all refunds together are those that
/// their money bought, rounded up, so that many small ones take no less than one large one.
pub(super) async fn record_in_txn(
    txn: &DatabaseTransaction,
    order: &orders::Model,
    earlier: &[payment_refunds::Model],
    new: NewRefund<'_>,
    now_ms: i64,
) -> Result<payment_refunds::Model, ServiceError> {
    let credits = if new.kind == RefundKind::Overpaid {
        0
    } else {
        let before: i64 = earlier.iter().filter(|r| r.state != Stored::Failed).map(|r| r.credits).sum();
        let total_fen = refunded_fen(earlier) + new.amount_fen;
        (((total_fen + FEN_PER_CREDIT - 1) / FEN_PER_CREDIT).min(order.amount) - before).max(0)
    };
    let is_open = new.state == Stored::Requested;
    let row = payment_refunds::ActiveModel {
        id: NotSet,
        order_id: Set(order.id),
        channel: Set(order.channel.clone()),
        out_refund_no: Set(new.number),
        out_trade_no: Set(new.out_trade_no.to_owned()),
        trade_no: Set(new.trade_no.to_owned()),
        kind: Set(new.kind),
        state: Set(new.state),
        amount_fen: Set(new.amount_fen),
        credits: Set(credits),
        reason: Set(new.reason.chars().take(200).collect()),
        idempotency_key: Set(new.idempotency_key.map(str::to_owned)),
        request_sha256: Set(new.request_sha256),
        asks: Set(0),
        next_ask_at_ms: Set(is_open.then_some(now_ms)),
        created_at_ms: Set(now_ms),
        settled_at_ms: Set((!is_open).then_some(now_ms)),
    };
    let refund = row.insert(txn).await?;
    if credits > 0 {
        debts::take_back_in_txn(txn, order.user_id, order.id, refund.id, credits, now_ms).await?;
    }
    Ok(refund)
}

/// Ends a refund; one that failed gives its credits back. Says whether anything changed.
pub(super) async fn end_in_txn(
    txn: &DatabaseTransaction,
    order: &orders::Model,
    refund_id: i64,
    state: Stored,
    now_ms: i64,
) -> Result<bool, ServiceError> {
    // A bank may give disputed money back after it took it; nothing else comes back from its end.
    let from: &[Stored] = match state {
        Stored::Failed => &[Stored::Requested, Stored::Unknown, Stored::Succeeded],
        Stored::Succeeded => &[Stored::Requested, Stored::Unknown],
        _ => &[Stored::Requested],
    };
    let changed = payment_refunds::Entity::update_many()
        .col_expr(payment_refunds::Column::State, Expr::value(state))
        .col_expr(payment_refunds::Column::NextAskAtMs, Expr::value(None::<i64>))
        .col_expr(payment_refunds::Column::SettledAtMs, Expr::value(now_ms))
        .filter(payment_refunds::Column::Id.eq(refund_id))
        .filter(payment_refunds::Column::State.is_in(from.iter().copied()))
        .exec(txn)
        .await?;
    if changed.rows_affected == 0 {
        return Ok(false);
    }
    let refund = payment_refunds::Entity::find_by_id(refund_id).one(txn).await?.ok_or(ServiceError::NotFound)?;
    if state == Stored::Failed && refund.credits > 0 {
        debts::give_back_in_txn(txn, order.user_id, order.id, refund_id, refund.credits, now_ms).await?;
    }
    let action = match state {
        Stored::Succeeded => "order.refunded",
        Stored::Failed => "order.refund_failed",
        _ => "order.refund_unknown",
    };
    append_in_txn(txn, order_line(order.id, action), now_ms).await?;
    mark_order_in_txn(txn, order).await?;
    Ok(true)
}

/// An order is refunded once all its money went back, and paid again when that turns out untrue.
pub(super) async fn mark_order_in_txn(txn: &DatabaseTransaction, order: &orders::Model) -> Result<(), ServiceError> {
    let refunds = refunds_of(txn, order.id).await?;
    let back: i64 = refunds.iter().filter(|r| r.state == Stored::Succeeded).map(|r| r.amount_fen).sum();
    let (from, to) = if back == order.amount_fen {
        (OrderStatus::Paid, OrderStatus::Refunded)
    } else {
        (OrderStatus::Refunded, OrderStatus::Paid)
    };
    orders::Entity::update_many()
        .col_expr(orders::Column::Status, Expr::value(to))
        .filter(orders::Column::Id.eq(order.id))
        .filter(orders::Column::Status.eq(from))
        .exec(txn)
        .await?;
    Ok(())
}
