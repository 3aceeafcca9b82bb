//! The newest line of the audit log: one row, so that a line taken off the end is missed.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_head")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Lines in the chain.
    pub seq: i64,
    /// The newest line's hash; empty before the first.
    pub hash: String,
}

impl ActiveModelBehavior for ActiveModel {}
