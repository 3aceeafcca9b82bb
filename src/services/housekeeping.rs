//! Tidying up: pictures that nobody used, files that no row names any more.
//!
//! Nothing here takes an input or remembers anything: each round reads rows and files anew, so a
//! round that is lost costs nothing, and several processes may do the same one.

use std::collections::HashSet;

use ::entity::{generations, uploads};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, SimpleExpr},
};

use super::{Context, ServiceError};
use crate::storage::{GenerationFolder, UPLOADS_FOLDER, exports_folder};

/// Uploads looked at in one round; the rest waits for the next.
const ROUND: u64 = 200;

/// No live set and no edit was made with this upload. Deleted sets do not count: their seller
/// wanted them gone, and the photo with them.
const UNUSED: &str = "NOT EXISTS (SELECT 1 FROM generations AS g WHERE g.user_id = uploads.user_id \
     AND g.deleted_at_ms IS NULL AND g.photo_ids LIKE '%\"' || uploads.id || '\"%') \
     AND NOT EXISTS (SELECT 1 FROM edits AS e WHERE e.mask_upload_id = uploads.id OR e.reference_upload_id = uploads.id)";

fn unused() -> SimpleExpr {
    Expr::cust(UNUSED)
}

/// Deletes uploads older than this that no set and no edit uses, and says how many those were.
///
/// The row goes first: a crash in between leaves a file that [`stray_uploads_delete`] finds.
///
/// # Errors
/// `Database` or `Storage`; what was deleted before stays deleted.
pub async fn unused_uploads_delete(context: &Context, lifetime_ms: i64) -> Result<usize, ServiceError> {
    let candidates = uploads::Entity::find()
        .filter(uploads::Column::CreatedAtMs.lt(context.clock.now_ms() - lifetime_ms))
        .filter(unused())
        .order_by_asc(uploads::Column::CreatedAtMs)
        .limit(ROUND)
        .all(context.database.read())
        .await?;
    let mut deleted = 0;
    for upload in candidates {
        let txn = context.database.write().await?;
        let is_gone = upload_delete_in_txn(&txn, &upload.id).await?;
        txn.commit().await?;
        if is_gone {
            context.storage.delete(&upload.object_key).await?;
            deleted += 1;
        }
    }
    Ok(deleted)
}

/// The row is locked first, so that a set which is being made with it is seen by the deletion.
async fn upload_delete_in_txn(txn: &DatabaseTransaction, id: &str) -> Result<bool, ServiceError> {
    uploads::Entity::find_by_id(id).lock_exclusive().one(txn).await?;
    let deleted = uploads::Entity::delete_many().filter(uploads::Column::Id.eq(id)).filter(unused()).exec(txn).await?;
    Ok(deleted.rows_affected == 1)
}

/// Deletes files of uploads that have no row: a crash came between the file and its row, or between
/// the row's deletion and the file's. Says how many those were.
///
/// # Errors
/// `Database` or `Storage`.
pub async fn stray_uploads_delete(context: &Context, lifetime_ms: i64) -> Result<usize, ServiceError> {
    let before_ms = context.clock.now_ms() - lifetime_ms;
    let mut deleted = 0;
    for keys in context.storage.keys_older_than(UPLOADS_FOLDER, before_ms).await?.chunks(ROUND as usize) {
        let known: HashSet<String> = uploads::Entity::find()
            .select_only()
            .column(uploads::Column::ObjectKey)
            .filter(uploads::Column::ObjectKey.is_in(keys.iter().map(String::as_str)))
            .into_tuple()
            .all(context.database.read())
            .await?
            .into_iter()
            .collect();
        for key in keys.iter().filter(|key| !known.contains(*key)) {
            context.storage.delete(key).await?;
            deleted += 1;
        }
    }
    Ok(deleted)
}

/// Deletes what is left of sets that were deleted within this time: a crash or a failing store came
/// between the row and its files.
///
/// # Errors
/// `Database` or `Storage`.
pub async fn deleted_sets_clear(context: &Context, within_ms: i64) -> Result<(), ServiceError> {
    let deleted: Vec<(i64, String)> = generations::Entity::find()
        .select_only()
        .columns([generations::Column::UserId, generations::Column::Id])
        .filter(generations::Column::DeletedAtMs.gt(context.clock.now_ms() - within_ms))
        .into_tuple()
        .all(context.database.read())
        .await?;
    for (user_id, generation_id) in deleted {
        context.storage.delete_folder(GenerationFolder::new(user_id, &generation_id).as_str()).await?;
        context.storage.delete_folder(&exports_folder(user_id, &generation_id)).await?;
    }
    Ok(())
}
