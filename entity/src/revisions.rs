//! One stored picture.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "revisions")]
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
    /// n of `edit{n}`; nothing for prime.
    pub edit_ordinal: Option<i64>,
    /// `prime`, `edit0`, …
    pub name: String,
    /// `00-prime.jpg`.
    pub file_name: String,
    /// Where.
    pub object_key: String,
    /// Pixels.
    pub width: i64,
    /// Pixels.
    pub height: i64,
    /// Bytes.
    pub byte_size: i64,
    /// Of the file, hex.
    pub sha256: String,
    /// Base64 placeholder.
    pub thumbhash: Option<String>,
    /// Of the lossless master, hex, where one is kept.
    pub master_sha256: Option<String>,
    /// What an edit started from.
    pub base_revision_id: Option<i64>,
    /// Which edit made it.
    pub edit_id: Option<i64>,
    /// What paid for it.
    pub hold_id: Option<i64>,
    /// Who painted its backdrop, by the name in the settings; unknown for old ones.
    pub provider: Option<String>,
    /// How well its backdrop goes with the set's first one, 0–100, where a vendor painted it.
    pub consistency_percent: Option<i64>,
    /// When.
    pub created_at_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
