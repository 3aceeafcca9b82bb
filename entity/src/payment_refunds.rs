//! Money that went back, or is to; committed before the channel is asked.

use sea_orm::entity::prelude::*;

use crate::enums::{RefundKind, RefundState};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_refunds")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Of which order.
    pub order_id: i64,
    /// Channel code.
    pub channel: String,
    /// Our number of the refund, or the channel's where it was made there.
    pub out_refund_no: String,
    /// Our number of the payment.
    pub out_trade_no: String,
    /// The channel's number of the payment.
    pub trade_no: String,
    /// Why.
    pub kind: RefundKind,
    /// How far.
    pub state: RefundState,
    /// Money.
    pub amount_fen: i64,
    /// Credits taken for it, or owed.
    pub credits: i64,
    /// Said by an operator.
    pub reason: String,
    /// Kept by whoever asked, so that asking again is the same refund.
    pub idempotency_key: Option<String>,
    /// What was asked for under the key.
    pub request_sha256: String,
    /// Times the channel was asked.
    pub asks: i64,
    /// When to ask next.
    pub next_ask_at_ms: Option<i64>,
    /// When.
    pub created_at_ms: i64,
    /// When it ended.
    pub settled_at_ms: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
