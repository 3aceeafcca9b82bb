//! Credits frozen for one poster attempt or one edit.

use sea_orm::entity::prelude::*;

use crate::enums::HoldState;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "holds")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Whose.
    pub user_id: i64,
    /// For which set.
    pub generation_id: String,
    /// For which poster.
    pub poster_id: i64,
    /// For which edit, when it is one.
    pub edit_id: Option<i64>,
    /// Which attempt of the poster (0 for an edit).
    pub attempt: i64,
    /// Credits; what is settled is read from here, never from today's price.
    pub amount: i64,
    /// What became of it.
    pub state: HoldState,
    /// The client's key of a retry.
    pub idempotency_key: Option<String>,
    /// When.
    pub created_at_ms: i64,
    /// When captured or released.
    pub settled_at_ms: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
