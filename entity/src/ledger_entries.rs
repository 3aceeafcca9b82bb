//! Why every balance is what it is. Append-only by trigger.

use sea_orm::entity::prelude::*;

use crate::enums::LedgerEntryKind;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_entries")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Whose.
    pub user_id: i64,
    /// Dense per user: 1, 2, …
    pub wallet_version: i64,
    /// Why.
    pub kind: LedgerEntryKind,
    /// Change of spendable credits.
    pub credits_delta: i64,
    /// Change of frozen credits.
    pub frozen_delta: i64,
    /// Balance after.
    pub credits_after: i64,
    /// Frozen after.
    pub frozen_after: i64,
    /// Which order.
    pub order_id: Option<i64>,
    /// Which hold.
    pub hold_id: Option<i64>,
    /// Makes the move happen once.
    pub idempotency_key: String,
    /// Said by an operator.
    pub note: Option<String>,
    /// When.
    pub at_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
