//! A picture a seller sent, already re-encoded by us.

use sea_orm::entity::prelude::*;

use crate::enums::UploadPurpose;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "uploads")]
pub struct Model {
    /// `upload_<32 hex>`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Whose.
    pub user_id: i64,
    /// What for.
    pub purpose: UploadPurpose,
    /// Media type of the stored bytes.
    pub mime: String,
    /// Pixels.
    pub width: i64,
    /// Pixels.
    pub height: i64,
    /// Bytes stored.
    pub byte_size: i64,
    /// Of the stored bytes, hex.
    pub sha256: String,
    /// Where.
    pub object_key: String,
    /// When.
    pub created_at_ms: i64,
}

impl ActiveModelBehavior for ActiveModel {}
