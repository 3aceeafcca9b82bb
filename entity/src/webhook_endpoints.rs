//! Where a partner wants to be told what happens.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_endpoints")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Whose.
    pub user_id: i64,
    /// Where.
    pub url: String,
    /// What the owner calls it; may be empty.
    pub description: String,
    /// Space-separated kinds that it is told of.
    pub kinds: String,
    /// What messages are signed with, encrypted.
    pub secret_sealed: String,
    /// The secret before, encrypted: messages carry a signature of each while both are live.
    pub previous_secret_sealed: Option<String>,
    /// Until when the secret before is live.
    pub previous_until_ms: Option<i64>,
    /// Since when nothing was taken any more.
    pub failing_since_ms: Option<i64>,
    /// Nothing is sent from then on.
    pub disabled_at_ms: Option<i64>,
    /// Why: `owner`, `gone`, `failing`.
    pub disabled_reason: Option<String>,
    /// When.
    pub created_at_ms: i64,
    /// Removed by its owner.
    pub deleted_at_ms: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
