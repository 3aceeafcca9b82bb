//! The row of a stored picture.

use ::entity::{posters, revisions};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set, Unchanged},
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
};

use super::settle::NewRevision;
use crate::domain::RevisionName;

/// Records a stored picture. A free one of the same name, given beside an earlier refund, gives way
/// to it and keeps its row, because edits may be based on it.
pub(super) async fn revision_put(
    txn: &DatabaseTransaction,
    poster: &posters::Model,
    revision: NewRevision,
    hold_id: Option<i64>,
    now_ms: i64,
) -> Result<revisions::Model, DbErr> {
    let name = revision.name.to_string();
    let gift = revisions::Entity::find()
        .filter(revisions::Column::PosterId.eq(poster.id))
        .filter(revisions::Column::Name.eq(&name))
        .filter(revisions::Column::HoldId.is_null())
        .one(txn)
        .await?;
    let row = revisions::ActiveModel {
        id: gift.as_ref().map_or(NotSet, |gift| Unchanged(gift.id)),
        poster_id: Set(poster.id),
        generation_id: Set(poster.generation_id.clone()),
        user_id: Set(poster.user_id),
        edit_ordinal: Set(match revision.name {
            RevisionName::Prime => None,
            RevisionName::Edit(ordinal) => Some(i64::from(ordinal)),
        }),
        name: Set(name),
        file_name: Set(revision.name.file_name(revision.dimension)),
        object_key: Set(revision.stored.key),
        width: Set(i64::from(revision.width)),
        height: Set(i64::from(revision.height)),
        byte_size: Set(revision.stored.byte_size),
        sha256: Set(revision.stored.sha256),
        thumbhash: Set(Some(revision.thumbhash)),
        master_sha256: Set(revision.master_sha256),
        base_revision_id: Set(revision.base_revision_id),
        edit_id: Set(revision.edit_id),
        hold_id: Set(hold_id),
        provider: Set(Some(revision.provider)),
        consistency_percent: Set(revision.consistency_percent.map(i64::from)),
        created_at_ms: Set(now_ms),
    };
    if gift.is_some() { row.update(txn).await } else { row.insert(txn).await }
}
