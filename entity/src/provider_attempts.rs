//! What was asked of a model, and what it cost.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "provider_attempts")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// For which job.
    pub job_id: i64,
    /// For which hold.
    pub hold_id: Option<i64>,
    /// Which provider.
    pub provider: String,
    /// With which model.
    pub model: String,
    /// What it was asked for.
    pub purpose: String,
    /// The attempt's own name, sent along.
    pub nonce: String,
    /// Under which the provider knows the work, where it is known.
    pub reference: Option<String>,
    /// How it ended: `open`, `ok`, or the class of the failure.
    pub outcome: String,
    /// The provider's own id.
    pub request_id: Option<String>,
    /// Cost in millionths of a US dollar.
    pub cost_microusd: i64,
    /// 1 where the provider may charge although nothing came.
    pub maybe_billed: i64,
    /// Start.
    pub started_at_ms: i64,
    /// End; 0 while it is open.
    pub finished_at_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
