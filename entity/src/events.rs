//! What happened to a set, in order. Append-only by trigger.

use sea_orm::entity::prelude::*;

use crate::enums::EventKind;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Which set.
    pub generation_id: String,
    /// 1, 2, … without a gap.
    pub seq: i64,
    /// What.
    pub kind: EventKind,
    /// JSON: the facts at that moment.
    pub payload: String,
    /// When.
    pub at_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
