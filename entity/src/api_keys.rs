//! A partner's key; the secret itself is never stored.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_keys")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Whose.
    pub user_id: i64,
    /// The public part, `hb_<id>`.
    pub prefix: String,
    /// SHA-256 of the secret part, hex (high entropy: no slow hash needed).
    pub secret_sha256: String,
    /// What the owner calls it.
    pub name: String,
    /// Space-separated scopes.
    pub scopes: String,
    /// When.
    pub created_at_ms: i64,
    /// Last moment it is good.
    pub expires_at_ms: Option<i64>,
    /// Written at most once a minute.
    pub last_used_at_ms: Option<i64>,
    /// Revoked.
    pub revoked_at_ms: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
