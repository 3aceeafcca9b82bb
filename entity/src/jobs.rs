//! Work to do, under leases.

use sea_orm::entity::prelude::*;

use crate::enums::{JobKind, JobState};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "jobs")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What.
    pub kind: JobKind,
    /// For whom.
    pub user_id: i64,
    /// Of which set.
    pub generation_id: String,
    /// Which poster.
    pub poster_id: Option<i64>,
    /// Which edit.
    pub edit_id: Option<i64>,
    /// What pays for it.
    pub hold_id: Option<i64>,
    /// How far.
    pub state: JobState,
    /// Fencing token: grows with each claim; a settlement with an older one is refused.
    pub attempt: i64,
    /// Tries that failed by themselves.
    pub failures: i64,
    /// Tries that ended because the process did.
    pub interruptions: i64,
    /// Not before.
    pub run_after_ms: i64,
    /// Which node.
    pub lease_owner: Option<String>,
    /// Until when, unless extended.
    pub lease_until_ms: Option<i64>,
    /// When.
    pub created_at_ms: i64,
    /// When it ended.
    pub finished_at_ms: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
