//! A signed-in client; tokens carry its id, so revoking the row ends them.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_sessions")]
pub struct Model {
    /// Random id: the token's `sid`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Whose.
    pub user_id: i64,
    /// When.
    pub created_at_ms: i64,
    /// Last moment a token of it is good.
    pub expires_at_ms: i64,
    /// Signed out.
    pub revoked_at_ms: Option<i64>,
    /// The network address that signed in.
    pub address: Option<String>,
    /// What the client called itself.
    pub user_agent: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
