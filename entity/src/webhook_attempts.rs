//! How one try to tell went.

use sea_orm::entity::prelude::*;

use crate::enums::WebhookOutcome;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_attempts")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Of which delivery.
    pub delivery_id: i64,
    /// When it began.
    pub at_ms: i64,
    /// How long it took.
    pub duration_ms: i64,
    /// What came of it.
    pub outcome: WebhookOutcome,
    /// The HTTP status, where there was an answer.
    pub status: Option<i32>,
}

impl ActiveModelBehavior for ActiveModel {}
