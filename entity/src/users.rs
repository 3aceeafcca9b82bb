//! A seller and the two numbers that matter to them. Only the ledger writes `credits`, `frozen` and `wallet_version`.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Normalised address: the account.
    pub email: String,
    /// Credits that can be spent.
    pub credits: i64,
    /// Credits held for work under way.
    pub frozen: i64,
    /// Number of ledger entries so far; only grows.
    pub wallet_version: i64,
    /// First sign-in.
    pub created_at_ms: i64,
    /// From when on the account may be erased; its owner asked for it.
    pub deletes_at_ms: Option<i64>,
    /// When it was erased: what is left is what the books need.
    pub erased_at_ms: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
