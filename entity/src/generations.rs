//! One set of posters; the id is the session id and the folder.

use sea_orm::entity::prelude::*;

use crate::enums::GenerationState;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "generations")]
pub struct Model {
    /// `session_…`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Whose.
    pub user_id: i64,
    /// The client's key.
    pub idempotency_key: String,
    /// Of the normalised input: same key with other input is a conflict.
    pub request_sha256: String,
    /// How far.
    pub state: GenerationState,
    /// Once named.
    pub product_name: Option<String>,
    /// As the seller wrote it, cleaned.
    pub description: String,
    /// JSON array of upload ids.
    pub photo_ids: String,
    /// Poster format code.
    pub format: String,
    /// How its posters are put together: `typeset` or `model`.
    pub composition: String,
    /// Visual style the seller chose.
    pub requested_visual: Option<String>,
    /// Typography style the seller chose.
    pub requested_typography: Option<String>,
    /// Bilingual layout the seller chose.
    pub requested_layout: Option<String>,
    /// Visual style in force.
    pub visual: Option<String>,
    /// Typography style in force.
    pub typography: Option<String>,
    /// Bilingual layout in force.
    pub layout: Option<String>,
    /// The picture that its seller put on the cover; nothing = 00, else the first that succeeded.
    pub cover_revision_id: Option<i64>,
    /// Seed of everything drawn.
    pub seed: i64,
    /// Newest event.
    pub last_seq: i64,
    /// Grows with every change.
    pub version: i64,
    /// When.
    pub created_at_ms: i64,
    /// When nothing was active any more.
    pub finished_at_ms: Option<i64>,
    /// Deleted by its owner; money rows stay.
    pub deleted_at_ms: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
