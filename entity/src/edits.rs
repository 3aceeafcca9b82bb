//! A request to change a picture.

use sea_orm::entity::prelude::*;

use crate::enums::{EditMode, EditState};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "edits")]
pub struct Model {
    /// Row id.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Of which poster.
    pub poster_id: i64,
    /// Of which set.
    pub generation_id: String,
    /// Whose.
    pub user_id: i64,
    /// What it starts from.
    pub base_revision_id: i64,
    /// The client's key.
    pub idempotency_key: String,
    /// Of the normalised input.
    pub request_sha256: String,
    /// What may change.
    pub mode: EditMode,
    /// What to change.
    pub prompt: String,
    /// The brush.
    pub mask_upload_id: Option<String>,
    /// The reference.
    pub reference_upload_id: Option<String>,
    /// The n of `edit{n}` that it was given, once it has a picture to store.
    pub ordinal: Option<i64>,
    /// How far.
    pub state: EditState,
    /// Why it was refunded.
    pub failure_code: Option<String>,
    /// What exactly could not be done, as JSON of the studio's refusal.
    pub refusal: Option<String>,
    /// Spent.
    pub credits_captured: i64,
    /// Given back.
    pub credits_released: i64,
    /// When.
    pub created_at_ms: i64,
    /// When it ended.
    pub finished_at_ms: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
