//! A recharge.

use sea_orm::entity::prelude::*;

use crate::enums::OrderStatus;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "orders")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Whose.
    pub user_id: i64,
    /// Credits bought.
    pub amount: i64,
    /// How far.
    pub status: OrderStatus,
    /// The channel's number, once paid.
    pub trade_no: Option<String>,
    /// Price.
    pub amount_fen: i64,
    /// Payment channel code.
    pub channel: String,
    /// The client's key.
    pub idempotency_key: Option<String>,
    /// Of the normalised input.
    pub request_sha256: String,
    /// When.
    pub created_at_ms: i64,
    /// When it was paid.
    pub paid_at_ms: Option<i64>,
    /// Last moment to pay.
    pub expires_at_ms: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
