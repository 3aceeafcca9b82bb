//! Credits that were spent before their money went back.

use sea_orm::entity::prelude::*;

use crate::enums::DebtState;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "debts")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Whose.
    pub user_id: i64,
    /// Of which order.
    pub order_id: i64,
    /// By which refund.
    pub refund_id: i64,
    /// Credits missing then.
    pub credits: i64,
    /// Credits taken since.
    pub collected: i64,
    /// How far.
    pub state: DebtState,
    /// When.
    pub created_at_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
