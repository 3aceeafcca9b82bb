//! Who did what to money and access. Append-only by trigger, and chained.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_log")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// When.
    pub at_ms: i64,
    /// `user:<id>`, `operator` or `system`.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub object: String,
    /// With what result.
    pub outcome: String,
    /// From which network address.
    pub address: Option<String>,
    /// Its place in the chain: 1, 2, …; none for lines from before there was one.
    pub seq: Option<i64>,
    /// SHA-256 over the hash before it and its own columns.
    pub hash: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
